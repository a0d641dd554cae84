//! Changes of a signed-in user to their second factor.

use secrecy::SecretString;

use super::{MfaRequired, PasswordWrong, code};
use crate::Auth;
use crate::audit::Reason;
use crate::error::Result;
use crate::factors::{self, NotEnrolled, Presented, Renewal, Right};
use crate::http::{Client, Fields};
use crate::passwords;
use crate::sessions::{self, DbUser, EndedBy};
use crate::users::{self, User};

/// Removes the second factor of a user who enters their password; without a password, a code. Ends their other sessions.
///
/// # Errors
/// 400 if the password or the code is wrong, or there is no second factor; 403 if there must be one; 429 after too many
/// wrong ones.
pub(super) async fn deactivate(auth: &Auth, user: &DbUser, client: &Client, fields: Fields) -> Result<()> {
    require_removable(auth, user)?;
    let right = proven(auth, user, client, fields).await?;
    match remove(auth, user, right.as_ref()).await {
        Ok(true) => Ok(()),
        Ok(false) => match right {
            Some(right) => Err(right.was_used(auth).await?),
            None => Err(NotEnrolled.into()),
        },
        Err(error) => {
            if let Some(right) = right {
                right.keep(auth).await?;
            }
            Err(error)
        }
    }
}

fn require_removable(auth: &Auth, user: &User) -> Result<()> {
    if auth.settings().mfa.is_required_of(user.role) { Err(MfaRequired.into()) } else { Ok(()) }
}

/// As [`deactivate`], for a user who has proven who they are just before.
///
/// # Errors
/// 400 if there is no second factor; 403 if there must be one; 401 if the session has ended.
pub(crate) async fn remove_proven(auth: &Auth, user: &DbUser) -> Result<()> {
    require_removable(auth, user)?;
    if remove(auth, user, None).await? { Ok(()) } else { Err(NotEnrolled.into()) }
}

/// Checks the password; for an account without one, a code, which is returned to be used up.
async fn proven(auth: &Auth, user: &DbUser, client: &Client, mut fields: Fields) -> Result<Option<Right>> {
    if user.password_hash.is_none() {
        let code = code(&mut fields);
        let code = Presented::Code(fields.finish_with(code)?);
        return factors::of_session(auth, user, code).await.map(Some);
    }
    if fields.has("code") {
        code(&mut fields);
    }
    let password: Option<SecretString> = fields.secret("password");
    let password = fields.finish_with(password)?;
    if passwords::is_own(auth, user, client, password, Reason::SecondFactor).await? {
        return Ok(None);
    }
    Err(PasswordWrong.into())
}

/// False if the account has no second factor, or another request used the code first.
async fn remove(auth: &Auth, user: &DbUser, right: Option<&Right>) -> Result<bool> {
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    // Another request ended the session while the password was checked, so this one has lost its credential.
    if !sessions::is_live(auth, &mut tx, user.session).await? {
        return Err(sessions::session_over());
    }
    let is_ours = match right {
        Some(right) => right.spend(auth, &mut tx).await?,
        None => true,
    };
    if !is_ours || !factors::remove(auth, &mut tx, user).await? {
        return Ok(false);
    }
    let ended = sessions::end_all(auth, &mut tx, user.id, Some(user.session), EndedBy::SecondFactor).await?;
    ended.commit(auth, tx).await?;
    Ok(true)
}

/// Replaces the recovery codes.
///
/// # Errors
/// 400 if there is no second factor; 401 if the session has ended.
pub(crate) async fn renew_recovery_codes(auth: &Auth, user: &DbUser) -> Result<Renewal> {
    let renewal = factors::other_recovery_codes(auth, user).await?;
    let mut tx = auth.db().begin().await?;
    users::hold(&mut tx, user.id).await?;
    if !sessions::is_live(auth, &mut tx, user.session).await? {
        return Err(sessions::session_over());
    }
    factors::renew(auth, &mut tx, user, &renewal).await?;
    tx.commit().await?;
    Ok(renewal)
}
