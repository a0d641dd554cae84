//! One-time secrets that travel by mail: links, and short codes to type.
//!
//! Both belong to a subject (any id: nothing here knows accounts) and a purpose. A link's secret is too long to guess, so
//! its hash is enough. A code is short, so a guess is counted before it is looked at, the key of its MAC is outside the
//! database, and neither asking for another code nor waiting one out refills the budget of whoever does not say which
//! request for a code is theirs.

mod challenge;
mod code;
mod code_store;
pub(crate) mod cookie;
mod link;
mod link_store;
mod settings;
mod typed;

use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use challenge::{Asked, Redeemable, RequestId, ask, compare, discard, redeem};
pub(crate) use code::{Limits, Subject, request, wait};
pub(crate) use link::{Link, Standing, count_live, find, forget, forget_all, issue};
pub use settings::{Sending, Settings};
pub(crate) use typed::typed;

use crate::db::{Db, Tx};

/// Removes everything there is about a subject that is no more.
pub(crate) async fn erase(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    link_store::remove_all(tx, subject).await?;
    code_store::remove_all(tx, subject).await
}

/// Removes links and counts that nobody needs any more, at most `limit` of each. Says how many there were.
pub(crate) async fn remove_expired(db: &Db, now: OffsetDateTime, limit: u32) -> sqlx::Result<u64> {
    let links = link_store::remove_expired(db, now - link::EXPLAINED, limit).await?;
    let requests = code_store::remove_expired(db, now, limit).await?;
    Ok(links + requests + code_store::remove_stale(db, now - code::REMEMBERED, limit).await?)
}

/// How many [`remove_expired`] would remove, without a limit.
pub(crate) async fn count_expired(db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
    let links = link_store::count_expired(db, now - link::EXPLAINED).await?;
    let requests = code_store::count_expired(db, now).await?;
    Ok(links + requests + code_store::count_stale(db, now - code::REMEMBERED).await?)
}
