//! Whether `check --deploy` finds superusers without a second factor.

use crate::Settings;
use crate::db::Db;
use crate::error::in_one_line;
use crate::factors::{self, Mode};
use crate::settings::Advice;

/// Of the superusers, how many are named.
const LISTED: usize = 10;

/// A database that cannot be asked is no problem of the settings: they are also checked before it exists.
pub(super) async fn advise(settings: &Settings) -> Advice {
    let mut advice = Advice::default();
    if settings.mfa.totp == Mode::Disabled {
        return advice;
    }
    match without(settings).await {
        Ok(none) if none.is_empty() => {}
        Ok(who) => {
            let verb = if who.len() == 1 { "superuser has" } else { "superusers have" };
            advice.warn(format!(
                "mfa: {} {verb} no second factor: {}; set one up, and set mfa.required_roles to [900, 1000], so that nobody \
                 can do without",
                who.len(),
                listed(&who),
            ));
        }
        Err(error) => advice.notes.push(format!(
            "the database was not asked whether superusers have a second factor: {}",
            in_one_line(&error)
        )),
    }
    advice
}

fn listed(who: &[String]) -> String {
    let more = who.len().saturating_sub(LISTED);
    let named = who.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named}, and {more} more") }
}

async fn without(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let Some(db) = Db::connect_existing(&settings.database).await? else { return Ok(Vec::new()) };
    let found = found(&db, settings).await;
    db.close().await;
    found
}

async fn found(db: &Db, settings: &Settings) -> anyhow::Result<Vec<String>> {
    let pending = db.pending_migrations().await?;
    anyhow::ensure!(pending.is_empty(), "it lacks the migrations {}", pending.join(", "));
    Ok(factors::superusers_without(db, &settings.mfa).await?)
}
