use std::process::ExitCode;

use super::output;
use crate::Settings;
use crate::db::Db;

pub(super) async fn migrate(settings: &Settings, check: bool) -> anyhow::Result<ExitCode> {
    // A check makes no database: of one that does not exist, every migration is missing.
    let missing = settings.database.missing().filter(|_| check);
    let db = Db::connect(missing.as_ref().unwrap_or(&settings.database)).await?;
    let is_complete = bring_up_to_date(&db, check).await;
    db.close().await;
    Ok(if is_complete? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns whether no migration is missing afterwards.
async fn bring_up_to_date(db: &Db, check: bool) -> anyhow::Result<bool> {
    let pending = db.pending_migrations().await?;
    for name in &pending {
        output::line(format_args!("{} {name}", if check { "missing" } else { "applying" }));
    }
    if pending.is_empty() {
        output::line("the database is up to date");
    } else if !check {
        db.migrate().await?;
    }
    Ok(pending.is_empty() || !check)
}
