//! A session with two factors as an argument of a handler.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::CurrentUser;
use super::authentication::Method;
use crate::Auth;
use crate::error::{Error, Result, refusals};

refusals! {
    /// The session began without a second factor.
    SecondFactorRequired = FORBIDDEN, "second_factor_required",
        "Sign in with a second factor, then repeat this.";
}

/// A signed-in user who proved who they are by two factors, as the claim `amr` of the token says. Other users get 403
/// `second_factor_required`.
///
/// ```no_run
/// use auth::SecondFactor;
///
/// async fn pay_out(user: SecondFactor) -> String {
///     format!("user {} is known by two factors", user.id())
/// }
/// # axum::Router::<auth::Auth>::new().route("/pay-out/", axum::routing::post(pay_out));
/// ```
#[derive(Clone, Debug)]
pub struct SecondFactor(CurrentUser);

impl std::ops::Deref for SecondFactor {
    type Target = CurrentUser;

    fn deref(&self) -> &CurrentUser {
        &self.0
    }
}

impl FromRequestParts<Auth> for SecondFactor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self> {
        let user = CurrentUser::from_request_parts(parts, auth).await?;
        if user.methods().any(|method| method == Method::Several.name()) {
            return Ok(Self(user));
        }
        Err(SecondFactorRequired.into())
    }
}
