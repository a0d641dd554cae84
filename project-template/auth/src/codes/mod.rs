//! One-time secrets that travel by mail: links, and short codes to type.
//!
//! Both belong to a subject (any id: this room does not know accounts) and a purpose. A link's secret is too long to
//! guess, so a plain hash is stored. A code is short: guesses are counted before they are compared, the key of its MAC
//! is kept outside the database, and neither requesting another code nor waiting for one to expire refills the budget
//! of guesses without a request id.

mod accounts;
mod challenge;
mod code;
mod code_store;
pub(crate) mod cookie;
mod link;
mod link_key;
mod link_store;
mod return_to;
mod settings;
mod typed;

use uuid::Uuid;

pub(crate) use challenge::{Asked, Redeemable, RequestId, discard, random};
pub(crate) use code::{Limits, Subject};
pub(crate) use link::{Link, LinkStanding, forget, forget_all, hash, secret};
pub(crate) use link_key::{LinkKey, secret_of};
pub(crate) use return_to::ReturnTo;
pub use settings::{Sending, Settings};
pub(crate) use typed::typed_digits;

use crate::Auth;
use crate::db::Tx;

#[derive(Clone, Copy)]
pub(crate) struct Codes<'a>(&'a Auth);

impl Auth {
    pub(crate) fn codes(&self) -> Codes<'_> {
        Codes(self)
    }
}

pub(crate) async fn erase(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    link_store::remove_all(tx, subject).await?;
    code_store::remove_all(tx, subject).await
}

impl Codes<'_> {
    pub(crate) async fn remove_expired(self, limit: u32) -> sqlx::Result<u64> {
        let (db, now) = (self.0.db(), self.0.now());
        let links = link_store::EXPIRING.remove(db, now - link::EXPLAINED, limit).await?;
        let requests = code_store::EXPIRING.remove(db, now, limit).await?;
        Ok(links + requests + code_store::remove_stale(db, now - code::REMEMBERED, limit).await?)
    }

    pub(crate) async fn count_expired(self) -> sqlx::Result<u64> {
        let (db, now) = (self.0.db(), self.0.now());
        let links = link_store::EXPIRING.count(db, now - link::EXPLAINED).await?;
        let requests = code_store::EXPIRING.count(db, now).await?;
        Ok(links + requests + code_store::count_stale(db, now - code::REMEMBERED).await?)
    }
}
