use uuid::Uuid;

use crate::db::Tx;
use crate::in_tx;

crate::row! {
    pub(super) struct Noted {
        pub(super) number: i64,
        pub(super) words: String,
        pub(super) email: String,
        pub(super) first_name: String,
        pub(super) last_name: String,
    }
}

pub(super) async fn page(tx: &mut Tx, after: i64, limit: u32) -> sqlx::Result<Vec<Noted>> {
    in_tx!(tx, conn => sqlx::query_as(
        "select number, words, email, first_name, last_name from user_search join users on users.id = user_id
         where number > $1 order by number limit $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await)
}

pub(super) async fn replace(tx: &mut Tx, number: i64, words: &str) -> sqlx::Result<()> {
    in_tx!(tx, conn => sqlx::query("update user_search set words = $2 where number = $1")
        .bind(number)
        .bind(words)
        .execute(conn)
        .await
        .map(drop))
}

/// Without a user, inserts a row that `remove_pretended` removes.
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
