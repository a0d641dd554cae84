use time::OffsetDateTime;

use super::Db;
use crate::on;

/// Rows that are removed some time after they were made. `expiring!` names the table.
pub(crate) struct Expiring {
    pub(crate) remove: &'static str,
    pub(crate) count: &'static str,
}

/// The rows of a table, by a key of its own and the time from which on they may go.
macro_rules! expiring {
    ($table:literal, $key:literal, $time:literal) => {
        $crate::db::Expiring {
            remove: concat!(
                "delete from ",
                $table,
                " where ",
                $key,
                " in (select ",
                $key,
                " from ",
                $table,
                " where ",
                $time,
                " <= $1 order by ",
                $time,
                " limit $2)",
            ),
            count: concat!("select count(*) from ", $table, " where ", $time, " <= $1"),
        }
    };
}

pub(crate) use expiring;

impl Expiring {
    /// Removes rows whose time has come, oldest first and at most `limit`. Returns how many.
    pub(crate) async fn remove(&self, db: &Db, now: OffsetDateTime, limit: u32) -> sqlx::Result<u64> {
        let query = self.remove;
        Ok(on!(db, pool => sqlx::query(query).bind(now).bind(i64::from(limit)).execute(pool).await?.rows_affected()))
    }

    /// How many [`Expiring::remove`] would remove, without a limit.
    pub(crate) async fn count(&self, db: &Db, now: OffsetDateTime) -> sqlx::Result<u64> {
        let query = self.count;
        let (count,): (i64,) = on!(db, pool => sqlx::query_as(query).bind(now).fetch_one(pool).await?);
        Ok(count.unsigned_abs())
    }
}
