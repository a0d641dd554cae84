//! One-time secrets that travel by mail: links, and short codes to type.
//!
//! Both belong to a subject (any id: this room does not know accounts) and a purpose. A link's secret is too long to
//! guess, so a plain hash is stored. A code is short: guesses are counted before they are compared, the key of its MAC
//! is kept outside the database, and neither requesting another code nor waiting for one to expire refills the budget
//! of guesses without a request id.

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

pub(crate) async fn erase(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    link_store::remove_all(tx, subject).await?;
    code_store::remove_all(tx, subject).await
}

/// Removes expired links, requests and counters, at most `limit` of each. Returns how many.
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
