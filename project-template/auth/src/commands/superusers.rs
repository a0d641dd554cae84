//! Whether `check --deploy` finds superusers without a second factor.

use crate::Settings;
use crate::db::Db;
use crate::error::in_one_line;
use crate::factors::{self, Mode};
use crate::settings::Advice;

/// A database that cannot be asked is no problem of the settings: they are also checked before it exists.
pub(super) async fn advise(settings: &Settings) -> Advice {
    let mut advice = Advice::default();
    if settings.mfa.totp == Mode::Disabled {
        return advice;
    }
    match count(settings).await {
        Ok(0) => {}
        Ok(count) => {
            let who = if count == 1 { "a superuser has".to_owned() } else { format!("{count} superusers have") };
            advice.warn(format!(
                "mfa: {who} no second factor; set one up, and set mfa.required_roles to [900, 1000], so that nobody can do \
                 without"
            ));
        }
        Err(error) => advice.notes.push(format!(
            "the database was not asked whether superusers have a second factor: {}",
            in_one_line(&error)
        )),
    }
    advice
}

async fn count(settings: &Settings) -> anyhow::Result<u64> {
    let Some(db) = Db::connect_existing(&settings.database).await? else { return Ok(0) };
    let counted = counted(&db, settings).await;
    db.close().await;
    counted
}

async fn counted(db: &Db, settings: &Settings) -> anyhow::Result<u64> {
    let pending = db.pending_migrations().await?;
    anyhow::ensure!(pending.is_empty(), "it lacks the migrations {}", pending.join(", "));
    Ok(factors::count_superusers_without(db, &settings.mfa).await?)
}
