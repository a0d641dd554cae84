//! The tables of challenges and of guesses at them.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING: Expiring = expiring!("second_factor_challenges", "id", "expires_at");
/// Guesses no longer count from some time after they were made.
pub(super) const GUESSES: Expiring = expiring!("second_factor_guesses", "id", "guessed_at");

crate::row! {
    pub(super) struct Row {
        pub(super) subject: Uuid,
        pub(super) version: i64,
        pub(super) held: String,
        pub(super) is_open: bool,
    }
}

const INSERT: &str = "insert into second_factor_challenges (id, purpose, subject, version, held, expires_at)
    values ($1, $2, $3, $4, $5, $6)";

pub(super) struct New<'n> {
    pub(super) id: Uuid,
    pub(super) purpose: &'static str,
    pub(super) subject: (Uuid, i64),
    pub(super) held: &'n str,
    pub(super) expires_at: OffsetDateTime,
}

pub(super) async fn insert(db: &Db, new: &New<'_>) -> sqlx::Result<()> {
    on!(db, pool => sqlx::query(INSERT)
        .bind(new.id)
        .bind(new.purpose)
        .bind(new.subject.0)
        .bind(new.subject.1)
        .bind(new.held)
        .bind(new.expires_at)
        .execute(pool)
        .await
        .map(drop))
}

pub(super) async fn insert_in(tx: &mut Tx, new: &New<'_>) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(INSERT)
        .bind(new.id)
        .bind(new.purpose)
        .bind(new.subject.0)
        .bind(new.subject.1)
        .bind(new.held)
        .bind(new.expires_at)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn find(db: &Db, id: Uuid, purpose: &str, now: OffsetDateTime) -> sqlx::Result<Option<Row>> {
    on!(db, pool => sqlx::query_as(
        "select subject, version, held, is_open from second_factor_challenges
         where id = $1 and purpose = $2 and expires_at > $3",
    )
    .bind(id)
    .bind(purpose)
    .bind(now)
    .fetch_optional(pool)
    .await)
}

pub(super) async fn set_held(db: &Db, id: Uuid, held: &str, now: OffsetDateTime) -> sqlx::Result<bool> {
    let done = on!(db, pool => sqlx::query(
        "update second_factor_challenges set held = $1 where id = $2 and expires_at > $3",
    )
    .bind(held)
    .bind(id)
    .bind(now)
    .execute(pool)
    .await?
    .rows_affected());
    Ok(done == 1)
}

/// Counts a guess at a challenge. Returns how many there were with it; none if the challenge takes no more.
pub(super) async fn count(tx: &mut Tx, id: Uuid, most: u32, now: OffsetDateTime) -> sqlx::Result<Option<i64>> {
    let counted: Option<(i64,)> = in_tx!(tx, conn => sqlx::query_as(
        "update second_factor_challenges set guesses = guesses + 1
         where id = $1 and is_open and guesses < $2 and expires_at > $3
         returning guesses",
    )
    .bind(id)
    .bind(i64::from(most))
    .bind(now)
    .fetch_optional(conn)
    .await?);
    Ok(counted.map(|(guesses,)| guesses))
}

/// Takes a counted guess at a challenge back.
pub(super) async fn uncount(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update second_factor_challenges set guesses = guesses - 1 where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

/// Uses up a challenge. False if it was used or given up.
pub(super) async fn take(tx: &mut Tx, id: Uuid, now: OffsetDateTime) -> sqlx::Result<bool> {
    let taken = in_tx!(tx, conn => sqlx::query(
        "delete from second_factor_challenges where id = $1 and is_open and expires_at > $2",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?
    .rows_affected());
    Ok(taken == 1)
}

pub(super) async fn close(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update second_factor_challenges set is_open = false where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn close_all(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update second_factor_challenges set is_open = false where subject = $1")
        .bind(subject)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_all(tx: &mut Tx, subject: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from second_factor_challenges where subject = $1")
        .bind(subject)
        .execute(conn)
        .await
        .map(drop))
}

/// Moves times that a fast clock stored in the future back to now.
pub(super) async fn clamp(tx: &mut Tx, user: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "update second_factor_guesses set guessed_at = $2 where user_id = $1 and guessed_at > $2",
    )
    .bind(user)
    .bind(now)
    .execute(conn)
    .await
    .map(drop))
}

const GUESSES_OF: &str = "select guessed_at, pending from second_factor_guesses
    where user_id = $1 and guessed_at > $2 order by guessed_at";

/// The guesses of an account since `after`, oldest first, and whether each is still being compared.
pub(super) async fn guesses_in(
    tx: &mut Tx,
    user: Uuid,
    after: OffsetDateTime,
) -> sqlx::Result<Vec<(OffsetDateTime, bool)>> {
    in_tx!(tx, conn => sqlx::query_as(GUESSES_OF).bind(user).bind(after).fetch_all(conn).await)
}

pub(super) async fn guesses(db: &Db, user: Uuid, after: OffsetDateTime) -> sqlx::Result<Vec<(OffsetDateTime, bool)>> {
    on!(db, pool => sqlx::query_as(GUESSES_OF).bind(user).bind(after).fetch_all(pool).await)
}

pub(super) async fn add_guess(tx: &mut Tx, id: Uuid, user: Uuid, now: OffsetDateTime) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("insert into second_factor_guesses (id, user_id, guessed_at) values ($1, $2, $3)")
        .bind(id)
        .bind(user)
        .bind(now)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn decide_guess(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update second_factor_guesses set pending = false where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_guess(tx: &mut Tx, id: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from second_factor_guesses where id = $1")
        .bind(id)
        .execute(conn)
        .await
        .map(drop))
}

/// Forgets the wrong guesses of an account, and the guess `right`. Those that are still being compared stay.
pub(super) async fn forgive(tx: &mut Tx, user: Uuid, right: Uuid) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from second_factor_guesses where user_id = $1 and (not pending or id = $2)")
        .bind(user)
        .bind(right)
        .execute(conn)
        .await
        .map(drop))
}
