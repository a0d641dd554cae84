//! Classifies the errors of statements, as far as the response depends on them.

use crate::error::Error;

/// The reliable check of "does it exist already?".
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let passes = is_passing(&error) || is_of_storage(&error);
        let cause = anyhow::Error::new(error).context("database");
        if passes { Self::Unavailable(cause) } else { Self::Internal(cause) }
    }
}

/// Whether the same request may soon succeed: no connection, a server that went away, a lock that was held too long.
pub(crate) fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
        _ => false,
    }
}

/// The same error for the other requests of a statement, if it concerns the connection and not the statement.
pub(super) fn copy_for_others(error: &sqlx::Error) -> Option<sqlx::Error> {
    match error {
        sqlx::Error::PoolTimedOut => Some(sqlx::Error::PoolTimedOut),
        sqlx::Error::PoolClosed => Some(sqlx::Error::PoolClosed),
        sqlx::Error::Io(error) => Some(sqlx::Error::Io(std::io::Error::new(error.kind(), error.to_string()))),
        _ => None,
    }
}

pub(crate) fn was_crowded(cause: &anyhow::Error) -> bool {
    matches!(cause.downcast_ref(), Some(sqlx::Error::PoolTimedOut))
}

/// The disk is full, read-only or broken. Reads still work, and so do writes once the disk is fixed.
fn is_of_storage(error: &sqlx::Error) -> bool {
    /// `SQLITE_READONLY`, `SQLITE_IOERR`, `SQLITE_FULL` and `SQLITE_CANTOPEN`.
    const SQLITE: [u32; 4] = [8, 10, 13, 14];
    /// A read-only transaction, as on a standby or a former primary; an I/O error.
    const POSTGRES: [&str; 2] = ["25006", "58030"];
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| POSTGRES.contains(&code.as_ref()) || is_sqlite_code(&code, &SQLITE))
}

/// PostgreSQL's codes have five characters (its manual, appendix A), SQLite's are shorter numbers.
fn is_passing_code(code: &str) -> bool {
    /// Serialization failure, deadlock, lock or statement timeout, shutdown.
    const POSTGRES: [&str; 7] = ["40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03"];
    /// `SQLITE_BUSY` and `SQLITE_LOCKED`, the low byte of their extended codes.
    const SQLITE: [u32; 2] = [5, 6];
    if code.len() == 5 {
        return POSTGRES.contains(&code) || code.starts_with("08") || code.starts_with("53");
    }
    is_sqlite_code(code, &SQLITE)
}

fn is_sqlite_code(code: &str, codes: &[u32]) -> bool {
    code.len() < 5 && code.parse::<u32>().is_ok_and(|code| codes.contains(&(code & 0xff)))
}
