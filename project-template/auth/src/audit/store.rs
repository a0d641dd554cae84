use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{AuditRow, Kind};
use crate::db::{Db, Expiring, Tx, expiring};
use crate::{in_tx, on};

pub(super) const EXPIRING: Expiring = expiring!("audit", "id", "at");

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) kind: Option<Kind>,
    pub(crate) user: Option<Uuid>,
    pub(crate) actor: Option<Uuid>,
}

/// The statement names only the columns it filters by, so that an index fits it.
pub(super) async fn page(db: &Db, filter: &Filter, before: Uuid, limit: u32) -> sqlx::Result<Vec<AuditRow>> {
    let one_of = |is_asked: bool, condition: &str, parameter: &str| {
        // Every parameter must occur: PostgreSQL cannot infer the type of an unused one.
        if is_asked { format!("{condition} = {parameter}") } else { format!("{parameter} is null") }
    };
    // `coalesce` keeps SQLite from using the index of the kind: an account has few rows, a kind many.
    let kind = if filter.user.is_some() || filter.actor.is_some() { "coalesce(kind, '')" } else { "kind" };
    let statement = format!(
        "select id, at, kind, request_id, user_id, session_id, actor_id, email, ip, detail, count from audit
         where id < $1 and {} and {} and {} order by id desc limit $5",
        one_of(filter.kind.is_some(), kind, "$2"),
        one_of(filter.user.is_some(), "user_id", "$3"),
        one_of(filter.actor.is_some(), "actor_id", "$4"),
    );
    on!(db, pool => sqlx::query_as(AssertSqlSafe(statement))
        .bind(before)
        .bind(filter.kind.map(Kind::name))
        .bind(filter.user)
        .bind(filter.actor)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
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

/// Leaves out the addresses if the account has been deleted meanwhile.
pub(super) async fn insert(db: &Db, row: &AuditRow) -> sqlx::Result<()> {
    on!(db, pool => insert!(
        row,
        pool,
        "case when $5 is null or exists (select 1 from users where id = $5) then $8 end",
        "case when $5 is null or exists (select 1 from users where id = $5) then $9 end"
    ))
}

pub(super) async fn insert_in(tx: &mut Tx, row: &AuditRow) -> sqlx::Result<()> {
    in_tx!(tx, conn => insert!(row, conn, "$8", "$9"))
}

/// Also the IP addresses of rows that the account caused for others.
pub(super) async fn forget(tx: &mut Tx, user: Uuid) -> sqlx::Result<()> {
    for statement in [
        "update audit set email = null, ip = null where user_id = $1",
        "update audit set ip = null where actor_id = $1",
    ] {
        in_tx!(tx, conn => sqlx::query(statement).bind(user).execute(conn).await.map(drop))?;
    }
    Ok(())
}
