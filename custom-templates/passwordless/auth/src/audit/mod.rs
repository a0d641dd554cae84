//! What happened, for whoever has to find out later: one line of the log, under the target `audit`, for each event.
//! Differs from the built-in project: there is no table of events.
//!
//! Lines hold ids, the address's first letter and domain, and where the request came from; never a secret. A flood of
//! failures ends up as counts.

#[allow(dead_code, reason = "more happens to accounts")]
mod event;
mod failures;
#[allow(unreachable_pub, reason = "rows are read where there is a table")]
mod row;
mod store;

pub(crate) use event::{Account, Event, Kind, Reason};
pub(crate) use failures::Failures;
pub(crate) use row::AuditRow;

use crate::Auth;
use crate::db::{Result, Tx};
use crate::request;

/// The audit log.
#[derive(Clone, Copy)]
pub(crate) struct Audit<'a>(&'a Auth);

impl Auth {
    pub(crate) fn audit(&self) -> Audit<'_> {
        Audit(self)
    }
}

impl Audit<'_> {
    /// Logs an event once what makes it true is committed.
    #[expect(clippy::unused_async, reason = "shared rooms wait for a database")]
    pub(crate) async fn write(self, tx: &mut Tx, event: Event) -> Result<()> {
        let row = event.row(request::current(), self.0.now());
        tx.after_commit(move || event.log(&row));
        Ok(())
    }
}
