//! The second look at whoever is signed in, before what a found session must not do.

use crate::Auth;
use crate::audit::Reason;
use crate::error::Result;
use crate::error::refusals;
use crate::http::{Client, Fields};
use crate::passwords;
use crate::sessions::{self, CurrentUser, DbUser};

refusals! {
    /// The account has no password, and the session did not begin within the last five minutes.
    SignInAgain = FORBIDDEN, "sign_in_again",
        "This account has no password. Sign in again, then repeat this within five minutes.";
}

/// Asks for the password of the account. One that has none, such as an account that a mailed code made, takes a session that
/// has just begun instead; a refresh does not make it younger. None if the password is missing or wrong, which is noted.
///
/// # Errors
/// 403 `sign_in_again`; 429 where the guesses are used up. If the database cannot be reached.
pub(super) async fn prove(
    auth: &Auth,
    (user, token): (&DbUser, &CurrentUser),
    client: &Client,
    fields: &mut Fields,
    reason: Reason,
) -> Result<Option<()>> {
    if user.password_hash.is_none() {
        let is_fresh = sessions::is_fresh(token.session_iat, auth.now());
        return if is_fresh { Ok(Some(())) } else { Err(SignInAgain.into()) };
    }
    let Some(password) = fields.secret("password") else { return Ok(None) };
    if passwords::is_own(auth, user, client, password, reason).await? {
        return Ok(Some(()));
    }
    fields.problem("password", "Your password was entered incorrectly. Please enter it again.");
    Ok(None)
}
