//! Rows in the memory of this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::{Error, Result, Written};
use crate::settings::Section;

/// `[memory]`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rows there may be.
    pub rows: usize,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { rows: section.number("rows", 100..=100_000_000) as usize }
    }
}

/// A row as text, and its end in seconds.
struct Kept {
    text: String,
    until: i64,
}

/// So many rows at most. One that is over makes room for another.
pub(crate) struct Memory {
    rows: Mutex<Rows>,
    most: usize,
}

#[derive(Default)]
struct Rows {
    kept: HashMap<Vec<u8>, Kept>,
    /// The last second in which those that are over were looked for: a flood must not have all rows looked at each time.
    tidied: i64,
}

impl Memory {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { rows: Mutex::default(), most: settings.rows }
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
        let (next, given) = apply(rows.kept.get(&key).map(|kept| kept.text.as_str()))?;
        let Some((text, until)) = next else { return Ok(given) };
        if let Some(kept) = rows.kept.get_mut(&key) {
            kept.text = text;
            kept.until = until.map_or(kept.until, OffsetDateTime::unix_timestamp);
            return Ok(given);
        }
        if rows.kept.len() >= self.most && rows.tidied != now.unix_timestamp() {
            rows.tidy(now);
        }
        if rows.kept.len() >= self.most {
            return Err(Error::Full);
        }
        rows.kept.insert(key, Kept { text, until: until.unwrap_or(now).unix_timestamp() });
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
    fn tidy(&mut self, now: OffsetDateTime) -> usize {
        let before = self.kept.len();
        self.tidied = now.unix_timestamp();
        self.kept.retain(|_, kept| kept.until > now.unix_timestamp());
        before - self.kept.len()
    }
}
