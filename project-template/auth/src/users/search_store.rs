//! The table of search texts.

use uuid::Uuid;

use crate::db::Tx;
use crate::in_tx;

/// Inserts the text of a new account; without one, a row that `remove_pretended` removes.
pub(super) async fn insert(tx: &mut Tx, user: Option<Uuid>, words: &str) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("insert into user_search (user_id, words) values ($1, $2)")
        .bind(user)
        .bind(words)
        .execute(conn)
        .await
        .map(drop))
}

pub(super) async fn remove_pretended(tx: &mut Tx) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("delete from user_search where user_id is null").execute(conn).await.map(drop))
}

pub(super) async fn set(tx: &mut Tx, user: Uuid, words: &str) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query(
        "insert into user_search (user_id, words) values ($1, $2)
         on conflict (user_id) do update set words = excluded.words where user_search.words <> excluded.words",
    )
    .bind(user)
    .bind(words)
    .execute(conn)
    .await
    .map(drop))
}
