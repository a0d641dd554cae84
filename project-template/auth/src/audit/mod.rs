//! What happened to accounts, for whoever has to find out later: one row and one line of the log for each event.
//!
//! The room that does a thing calls `record` in the transaction that does it, so that neither is there without the
//! other; the line is logged when that is committed. What failed has no transaction and calls `note`, which costs its
//! request nothing: the row is written beside the answer, and a flood of failures ends up as counts.
//!
//! Rows hold ids, the address's first letter and domain, and where the request came from; never a secret. Which request
//! it was, they learn from the task it runs in (`crate::request`). They outlive the account: with it goes everything but the
//! ids (`forget`), and after `audit.retention` the rows go too.

mod event;
mod failures;
mod own;
mod row;
mod store;

use std::time::Duration;

pub(crate) use event::{Account, Event, Kind, Reason};
pub(crate) use failures::{Failures, note, note_code};
pub use own::{Audit, OwnEvent};
pub use row::AuditRow;
pub(crate) use store::Filter;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::db::Tx;
use crate::request;
use crate::settings::Section;

/// The shortest `audit.retention`: a break-in is not noticed on the day.
const MIN_RETENTION: Duration = Duration::from_hours(24);

/// `[audit]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long rows are kept; for good, if none.
    pub retention: Option<Duration>,
    /// Whether an account's owner is told of a sign-in with a new device.
    pub notify_new_device: bool,
    /// Whether they are told of a replay.
    pub notify_replay: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let retention = section.optional_duration("retention");
        if retention.is_some_and(|retention| retention < MIN_RETENTION) {
            section.problem("retention", "must be at least \"1d\"; empty keeps everything");
        }
        Self {
            retention,
            notify_new_device: section.flag("notify_new_device"),
            notify_replay: section.flag("notify_replay"),
        }
    }
}

/// Writes an event down in the transaction that makes it true.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn record(auth: &Auth, tx: &mut Tx, event: Event) -> sqlx::Result<()> {
    let row = event.row(request::current(), auth.now());
    store::insert_in(tx, &row).await?;
    let auth = auth.clone();
    tx.after_commit(move || {
        auth.metrics().event(event.kind.name());
        event.log(&row);
    });
    Ok(())
}

/// Rows that a filter lets through, newest first, from before one: ids sort by time.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn page(auth: &Auth, filter: &Filter, before: Uuid, limit: u32) -> sqlx::Result<Vec<AuditRow>> {
    store::page(auth.db(), filter, before, limit).await
}

/// Makes the rows of an account that is removed tell no more than its id, in the transaction that removes it.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    store::forget(tx, user).await
}

/// Removes rows that are older than the settings keep them, at most `limit`. Says how many there were.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn remove_expired(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    match oldest(auth) {
        Some(before) => store::remove(auth.db(), before, limit).await,
        None => Ok(0),
    }
}

/// How many [`remove_expired`] would remove, without a limit.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn count_expired(auth: &Auth) -> sqlx::Result<u64> {
    match oldest(auth) {
        Some(before) => store::count(auth.db(), before).await,
        None => Ok(0),
    }
}

fn oldest(auth: &Auth) -> Option<OffsetDateTime> {
    auth.settings().audit.retention.map(|retention| auth.now() - retention)
}
