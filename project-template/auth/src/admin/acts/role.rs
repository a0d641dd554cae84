use axum::http::StatusCode;

use super::super::store;
use super::{Act, Acting};
use crate::account;
use crate::audit::{Event, Kind};
use crate::error::{Error, Result};
use crate::sessions;
use crate::users::{self, role};

pub(super) const ACT: Act =
    Act { name: "role", is_dangerous: true, fields: &["role"], perform: |acting| Box::pin(perform(acting)) };

async fn perform(acting: &Acting<'_>) -> Result<()> {
    let (auth, user) = (acting.auth, acting.user);
    let level = acting.fields.typed("role").unwrap_or_default().parse().ok();
    let level = level.filter(|level| (role::USER..=role::SUPERUSER).contains(level));
    let level: i64 = level.ok_or_else(|| Error::field("role", "There is no such role."))?;
    acting.require_member()?;
    let mut tx = auth.db().begin().await?;
    users::hold_superusers(&mut tx).await?;
    let before = acting.hold(&mut tx).await?;
    if !store::may_give(&mut tx, acting.admin, level).await? {
        let detail = "Nobody can give a role above their own.";
        return Err(Error::refused(StatusCode::FORBIDDEN, detail, "permission_denied"));
    }
    if level < role::SUPERUSER {
        users::protect_last_superuser(&mut tx, user.id).await?;
    }
    users::set_role(&mut tx, user.id, level, auth.now()).await?;
    let change = format!("{before} to {level}");
    auth.audit().write(&mut tx, Event::of(Kind::RoleChanged, user).because(change)).await?;
    let is_promotion = level >= role::STAFF && level > before;
    let ended = if is_promotion { account::secure_promoted(auth, &mut tx, user).await? } else { None };
    // Access tokens carry the old role; a refresh issues one with the new role.
    match sessions::take_back_access(auth, &mut tx, user.id).await? {
        Some(taken_back) => taken_back.and(ended).commit(auth, tx).await,
        None => Err(Error::not_found()),
    }
}
