use super::search;
use crate::db::Db;

/// `0010_user_search` folds names with `lower`, which leaves accents, and the letters of most languages on SQLite.
const USER_SEARCH: i64 = 10;

impl Db {
    /// Applies the missing migrations, all or none; processes that start together take turns. Fails if a newer version
    /// of this program has migrated the database.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        self.migrate_with(async |tx, applied| {
            if applied.contains(&USER_SEARCH) {
                search::note_all(tx).await?;
            }
            Ok(())
        })
        .await
    }
}
