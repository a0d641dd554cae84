//! The statements of a refresh for several sessions at once.

use sqlx::{FromRow, Postgres, QueryBuilder, Sqlite};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Session;
use super::store::joined_columns;
use crate::db::Db;
use crate::users::{self, User};

/// A session as the next generation has it.
#[derive(Clone)]
pub(super) struct Advance {
    pub(super) session: Session,
    /// What `refresh_due_at` was before.
    pub(super) was_due_at: i64,
    /// Without it, the stored address and user agent are erased.
    pub(super) device: Option<Device>,
}

#[derive(Clone)]
pub(super) struct Device {
    pub(super) ip: Option<String>,
    pub(super) user_agent: Option<String>,
}

macro_rules! with_holders {
    ($condition:literal) => {
        concat!(
            "select holder.*, ",
            joined_columns!(),
            " from sessions s join (select ",
            users::columns!(),
            " from users) holder on holder.id = s.user_id where s.id ",
            $condition,
        )
    };
}

/// In no order; without those that are gone.
pub(super) async fn with_holders(db: &Db, ids: &[Uuid]) -> sqlx::Result<Vec<(Session, User)>> {
    match db {
        Db::Sqlite(file) => {
            let mut query = QueryBuilder::<Sqlite>::new(with_holders!("in ("));
            let mut list = query.separated(", ");
            for id in padded(ids) {
                list.push_bind(*id);
            }
            query.push(")");
            let rows = query.build().fetch_all(&file.readers).await?;
            rows.iter().map(|row| Ok((Session::joined(row)?, User::from_row(row)?))).collect()
        }
        Db::Postgres(pool) => {
            let rows = sqlx::query(with_holders!("= any($1)")).bind(ids).fetch_all(pool).await?;
            rows.iter().map(|row| Ok((Session::joined(row)?, User::from_row(row)?))).collect()
        }
    }
}

/// As `store::advance`, for sessions that differ. Returns those that were advanced. On PostgreSQL a locked row is left
/// out: waiting for one would delay the others, and two such statements could wait for each other.
pub(super) async fn advance(db: &Db, all: &[Advance]) -> sqlx::Result<Vec<Uuid>> {
    let ids: Vec<(Uuid,)> = match db {
        Db::Sqlite(file) => {
            let mut query = QueryBuilder::<Sqlite>::new(
                "update sessions
                 set generation = generation + 1, superseded = next.column2, claims = next.column3,
                     refreshed_at = next.column4, expires_at = next.column5,
                     ip = case when next.column6 then coalesce(next.column7, ip) end,
                     user_agent = case when next.column6 then coalesce(next.column8, user_agent) end,
                     rotated_by = next.column9, refresh_due_at = next.column10
                 from (",
            );
            query.push_values(padded(all), |mut row, Advance { session, was_due_at, device }| {
                row.push_bind(session.id)
                    .push_bind(&session.superseded)
                    .push_bind(&session.claims)
                    .push_bind(session.refreshed_at)
                    .push_bind(session.expires_at)
                    .push_bind(device.is_some())
                    .push_bind(device.as_ref().and_then(|device| device.ip.as_deref()))
                    .push_bind(device.as_ref().and_then(|device| device.user_agent.as_deref()))
                    .push_bind(&session.rotated_by)
                    .push_bind(session.refresh_due_at)
                    .push_bind(session.generation - 1)
                    .push_bind(was_due_at);
            });
            query.push(
                ") next
                 where sessions.id = next.column1 and generation = next.column11 and refresh_due_at = next.column12
                   and ended_at is null and refreshable
                 returning sessions.id",
            );
            query.build_query_as().fetch_all(&file.writer).await?
        }
        Db::Postgres(pool) => {
            let sessions = || all.iter().map(|advance| &advance.session);
            let device = |part: fn(&Device) -> Option<&str>| -> Vec<Option<&str>> {
                all.iter().map(|advance| advance.device.as_ref().and_then(part)).collect()
            };
            sqlx::query_as::<Postgres, _>(
                "with next as materialized (
                   select s.id, n.superseded, n.claims, n.refreshed_at, n.expires_at, n.known, n.ip, n.user_agent,
                          n.rotated_by, n.due_at
                   from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bool[],
                     $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[])
                     as n (id, superseded, claims, refreshed_at, expires_at, known, ip, user_agent, rotated_by, due_at,
                           generation, was_due_at)
                   join sessions s on s.id = n.id and s.generation = n.generation and s.refresh_due_at = n.was_due_at
                   where s.ended_at is null and s.refreshable
                   for update of s skip locked)
                 update sessions
                 set generation = generation + 1, superseded = next.superseded, claims = next.claims,
                     refreshed_at = next.refreshed_at, expires_at = next.expires_at,
                     ip = case when known then coalesce(next.ip, sessions.ip) end,
                     user_agent = case when known then coalesce(next.user_agent, sessions.user_agent) end,
                     rotated_by = next.rotated_by, refresh_due_at = next.due_at
                 from next where sessions.id = next.id
                 returning sessions.id",
            )
            .bind(sessions().map(|session| session.id).collect::<Vec<Uuid>>())
            .bind(sessions().map(|session| session.superseded.as_str()).collect::<Vec<_>>())
            .bind(sessions().map(|session| session.claims.as_str()).collect::<Vec<_>>())
            .bind(sessions().map(|session| session.refreshed_at).collect::<Vec<OffsetDateTime>>())
            .bind(sessions().map(|session| session.expires_at).collect::<Vec<OffsetDateTime>>())
            .bind(all.iter().map(|advance| advance.device.is_some()).collect::<Vec<bool>>())
            .bind(device(|device| device.ip.as_deref()))
            .bind(device(|device| device.user_agent.as_deref()))
            .bind(sessions().map(|session| session.rotated_by.as_deref()).collect::<Vec<_>>())
            .bind(sessions().map(|session| session.refresh_due_at).collect::<Vec<i64>>())
            .bind(sessions().map(|session| session.generation - 1).collect::<Vec<i64>>())
            .bind(all.iter().map(|advance| advance.was_due_at).collect::<Vec<i64>>())
            .fetch_all(pool)
            .await?
        }
    };
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Repeats the last item up to a power of two, so that SQLite prepares a few statements instead of one for each count.
fn padded<T>(items: &[T]) -> impl Iterator<Item = &T> {
    let count = items.len().next_power_of_two();
    items.iter().chain(items.last().into_iter().cycle()).take(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_come_in_few_sizes() {
        let sizes: std::collections::BTreeSet<_> = (1..=32).map(|count| padded(&vec![0; count]).count()).collect();
        assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32]);
        assert_eq!(padded(&[1, 2, 3]).collect::<Vec<_>>(), [&1, &2, &3, &3]);
    }
}
