use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING: Expiring = expiring!("invitations", "user_id", "expires_at");

crate::row! {
    pub(super) struct Row {
        pub(super) user_id: Uuid,
        pub(super) version: i64,
    }
}

crate::row! {
    /// An invitation, for staff.
    pub(crate) struct Listed {
        pub(crate) user_id: Uuid,
        pub(crate) email: String,
        pub(crate) first_name: String,
        pub(crate) last_name: String,
        pub(crate) role: i64,
        /// The address of the account that invited.
        pub(crate) inviter: String,
        pub(crate) created_at: OffsetDateTime,
        pub(crate) expires_at: OffsetDateTime,
    }
}

/// Whether an invitation can be accepted at the time `$1`: not if its guest was deactivated, nor if whoever invited them may
/// not give the role any more.
macro_rules! open {
    () => {
        "invitations.expires_at > $1
         and exists (
           select 1 from users guest
           where guest.id = invitations.user_id and guest.is_active and guest.auth_version = invitations.version
             and guest.guest_until > $1)
         and exists (
           select 1 from users host
           where host.id = invitations.invited_by and host.is_active and host.role >= invitations.role)"
    };
}

pub(super) struct New {
    pub(super) user: (Uuid, i64),
    pub(super) invited_by: Uuid,
    pub(super) role: i64,
    pub(super) created_at: OffsetDateTime,
    pub(super) expires_at: OffsetDateTime,
}

pub(super) async fn insert(tx: &mut Tx, new: &New) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into invitations (user_id, version, invited_by, role, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.user.0)
    .bind(new.user.1)
    .bind(new.invited_by)
    .bind(new.role)
    .bind(new.created_at)
    .bind(new.expires_at)
    .execute(conn)
    .await
    .map(drop))
}

pub(super) async fn is_open(db: &Db, (user, version): (Uuid, i64), now: OffsetDateTime) -> sqlx::Result<bool> {
    let found: Option<(i64,)> = on!(db, pool => sqlx::query_as(concat!(
        "select role from invitations where user_id = $2 and version = $3 and ",
        open!()
    ))
    .bind(now)
    .bind(user)
    .bind(version)
    .fetch_optional(pool)
    .await?);
    Ok(found.is_some())
}

/// Replaces the secret of an earlier opening. False if the invitation cannot be accepted.
pub(super) async fn set_capability(
    db: &Db,
    (user, version): (Uuid, i64),
    (hash, until): (&[u8], OffsetDateTime),
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = on!(db, pool => sqlx::query(concat!(
        "update invitations set capability = $4, capability_until = $5 where user_id = $2 and version = $3 and ",
        open!()
    ))
    .bind(now)
    .bind(user)
    .bind(version)
    .bind(hash)
    .bind(until)
    .execute(pool)
    .await?
    .rows_affected());
    Ok(done == 1)
}

pub(super) async fn by_capability(db: &Db, hash: &[u8], now: OffsetDateTime) -> sqlx::Result<Option<Row>> {
    on!(db, pool => sqlx::query_as(concat!(
        "select user_id, version from invitations
         where capability = $2 and capability_until > $1 and ",
        open!()
    ))
    .bind(now)
    .bind(hash)
    .fetch_optional(pool)
    .await)
}

/// Returns the role and who invited. Of concurrent requests, only one gets them. Call it in a transaction that holds the
/// guest's account. Without the hash of a capability, the caller knows otherwise that the guest reads the mail.
pub(super) async fn take(
    tx: &mut Tx,
    user: Uuid,
    hash: Option<&[u8]>,
    now: OffsetDateTime,
) -> sqlx::Result<Option<(i64, Uuid)>> {
    in_tx!(tx, conn => sqlx::query_as(concat!(
        "delete from invitations
         where user_id = $2 and ($3 is null or (capability = $3 and capability_until > $1)) and ",
        open!(),
        " returning role, invited_by"
    ))
    .bind(now)
    .bind(user)
    .bind(hash)
    .fetch_optional(conn)
    .await)
}

pub(super) async fn role(tx: &mut Tx, user: Uuid) -> sqlx::Result<Option<i64>> {
    let found: Option<(i64,)> = in_tx!(tx, conn => sqlx::query_as("select role from invitations where user_id = $1")
            .bind(user)
            .fetch_optional(conn)
            .await?);
    Ok(found.map(|(role,)| role))
}

pub(super) async fn list(db: &Db, before: Uuid, limit: u32, now: OffsetDateTime) -> sqlx::Result<Vec<Listed>> {
    on!(db, pool => sqlx::query_as(concat!(
        "select user_id, users.email, users.first_name, users.last_name, invitations.role, inviter.email as inviter,
           invitations.created_at, invitations.expires_at
         from invitations join users on users.id = user_id join users inviter on inviter.id = invited_by
         where user_id < $2 and ",
        open!(),
        " order by user_id desc limit $3"
    ))
    .bind(now)
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await)
}

pub(super) async fn count(db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(concat!("select count(*) from invitations where ", open!()))
            .bind(now)
            .fetch_one(pool)
            .await?);
    Ok(count.unsigned_abs())
}

/// Those of guests that are not counted with their accounts.
pub(super) async fn count_expired(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(
        "select count(*) from invitations join users on users.id = user_id
         where expires_at <= $1 and (guest_until is null or guest_until > $1 or not is_active)",
    )
    .bind(before)
    .fetch_one(pool)
    .await?);
    Ok(count.unsigned_abs())
}
