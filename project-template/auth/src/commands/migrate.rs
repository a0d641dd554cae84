//! `migrate`.

use std::process::ExitCode;

use crate::db::Db;
use crate::settings::Settings;

/// Applies missing migrations, or says which are missing.
pub(super) async fn migrate(settings: &Settings, check: bool) -> anyhow::Result<ExitCode> {
    let db = Db::connect(&settings.database).await?;
    let pending = db.pending_migrations().await?;
    for name in &pending {
        println!("{} {name}", if check { "missing" } else { "applying" });
    }
    if pending.is_empty() {
        println!("the database is up to date");
    } else if check {
        return Ok(ExitCode::FAILURE);
    } else {
        db.migrate().await?;
    }
    db.close().await;
    Ok(ExitCode::SUCCESS)
}
