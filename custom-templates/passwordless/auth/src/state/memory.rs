//! Rows in the memory of this process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::{Error, Rank, Result, Text, Written};
use crate::settings::{Deployed, Section};

/// `[memory]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// One process has one memory, however often its settings are copied.
    memory: Arc<Memory>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { memory: Arc::new(Memory::new(section.number("rows", 100..=100_000_000) as usize)) }
    }

    pub(super) fn of_this_process(&self) -> Arc<Memory> {
        Arc::clone(&self.memory)
    }
}

impl Deployed for Settings {}

/// A row as text, and its end in seconds.
struct Kept {
    text: String,
    until: i64,
    place: Place,
}

/// The order in which rows are given up: by rank, then the one first that has not changed for longest.
type Place = (Rank, u64);

/// So many rows at most. One that is over makes room for another, and so does the least worth one where none is.
pub(crate) struct Memory {
    rows: Mutex<Rows>,
    most: usize,
}

impl fmt::Debug for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Memory").field("most", &self.most).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Rows {
    kept: HashMap<Arc<[u8]>, Kept>,
    places: BTreeMap<Place, Arc<[u8]>>,
    written: u64,
    /// The last second in which those that are over were looked for: a flood must not have all rows looked at each time.
    tidied: i64,
}

impl Memory {
    fn new(most: usize) -> Self {
        Self { rows: Mutex::default(), most }
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<String> {
        self.rows().kept.get(key).map(|kept| kept.text.clone())
    }

    pub(super) fn update<T>(
        &self,
        key: Vec<u8>,
        now: OffsetDateTime,
        apply: impl Fn(Option<&str>) -> Result<(Written, T)>,
    ) -> Result<T> {
        let mut rows = self.rows();
        let (next, given) = apply(rows.kept.get(key.as_slice()).map(|kept| kept.text.as_str()))?;
        let Some(next) = next else { return Ok(given) };
        if !rows.kept.contains_key(key.as_slice()) && rows.kept.len() >= self.most {
            rows.make_room(now)?;
        }
        rows.write(key.into(), next, now);
        Ok(given)
    }

    /// Removes the rows that are over. Says how many there were.
    pub(crate) fn tidy(&self, now: OffsetDateTime) -> usize {
        self.rows().tidy(now)
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows().kept.len()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn write(&mut self, key: Arc<[u8]>, next: Text, now: OffsetDateTime) {
        let before = self.kept.get(&key).map(|kept| (kept.place, kept.until));
        if let Some((place, _)) = before {
            self.places.remove(&place);
        }
        self.written += 1;
        let place = (next.rank, self.written);
        let until = next.until.map(OffsetDateTime::unix_timestamp);
        let until = until.or(before.map(|(_, until)| until)).unwrap_or(now.unix_timestamp());
        self.places.insert(place, Arc::clone(&key));
        self.kept.insert(key, Kept { text: next.json, until, place });
    }

    fn make_room(&mut self, now: OffsetDateTime) -> Result<()> {
        if self.tidied != now.unix_timestamp() && self.tidy(now) > 0 {
            return Ok(());
        }
        match self.places.pop_first() {
            Some(((Rank::Asked | Rank::Counted, _), key)) => {
                self.kept.remove(&key);
                Ok(())
            }
            Some((place, key)) => {
                self.places.insert(place, key);
                Err(Error::Full)
            }
            None => Err(Error::Full),
        }
    }

    fn tidy(&mut self, now: OffsetDateTime) -> usize {
        let before = self.kept.len();
        self.tidied = now.unix_timestamp();
        let places = &mut self.places;
        self.kept.retain(|_, kept| {
            let is_live = kept.until > now.unix_timestamp();
            if !is_live {
                places.remove(&kept.place);
            }
            is_live
        });
        before - self.kept.len()
    }
}
