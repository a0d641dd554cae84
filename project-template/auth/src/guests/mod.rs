//! Invited accounts, from the invitation until their owners have set a password. A guest's row in `users` holds the
//! address, has no password and the lowest role; the role to come is in the invitation, and nothing but `accept` gives it.
//! Opening the link uses nothing up: each opening gives a browser a secret, of which the latest counts.

mod invitation;
mod store;

pub(crate) use invitation::{CAPABILITY_LIFETIME, Guest, Opened, Shown, accept, by_capability, invite, open};
pub(crate) use store::Listed;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::Auth;
use crate::audit;
use crate::codes;
use crate::db::Tx;
use crate::error::Result;
use crate::users::{self, Email, User};

/// Of a link.
const PURPOSE: &str = "invitation";

/// Removes the account and everything that waits for its owner. False if it is no guest any more.
pub(crate) async fn remove(tx: &mut Tx, id: Uuid) -> sqlx::Result<bool> {
    if !users::remove_guest(tx, id).await? {
        return Ok(false);
    }
    codes::erase(tx, id).await?;
    audit::forget(tx, id).await?;
    Ok(true)
}

/// Removes the guest whose invitation has expired, if the address is theirs.
pub(crate) async fn free(auth: &Auth, tx: &mut Tx, email: &Email) -> sqlx::Result<bool> {
    match users::expired_guest(tx, email, auth.now()).await? {
        Some(id) => remove(tx, id).await,
        None => Ok(false),
    }
}

/// The account with an address; none if it is a guest's whose invitation has expired, which is removed.
pub(crate) async fn unless_expired(auth: &Auth, user: Option<User>) -> Result<Option<User>> {
    let Some(user) = user else { return Ok(None) };
    if !user.was_guest(auth.now()) {
        return Ok(Some(user));
    }
    let mut tx = auth.db().begin().await?;
    remove(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(None)
}

/// Those that can be accepted, newest first, with ids below `before`: ids sort by time.
pub(crate) async fn list(auth: &Auth, before: Uuid, limit: u32) -> sqlx::Result<Vec<Listed>> {
    store::list(auth.db(), before, limit, auth.now()).await
}

pub(crate) async fn count(auth: &Auth) -> sqlx::Result<u64> {
    store::count(auth.db(), auth.now()).await
}

/// The role of an invitation, and its guest's account locked until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<(User, i64)>> {
    let Some(user) = users::hold_active(tx, id).await? else { return Ok(None) };
    Ok(store::role(tx, id).await?.map(|role| (user, role)))
}

pub(crate) async fn remove_expired(auth: &Auth, limit: u32) -> sqlx::Result<u64> {
    let (db, now) = (auth.db(), auth.now());
    let expired = users::expired_guests(db, now, limit).await?;
    for id in &expired {
        let mut tx = db.begin().await?;
        remove(&mut tx, *id).await?;
        tx.commit().await?;
    }
    // Of guests who were deactivated.
    Ok(expired.len() as u64 + store::EXPIRING.remove(db, now, limit).await?)
}

pub(crate) async fn count_expired(auth: &Auth) -> sqlx::Result<u64> {
    let (db, now): (_, OffsetDateTime) = (auth.db(), auth.now());
    Ok(users::count_expired_guests(db, now).await? + store::count_expired(db, now).await?)
}
