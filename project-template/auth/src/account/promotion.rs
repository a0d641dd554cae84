//! Promotion to a privileged role: an attacker who shares the account must not gain it.

use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes;
use crate::credentials;
use crate::db::Tx;
use crate::error::Result;
use crate::notices;
use crate::passwords::reset_link;
use crate::sessions::{self, Ended, EndedBy};
use crate::users::User;

pub(crate) async fn promote(auth: &Auth, user: &User, role: i64, hash: Option<&str>) -> Result<Option<User>> {
    let mut tx = auth.db().begin().await?;
    let Some(promoted) = user.promote(&mut tx, (role, hash), auth.now()).await? else { return Ok(None) };
    auth.audit().write(&mut tx, Event::of(Kind::RoleChanged, user).because(Reason::Command)).await?;
    codes::forget_all(&mut tx, user.id).await?;
    credentials::discard_unproven(auth, &mut tx, user).await?;
    let ended = sessions::end_all(auth, &mut tx, user.id, None, EndedBy::Promotion).await?;
    match hash {
        Some(_) => notices::password_changed(auth, &mut tx, &promoted).await?,
        None => reset_link::send(auth, &mut tx, &promoted).await?,
    }
    ended.commit(auth, tx).await?;
    Ok(Some(promoted))
}

/// Removes what an attacker who knows the password may have, and mails the owner a link to set another. The caller must commit
/// `tx` through the returned `Ended`. None if there was no such thing.
pub(crate) async fn secure_promoted(auth: &Auth, tx: &mut Tx, user: &User) -> Result<Option<Ended>> {
    let Some(secured) = credentials::secure(auth, tx, user, EndedBy::Promotion).await? else { return Ok(None) };
    if let Some(voided) = secured.voided {
        reset_link::send(auth, tx, &voided).await?;
    }
    Ok(Some(secured.ended))
}
