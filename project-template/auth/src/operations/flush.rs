//! Removes what has expired, a few rows at a time so that nobody waits for it.

use serde::Serialize;

use crate::app::Auth;
use crate::{codes, sessions};

/// Rows removed by one statement.
const BATCH: u32 = 500;

/// How many rows of each kind were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Flushed {
    /// Sessions that ran out.
    pub(crate) sessions: u64,
    /// One-time links and codes.
    pub(crate) codes: u64,
}

/// Removes everything that has expired.
pub(crate) async fn flush(auth: &Auth) -> sqlx::Result<Flushed> {
    let now = auth.now();
    let mut flushed = Flushed::default();
    loop {
        let removed = sessions::store::remove_expired(auth.db(), now, BATCH).await?;
        let codes = codes::remove_expired(auth.db(), now, BATCH).await?;
        flushed.sessions += removed;
        flushed.codes += codes;
        if removed.max(codes) < u64::from(BATCH) {
            return Ok(flushed);
        }
        tokio::task::yield_now().await;
    }
}

/// What [`flush`] would remove.
pub(crate) async fn expired(auth: &Auth) -> sqlx::Result<Flushed> {
    let (db, now) = (auth.db(), auth.now());
    Ok(Flushed {
        sessions: sessions::store::count_expired(db, now).await?,
        codes: codes::count_expired(db, now).await?,
    })
}
