//! Removes what has expired, a few rows at a time so that nobody waits for it.

use serde::Serialize;

use crate::app::Auth;
use crate::sessions;

/// Rows removed by one statement.
const BATCH: u32 = 500;

/// How many rows of each kind were removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Flushed {
    /// Sessions that ran out.
    pub(crate) sessions: u64,
}

/// Removes everything that has expired.
pub(crate) async fn flush(auth: &Auth) -> sqlx::Result<Flushed> {
    let now = auth.now();
    let mut flushed = Flushed::default();
    loop {
        let removed = sessions::store::remove_expired(auth.db(), now, BATCH).await?;
        flushed.sessions += removed;
        if removed < u64::from(BATCH) {
            return Ok(flushed);
        }
        tokio::task::yield_now().await;
    }
}

/// What [`flush`] would remove.
pub(crate) async fn expired(auth: &Auth) -> sqlx::Result<Flushed> {
    Ok(Flushed { sessions: sessions::store::count_expired(auth.db(), auth.now()).await? })
}
