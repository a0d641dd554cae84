//! The table of sign-ins that were sent to a provider.

use time::OffsetDateTime;

use crate::db::{Db, Expiring, expiring};
use crate::on;

pub(super) const EXPIRING: Expiring = expiring!("social_logins", "state", "expires_at");

pub(super) struct Sent<'r> {
    pub(super) state: &'r [u8],
    pub(super) browser: &'r [u8],
    pub(super) provider: &'r str,
}

pub(super) async fn insert(db: &Db, sent: &Sent<'_>, sealed: &[u8], expires: OffsetDateTime) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(
        "insert into social_logins (state, browser, provider, sealed, expires_at) values ($1, $2, $3, $4, $5)",
    )
    .bind(sent.state)
    .bind(sent.browser)
    .bind(sent.provider)
    .bind(sealed)
    .bind(expires)
    .execute(pool)
    .await
    .map(drop))
}

/// What a sign-in holds.
pub(super) async fn find(db: &Db, sent: &Sent<'_>, now: OffsetDateTime) -> sqlx::Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> = on!(db, pool => sqlx::query_as(
        "select sealed from social_logins where state = $1 and browser = $2 and provider = $3 and expires_at > $4",
    )
    .bind(sent.state)
    .bind(sent.browser)
    .bind(sent.provider)
    .bind(now)
    .fetch_optional(pool)
    .await?);
    Ok(found.map(|(sealed,)| sealed))
}

/// Uses up a sign-in: of any number of concurrent requests, one gets what it held.
pub(super) async fn take(db: &Db, sent: &Sent<'_>, now: OffsetDateTime) -> sqlx::Result<Option<Vec<u8>>> {
    let taken: Option<(Vec<u8>,)> = on!(db, pool => sqlx::query_as(
        "delete from social_logins where state = $1 and browser = $2 and provider = $3 and expires_at > $4
         returning sealed",
    )
    .bind(sent.state)
    .bind(sent.browser)
    .bind(sent.provider)
    .bind(now)
    .fetch_optional(pool)
    .await?);
    Ok(taken.map(|(sealed,)| sealed))
}
