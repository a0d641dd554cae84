//! The audit log: one log line per event, under the target `audit`. Differs from the built-in project: there is no table of
//! events. Lines hold ids, the masked address and the origin of the request, never a secret; a flood of failures becomes
//! counts.

mod event;
mod failures;
mod kinds;
mod row;
mod store;

pub(crate) use event::{Account, Event};
pub(crate) use failures::Failures;
pub(crate) use kinds::{Kind, Reason};
pub use row::AuditRow;

use crate::Auth;
use crate::db::{self, Tx};
use crate::request;

/// The audit log; see [`Auth::audit`].
#[derive(Clone, Copy)]
pub(crate) struct Audit<'a>(&'a Auth);

impl Auth {
    pub(crate) fn audit(&self) -> Audit<'_> {
        Audit(self)
    }
}

impl Audit<'_> {
    pub(crate) async fn write(self, tx: &mut Tx, event: Event) -> db::Result<()> {
        let row = event.row(request::current(), self.0.now());
        store::insert_in(tx, &row).await?;
        let auth = self.0.clone();
        tx.after_commit(move || {
            auth.metrics().event(event.kind.name());
            event.log(&row);
        });
        Ok(())
    }
}
