//! `login/`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use secrecy::SecretString;
use serde_json::json;

use super::complete;
use crate::app::{Auth, at};
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::passwords::Verdict;
use crate::sessions::Delivery;
use crate::users::{self, Email, User};

pub(crate) fn router() -> Router<Auth> {
    at(Router::new(), "/login/", post(login))
}

/// Signs in with an address and a password.
async fn login(State(auth): State<Auth>, client: Client, delivery: Delivery, mut fields: Fields) -> Result<Response> {
    let email = fields.email("email");
    let password = fields.secret("password");
    fields.finish()?;
    let (Some(email), Some(password)) = (email, password) else { return Err(incorrect()) };

    let user = verified(&auth, &email, password).await?.ok_or_else(incorrect)?;
    let issued = complete(&auth, &user, &client).await?.ok_or_else(incorrect)?;
    Ok(delivery.answer(&auth, StatusCode::OK, issued, json!({})))
}

/// One answer for an unknown address, a wrong password and a deactivated account: none of them is told apart.
fn incorrect() -> Error {
    Error::refused(StatusCode::UNAUTHORIZED, "Incorrect credentials", "incorrect_credentials")
}

/// The user with this address and password. It takes as long to find that there is none.
async fn verified(auth: &Auth, email: &Email, password: SecretString) -> Result<Option<User>> {
    let user = users::store::by_email(auth.db(), email).await?;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = auth.passwords().verify(password.clone(), stored).await?;
    let Some(user) = user.filter(|user| user.is_active && verdict != Verdict::Wrong) else {
        tracing::info!("sign-in refused");
        return Ok(None);
    };
    if verdict == Verdict::RightButOutdated {
        // A sign-in does not fail because its hash could not be renewed; the next one tries again.
        if let Ok(hash) = auth.passwords().hash(password).await {
            users::store::upgrade_hash(auth.db(), &user, &hash).await?;
        }
    }
    Ok(Some(user))
}
