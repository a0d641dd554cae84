//! `login/passkey/`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::routes::PasskeyOptions;
use super::sign_in::{self, PasskeyRefused};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::Throttled;
use crate::http::{Client, Fields};
use crate::metrics::Way;
use crate::openapi::{Api, at, bodies, routes};
use crate::sessions::{self, Delivery, EmailNotVerified, Prefer, SignIn, Tokens, TooManyDevices};
use crate::throttle::Action;

pub(super) fn router() -> Api {
    at(at(Api::default(), routes!(begin)), routes!(login))
}

bodies! {
    /// A browser's response to the options.
    #[schema(example = json!({
        "challenge_id": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o",
        "credential": {
            "type": "public-key", "id": "bZULJB3slAOynELBOy0KPg", "rawId": "bZULJB3slAOynELBOy0KPg",
            "response": {
                "clientDataJSON": "e30", "authenticatorData": "oA", "signature": "oA", "userHandle": "AZmj7x98fDGaQw4vihttIA",
            },
            "clientExtensionResults": {},
        },
    }))]
    struct PasskeySignIn {
        challenge_id: String,
        /// `AuthenticationResponseJSON`: what `toJSON()` of the credential returns.
        #[schema(value_type = Object)]
        credential: Value,
        /// As at `login/`.
        #[schema(required = false)]
        remember: bool,
    }
}

/// Begins a sign-in with a passkey.
///
/// The options list no passkeys: the browser offers the user those it has of this site.
#[utoipa::path(
    post, path = "/login/passkey/options/", operation_id = "beginPasskeyLogin", tag = "Passkeys",
    responses(
        (status = 200, description = "The options for `navigator.credentials.get()`.", body = PasskeyOptions),
        Throttled,
    ),
)]
async fn begin(State(auth): State<Auth>, client: Client) -> Result<Response> {
    auth.throttle().limit_client(Action::LoginPasskeyOptions, &client).await?;
    let begun = sign_in::begin(&auth).await?;
    Ok(Json(json!({ "challenge_id": begun.challenge, "options": begun.options })).into_response())
}

/// Signs in with a passkey.
///
/// The authenticator has verified its user, so this is two factors in one, and no other is asked for.
#[utoipa::path(
    post, path = "/login/passkey/", operation_id = "loginWithPasskey", tag = "Passkeys", request_body = PasskeySignIn,
    params(Prefer),
    responses(
        (status = 200, description = "Signed in.", body = Tokens),
        PasskeyRefused,
        EmailNotVerified,
        TooManyDevices,
        Throttled,
    ),
)]
async fn login(State(auth): State<Auth>, client: Client, delivery: Delivery, fields: Fields) -> Result<Response> {
    let sign_in = sign_in(&auth, &client, fields).await;
    auth.metrics().sign_in(Way::Passkey, SignIn::outcome(sign_in.as_ref()));
    Ok(sign_in?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

async fn sign_in(auth: &Auth, client: &Client, mut fields: Fields) -> Result<SignIn> {
    auth.throttle().limit_client(Action::LoginPasskey, client).await?;
    let challenge = fields.text("challenge_id");
    let credential = fields.object("credential");
    let forgotten = sessions::is_forgotten(&mut fields).unwrap_or_default();
    let (challenge, credential) = fields.finish_with(challenge.zip(credential))?;
    let assertion = sign_in::check(auth, &challenge, credential).await?;
    sign_in::complete(auth, client, &assertion, forgotten).await
}
