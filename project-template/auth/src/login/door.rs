//! Lets the application begin sessions for users that it has authenticated itself.

use super::{Terms, complete};
use crate::Auth;
use crate::error::{Result, refusals};
use crate::http::Client;
use crate::sessions::{Proof, SignIn};
use crate::users::User;

refusals! {
    /// The account is deactivated, or has changed since it was read.
    NotAdmitted = UNAUTHORIZED, "not_admitted", "This account cannot sign in.";
}

impl Auth {
    /// Begins a session for a user who was authenticated another way, such as by a provider of yours. `name` names that
    /// way: the audit log records it, and [`Hooks::before_login`](crate::Hooks::before_login) sees it.
    ///
    /// The rules of other ways to sign in apply: the account must be active and, where that is mandatory, verified;
    /// hooks are asked; devices are counted, and their owner is notified of a new one.
    ///
    /// ```
    /// use auth::sessions::Delivery;
    /// use auth::http::Client;
    /// use auth::{Auth, Error, Result, users};
    /// use axum::extract::{Query, State};
    /// use axum::http::StatusCode;
    /// use axum::response::Response;
    /// use serde_json::json;
    ///
    /// /// Where a provider sends people back to.
    /// async fn callback(State(auth): State<Auth>, client: Client, delivery: Delivery, code: Query<String>) -> Result<Response> {
    ///     let address = address_vouched_for(&code).await?;
    ///     let user = users::by_email(&auth, &address).await?.ok_or_else(Error::not_found)?;
    ///     let sign_in = auth.sign_in(&user, &client, "example.com").await?;
    ///     Ok(sign_in.answer(&auth, delivery, StatusCode::OK, json!({})))
    /// }
    ///
    /// async fn address_vouched_for(code: &str) -> anyhow::Result<String> {
    ///     // … the code for an ID token, its signature, issuer, audience, nonce, and whether `email_verified` is true
    /// #   Ok(code.to_owned())
    /// }
    /// ```
    ///
    /// # Errors
    /// 401 `not_admitted` if the account is deactivated or has just changed; 401 `email_not_verified`; 403
    /// `too_many_devices`; the error of a hook that refuses.
    pub async fn sign_in(&self, user: &User, client: &Client, name: &'static str) -> Result<SignIn> {
        let terms = Terms { proof: Proof::Application(name), forgotten: false };
        Ok(complete(self, user, client, terms).await?.ok_or(NotAdmitted)?)
    }
}
