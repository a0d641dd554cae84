//! The audit log: one row and one log line per event.
//!
//! A room calls `write` in the transaction that makes an event true, so that both are committed or neither; the line is
//! logged after the commit. Failures have no transaction: `note` writes the row in the background and turns a flood
//! into counts. Rows hold ids, the masked address and the origin of the request, never a secret. They outlive the
//! account: its deletion removes the addresses (`forget`), and `audit.retention` later removes the rows.

mod event;
mod failures;
mod kinds;
mod own;
mod row;
mod settings;
mod store;

pub(crate) use event::{Account, Event};
pub(crate) use failures::Failures;
pub(crate) use kinds::{Kind, Reason};
pub use own::OwnEvent;
pub use row::AuditRow;
pub use settings::Settings;
pub(crate) use store::Filter;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::db::{self, Tx};
use crate::request::{self, Origin};

/// The audit log; see [`Auth::audit`].
#[derive(Clone, Copy)]
pub struct Audit<'a>(&'a Auth);

impl Auth {
    /// The audit log, for events of the application.
    #[must_use]
    pub fn audit(&self) -> Audit<'_> {
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

    /// Newest first, with ids below `before`: ids sort by time.
    pub(crate) async fn page(self, filter: &Filter, before: Uuid, limit: u32) -> sqlx::Result<Vec<AuditRow>> {
        store::page(self.0.db(), filter, before, limit).await
    }

    pub(crate) async fn remove_expired(self, limit: u32) -> sqlx::Result<u64> {
        match oldest(self.0) {
            Some(before) => store::EXPIRING.remove(self.0.db(), before, limit).await,
            None => Ok(0),
        }
    }

    pub(crate) async fn count_expired(self) -> sqlx::Result<u64> {
        match oldest(self.0) {
            Some(before) => store::EXPIRING.count(self.0.db(), before).await,
            None => Ok(0),
        }
    }
}

/// The events of the work name this account as their cause.
pub(crate) fn acting<F: Future>(actor: Uuid, doing: F) -> impl Future<Output = F::Output> {
    request::of_request(Origin { actor: Some(actor), ..request::current() }, doing)
}

pub(crate) async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    store::forget(tx, user).await
}

fn oldest(auth: &Auth) -> Option<OffsetDateTime> {
    auth.settings().audit.retention.map(|retention| auth.now() - retention)
}
