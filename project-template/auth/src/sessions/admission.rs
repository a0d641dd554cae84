//! Who may have a session at all.

use crate::Auth;
use crate::error::{Result, refusals};
use crate::users::User;

/// Refuses an account that must be verified before it may do anything.
///
/// # Errors
/// 401 `email_not_verified`.
pub(crate) fn require(auth: &Auth, user: &User) -> Result<()> {
    if user.email_verified || !auth.settings().email_verification.is_mandatory() {
        return Ok(());
    }
    Err(EmailNotVerified.into())
}

refusals! {
    /// The credential is good, but the e-mail address was not confirmed yet.
    EmailNotVerified = UNAUTHORIZED, "email_not_verified", "E-mail address is not verified.";
}
