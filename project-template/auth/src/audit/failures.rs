//! Failures are written off the request path and capped: a flood neither delays answers nor fills the disk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::store;
use super::{Audit, AuditRow, Event, Kind};
use crate::Auth;
use crate::error::{Error, Result};
use crate::request::{self, Origin};

/// Events of a kind per minute that get their own row; the rest of the minute becomes one row with their number. A
/// flood of one kind does not hide others.
const FULL_A_MINUTE: i64 = 60;
const MINUTE: i64 = 60;
/// Rows written concurrently. If the database is too slow for that, further events are only counted.
const WRITERS: usize = 32;
const LAST_WORDS: Duration = Duration::from_secs(5);

impl Audit<'_> {
    /// Records an event that changed nothing, such as a failure. It is lost if the database cannot be reached.
    pub(crate) fn note(self, event: Event) {
        self.0.metrics().event(event.kind.name());
        self.0.failures().note(self.0, event, request::current());
    }

    /// Also a code that was not compared, because the budget is spent.
    pub(crate) fn note_code<T>(self, compared: &Result<Option<T>>, event: impl Fn(Kind) -> Event) {
        match compared {
            Ok(None) => self.note(event(Kind::CodeWrong)),
            Err(Error::Throttled(_)) => self.note(event(Kind::LockedOut)),
            Ok(Some(_)) | Err(_) => {}
        }
    }
}

pub(crate) struct Failures {
    kinds: Mutex<HashMap<Kind, Count>>,
    writers: Arc<Semaphore>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    minute: i64,
    written: i64,
    counted: usize,
}

impl Default for Failures {
    fn default() -> Self {
        Self { kinds: Mutex::default(), writers: Arc::new(Semaphore::new(WRITERS)) }
    }
}

impl Failures {
    pub(super) fn note(&self, auth: &Auth, event: Event, origin: Origin) {
        let now = auth.now();
        let (earlier, gets_row) = self.count(event.kind, now.unix_timestamp() / MINUTE);
        if earlier > 0 {
            self.write_sum(auth, event.kind, earlier);
        }
        let row = event.row(origin, now);
        let kind = event.kind;
        if gets_row && !self.write(auth, event, row) {
            self.count_only(kind, 1);
        }
    }

    /// Returns how many of an earlier minute are not written yet, and whether this one gets its own row.
    fn count(&self, kind: Kind, minute: i64) -> (usize, bool) {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let count = kinds.entry(kind).or_default();
        let mut earlier = 0;
        if count.minute != minute {
            earlier = count.counted;
            *count = Count { minute, ..Count::default() };
        }
        let gets_row = count.written < FULL_A_MINUTE;
        if gets_row {
            count.written += 1;
        } else {
            count.counted += 1;
        }
        (earlier, gets_row)
    }

    fn count_only(&self, kind: Kind, more: usize) {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.entry(kind).or_default().counted += more;
    }

    fn write_sum(&self, auth: &Auth, kind: Kind, count: usize) {
        let event = Event::new(kind).times(count);
        let row = event.row(Origin::default(), auth.now());
        if !self.write(auth, event, row) {
            self.count_only(kind, count);
        }
    }

    /// False if all writers are busy.
    fn write(&self, auth: &Auth, event: Event, row: AuditRow) -> bool {
        let Ok(writer) = Arc::clone(&self.writers).try_acquire_owned() else { return false };
        let db = auth.db().clone();
        tokio::spawn(async move {
            event.log(&row);
            if let Err(error) = store::insert(&db, &row).await {
                tracing::warn!(%error, kind = row.kind, "a row of the audit log could not be written");
            }
            drop(writer);
        });
        true
    }

    /// There are more writers than kinds, so each count gets one.
    pub(crate) async fn finish(&self, auth: &Auth) {
        self.settled().await;
        let counted: Vec<(Kind, usize)> = {
            let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
            kinds.iter_mut().map(|(kind, count)| (*kind, std::mem::take(&mut count.counted))).collect()
        };
        for (kind, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
            self.write_sum(auth, kind, count);
        }
        self.settled().await;
    }

    pub(crate) async fn settled(&self) {
        let all = self.writers.acquire_many(u32::try_from(WRITERS).unwrap_or(u32::MAX));
        // A timeout is not reported: the lines are already in the log.
        let _ = tokio::time::timeout(LAST_WORDS, all).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Engine, TestApp};

    #[tokio::test]
    async fn what_no_writer_is_left_for_is_counted_until_there_is_one() {
        let app = TestApp::start(Engine::default(), |auth| auth.router().with_state(auth)).await;
        let failures = app.auth.failures();
        let counted = || failures.kinds.lock().unwrap()[&Kind::CodeWrong].counted;
        let all = u32::try_from(WRITERS).unwrap();
        let busy = Arc::clone(&failures.writers).try_acquire_many_owned(all).unwrap();
        for number in 1..=3 {
            app.auth.audit().note(Event::new(Kind::CodeWrong));
            assert_eq!(counted(), number);
            app.advance(Duration::from_mins(1));
        }
        tokio::join!(failures.finish(&app.auth), async { drop(busy) });
        assert_eq!(counted(), 0);
    }
}
