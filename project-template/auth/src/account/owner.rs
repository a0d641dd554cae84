use crate::Auth;
use crate::audit::Reason;
use crate::error::Result;
use crate::error::refusals;
use crate::http::{Client, Fields};
use crate::passwords;
use crate::sessions::{CurrentUser, DbUser};

refusals! {
    /// The account has no password, and nobody proved within the last five minutes whose session this is.
    SignInAgain = FORBIDDEN, "sign_in_again",
        "This account has no password. Sign in again, then repeat this within five minutes.";
}

/// Without a password, such as in an account made by a mailed code, a recent proof of identity is required instead. None
/// if the password is missing or wrong; `fields` has the problem then.
pub(super) async fn prove(
    auth: &Auth,
    (user, token): (&DbUser, &CurrentUser),
    client: &Client,
    fields: &mut Fields,
    reason: Reason,
) -> Result<Option<()>> {
    if user.password_hash.is_none() {
        return if token.is_fresh(auth.now()) { Ok(Some(())) } else { Err(SignInAgain.into()) };
    }
    let Some(password) = fields.secret("password") else { return Ok(None) };
    if passwords::is_own(auth, user, client, password, reason).await? {
        return Ok(Some(()));
    }
    fields.problem("password", "Your password was entered incorrectly. Please enter it again.");
    Ok(None)
}
