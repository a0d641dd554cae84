//! The table of events.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Db, Tx};
use crate::{in_tx, on};

crate::row! {
    /// An event as it is stored.
    #[derive(Clone, Debug)]
    pub(crate) struct Row {
        /// UUIDv7: sorts by time.
        pub(crate) id: Uuid,
        pub(crate) at: OffsetDateTime,
        pub(crate) kind: String,
        pub(crate) request_id: Option<Uuid>,
        /// Whom it concerns.
        pub(crate) user_id: Option<Uuid>,
        pub(crate) session_id: Option<Uuid>,
        /// Who did it, where that is somebody else.
        pub(crate) actor_id: Option<Uuid>,
        pub(crate) email: Option<String>,
        pub(crate) ip: Option<String>,
        pub(crate) detail: Option<String>,
        pub(crate) count: i64,
    }
}

macro_rules! insert {
    ($row:expr, $executor:expr, $email:literal, $ip:literal) => {
        sqlx::query(concat!(
            "insert into audit (id, at, kind, request_id, user_id, session_id, actor_id, email, ip, detail, count)
             values ($1, $2, $3, $4, $5, $6, $7, ",
            $email,
            ", ",
            $ip,
            ", $10, $11)",
        ))
        .bind($row.id)
        .bind($row.at)
        .bind(&$row.kind)
        .bind($row.request_id)
        .bind($row.user_id)
        .bind($row.session_id)
        .bind($row.actor_id)
        .bind(&$row.email)
        .bind(&$row.ip)
        .bind(&$row.detail)
        .bind($row.count)
        .execute($executor)
        .await
        .map(drop)
    };
}

/// Inserts a row that belongs to no transaction, and so may come when the account is gone already.
pub(super) async fn insert(db: &Db, row: &Row) -> sqlx::Result<()> {
    on!(db, pool => insert!(
        row,
        pool,
        "case when $5 is null or exists (select 1 from users where id = $5) then $8 end",
        "case when $5 is null or exists (select 1 from users where id = $5) then $9 end"
    ))
}

pub(super) async fn insert_in(tx: &mut Tx, row: &Row) -> sqlx::Result<()> {
    in_tx!(tx, conn => insert!(row, conn, "$8", "$9"))
}

/// Leaves of the rows of an account, and of those it caused as somebody else's, only ids.
pub(super) async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        "update audit set email = null, ip = null where user_id = $1",
        "update audit set ip = null where actor_id = $1",
    ] {
        in_tx!(tx, conn => sqlx::query(statement).bind(user).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// Removes the oldest rows of before a time, at most `limit`.
pub(super) async fn remove(db: &Db, before: OffsetDateTime, limit: u32) -> sqlx::Result<u64> {
    Ok(on!(db, pool => sqlx::query(
        "delete from audit where id in (select id from audit where at <= $1 order by at limit $2)",
    )
    .bind(before)
    .bind(i64::from(limit))
    .execute(pool)
    .await?
    .rows_affected()))
}

/// How many [`remove`] would remove, without a limit.
pub(super) async fn count(db: &Db, before: OffsetDateTime) -> sqlx::Result<u64> {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as("select count(*) from audit where at <= $1")
        .bind(before)
        .fetch_one(pool)
        .await?);
    Ok(count.unsigned_abs())
}
