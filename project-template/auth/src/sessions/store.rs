use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Session;
use super::batch_store::Advance;
use crate::db::{Db, Expiring, Tx, expiring};
use crate::users::{self, User};
use crate::{in_tx, on, read};

/// An ended session is kept until its tokens have expired, so that a replay is still recognised.
pub(super) const EXPIRING: Expiring = expiring!("sessions", "id", "expires_at");

macro_rules! columns {
    () => {
        "id, user_id, generation, superseded, claims, created_at, refreshed_at, expires_at, ended_at, refreshable, ip, \
         user_agent, rotated_by, remembered, methods, proven_at, refresh_due_at"
    };
}

/// The same, as `Session::joined` reads them.
macro_rules! joined_columns {
    () => {
        "s.id as session_id, s.user_id as session_user_id, s.generation as session_generation, \
         s.superseded as session_superseded, s.claims as session_claims, s.created_at as session_created_at, \
         s.refreshed_at as session_refreshed_at, s.expires_at as session_expires_at, \
         s.ended_at as session_ended_at, s.refreshable as session_refreshable, s.ip as session_ip, \
         s.user_agent as session_user_agent, s.rotated_by as session_rotated_by, \
         s.remembered as session_remembered, s.methods as session_methods, s.proven_at as session_proven_at, \
         s.refresh_due_at as session_refresh_due_at"
    };
}
pub(super) use joined_columns;

pub(super) async fn insert(tx: &mut Tx, session: &Session) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into sessions (id, user_id, claims, created_at, refreshed_at, expires_at, ip, user_agent, remembered,
           methods, proven_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(session.id)
    .bind(session.user_id)
    .bind(&session.claims)
    .bind(session.created_at)
    .bind(session.refreshed_at)
    .bind(session.expires_at)
    .bind(&session.ip)
    .bind(&session.user_agent)
    .bind(session.remembered)
    .bind(&session.methods)
    .bind(session.proven_at)
    .execute(conn)
    .await
    .map(drop))
}

/// Records another proof of identity. None if the session is not active.
pub(super) async fn prove(
    tx: &mut Tx,
    (id, user): (Uuid, Uuid),
    methods: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Option<Session>> {
    in_tx!(tx, conn => sqlx::query_as(concat!(
        "update sessions set methods = $1, proven_at = $2
         where id = $3 and user_id = $4 and ended_at is null and expires_at > $2
         returning ", columns!(),
    ))
    .bind(methods)
    .bind(now)
    .bind(id)
    .bind(user)
    .fetch_optional(conn)
    .await)
}

pub(super) async fn by_id(db: &Db, id: Uuid) -> sqlx::Result<Option<Session>> {
    read!(db, pool => sqlx::query_as(concat!("select ", columns!(), " from sessions where id = $1"))
        .bind(id)
        .fetch_optional(pool)
        .await)
}

/// A session, and the account as it is now, in one statement.
pub(super) async fn with_holder(db: &Db, id: Uuid) -> sqlx::Result<Option<(Session, User)>> {
    read!(db, pool => sqlx::query(concat!(
        "select holder.*, ", joined_columns!(), "
         from sessions s join (select ", users::columns!(), " from users) holder on holder.id = s.user_id
         where s.id = $1",
    ))
        .bind(id)
        .fetch_optional(pool)
        .await?
        .map(|row| Ok((Session::joined(&row)?, User::from_row(&row)?)))
        .transpose())
}

pub(super) async fn live_of_user(db: &Db, user: Uuid, now: OffsetDateTime, limit: u32) -> sqlx::Result<Vec<Session>> {
    read!(db, pool => sqlx::query_as(concat!(
        "select ", columns!(), " from sessions
         where user_id = $1 and ended_at is null and expires_at > $2
         order by created_at desc, id desc limit $3",
    ))
    .bind(user)
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await)
}

pub(crate) async fn all_of_user(db: &Db, user: Uuid) -> sqlx::Result<Vec<Session>> {
    on!(db, pool => sqlx::query_as(concat!(
        "select ", columns!(), " from sessions where user_id = $1 order by created_at, id",
    ))
    .bind(user)
    .fetch_all(pool)
    .await)
}

macro_rules! advance {
    ($row:literal) => {
        concat!(
            "update sessions
             set generation = generation + 1, superseded = $1, claims = $2, refreshed_at = $3, expires_at = $4,
                 ip = case when $5 then coalesce($6, ip) end,
                 user_agent = case when $5 then coalesce($7, user_agent) end,
                 rotated_by = $8, refresh_due_at = $11
             where ",
            $row,
            " and generation = $10 and refresh_due_at = $12 and ended_at is null and refreshable"
        )
    };
}

/// Of concurrent attempts one matches. On PostgreSQL this waits while another transaction has the row locked.
pub(super) async fn advance(db: &Db, next: &Advance) -> sqlx::Result<bool> {
    advance_by(db, next, advance!("id = $9")).await
}

/// As `advance`, but a locked row does not match.
pub(super) async fn advance_unlocked(db: &Db, next: &Advance) -> sqlx::Result<bool> {
    let statement = match db {
        // There the one who writes has every row.
        Db::Sqlite(_) => advance!("id = $9"),
        Db::Postgres(_) => advance!("id = (select id from sessions where id = $9 for update skip locked)"),
    };
    advance_by(db, next, statement).await
}

async fn advance_by(db: &Db, next: &Advance, statement: &'static str) -> sqlx::Result<bool> {
    let Advance { session, was_due_at, device } = next;
    let moved = on!(db, pool => sqlx::query(statement)
        .bind(&session.superseded)
        .bind(&session.claims)
        .bind(session.refreshed_at)
        .bind(session.expires_at)
        .bind(device.is_some())
        .bind(device.as_ref().and_then(|device| device.ip.as_deref()))
        .bind(device.as_ref().and_then(|device| device.user_agent.as_deref()))
        .bind(&session.rotated_by)
        .bind(session.id)
        .bind(session.generation - 1)
        .bind(session.refresh_due_at)
        .bind(was_due_at)
        .execute(pool)
        .await?
        .rows_affected());
    Ok(moved == 1)
}

/// Of concurrent attempts one matches.
pub(super) async fn set_due_at(db: &Db, id: Uuid, was: i64, due_at: i64) -> sqlx::Result<bool> {
    let set = on!(db, pool => sqlx::query("update sessions set refresh_due_at = $1 where id = $2 and refresh_due_at = $3")
        .bind(due_at)
        .bind(id)
        .bind(was)
        .execute(pool)
        .await?
        .rows_affected());
    Ok(set == 1)
}

pub(super) async fn origins(tx: &mut Tx, user: Uuid) -> sqlx::Result<Vec<(Option<String>, Option<String>)>> {
    in_tx!(tx, conn => sqlx::query_as(
        "select ip, user_agent from sessions where user_id = $1 order by created_at desc limit 200",
    )
    .bind(user)
    .fetch_all(conn)
    .await)
}

pub(super) async fn shorten(db: &Db, id: Uuid, until: OffsetDateTime) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query("update sessions set expires_at = $1 where id = $2 and expires_at > $1")
        .bind(until)
        .bind(id)
        .execute(pool)
        .await
        .map(drop))
}

pub(super) async fn end_in(tx: &mut Tx, id: Uuid, user: Uuid, by: &str, now: OffsetDateTime) -> sqlx::Result<bool> {
    let ended = in_tx!(tx, conn => sqlx::query(
        "update sessions set ended_at = $1, ended_by = $2
         where id = $3 and user_id = $4 and ended_at is null and expires_at > $1",
    )
        .bind(now)
        .bind(by)
        .bind(id)
        .bind(user)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(ended == 1)
}

pub(super) async fn methods(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<String>> {
    let found: Option<(String,)> = in_tx!(tx, conn => sqlx::query_as("select methods from sessions where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?);
    Ok(found.map(|(methods,)| methods))
}

pub(super) async fn set_methods(tx: &mut Tx, id: Uuid, methods: &str) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update sessions set methods = $1 where id = $2")
        .bind(methods)
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

crate::row! {
    pub(super) struct SessionState {
        pub(super) ended_at: Option<OffsetDateTime>,
        pub(super) ended_by: Option<String>,
        pub(super) expires_at: OffsetDateTime,
        pub(super) refreshable: bool,
    }
}

pub(super) async fn state(tx: &mut Tx, id: Uuid) -> sqlx::Result<Option<SessionState>> {
    in_tx!(tx, conn => sqlx::query_as("select ended_at, ended_by, expires_at, refreshable from sessions where id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await)
}

pub(super) async fn end_all(
    tx: &mut Tx,
    user: Uuid,
    except: Option<Uuid>,
    by: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    let ended: Vec<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as(
        "update sessions set ended_at = $1, ended_by = $2
         where user_id = $3 and id <> $4 and ended_at is null and expires_at > $1
         returning id",
    )
    .bind(now)
    .bind(by)
    .bind(user)
    .bind(except.unwrap_or(Uuid::nil()))
    .fetch_all(conn)
    .await?);
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Sessions that can no longer be refreshed do not count.
pub(super) async fn end_beyond(
    tx: &mut Tx,
    user: Uuid,
    most: u32,
    by: &str,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<Uuid>> {
    // SQLite has no `offset` without a `limit`.
    let ended: Vec<(Uuid,)> = in_tx!(tx, conn => sqlx::query_as(
        "update sessions set ended_at = $1, ended_by = $2
         where ended_at is null and id in (
           select id from sessions
           where user_id = $3 and ended_at is null and expires_at > $1 and refreshable
           order by refreshed_at desc, id desc limit $4 offset $5)
         returning id",
    )
    .bind(now)
    .bind(by)
    .bind(user)
    .bind(i64::MAX)
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?);
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn count_live(tx: &mut Tx, user: Uuid, now: OffsetDateTime) -> sqlx::Result<u64> {
    let (count,): (i64,) = in_tx!(tx, conn => sqlx::query_as(
        "select count(*) from sessions where user_id = $1 and ended_at is null and expires_at > $2 and refreshable",
    )
    .bind(user)
    .bind(now)
    .fetch_one(conn)
    .await?);
    Ok(count.unsigned_abs())
}

/// Lets the sessions of a user run out: none can be refreshed any more, and none lasts beyond `until`.
pub(super) async fn end_refreshing(tx: &mut Tx, user: Uuid, until: OffsetDateTime) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "update sessions
         set refreshable = false, expires_at = case when expires_at < $1 then expires_at else $1 end
         where user_id = $2 and ended_at is null and refreshable",
    )
    .bind(until)
    .bind(user)
    .execute(conn)
    .await
    .map(drop))
}
