//! What goes with a role that reaches others: a stranger who shares the account is to have none of it.

use uuid::Uuid;

use crate::Auth;
use crate::audit::{self, Event, Kind, Reason};
use crate::codes;
use crate::db::Tx;
use crate::error::Result;
use crate::passwords::reset_link;
use crate::sessions::{self, Ended, EndedBy};
use crate::users::{User, store};

/// Makes an account that is there already one of this role, by a command. All its sessions end; its password is the one
/// that is given, or its owner sets one with a link that is mailed. None if the account changed at the same time.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn promote(auth: &Auth, user: &User, role: i64, hash: Option<&str>) -> Result<Option<User>> {
    let mut tx = auth.db().begin().await?;
    let Some(promoted) = store::promote(&mut tx, user, (role, hash), auth.now()).await? else { return Ok(None) };
    audit::record(auth, &mut tx, Event::of(Kind::RoleChanged, user).because(Reason::Command)).await?;
    codes::forget_all(&mut tx, user.id).await?;
    let ended = sessions::end_all(auth, &mut tx, user.id, None, EndedBy::Promotion).await?;
    if hash.is_none() {
        reset_link::send(auth, &mut tx, &promoted).await?;
    }
    ended.commit(auth, tx).await?;
    Ok(Some(promoted))
}

/// Takes the password of an account that has got such a role, and ends its sessions, if a stranger may know it; its owner
/// is mailed a link to set another. The transaction is then to be committed with the sessions that end.
///
/// # Errors
/// If the database cannot be reached.
pub(crate) async fn secure_promoted(auth: &Auth, tx: &mut Tx, user: Uuid) -> Result<Option<Ended>> {
    let Some(voided) = store::void_unproven_password(tx, user, auth.now()).await? else { return Ok(None) };
    codes::forget_all(tx, user).await?;
    let ended = sessions::end_all(auth, tx, user, None, EndedBy::Promotion).await?;
    reset_link::send(auth, tx, &voided).await?;
    Ok(Some(ended))
}
