//! `registration/`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde_json::json;

use crate::app::{Auth, at};
use crate::db;
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::login;
use crate::passwords;
use crate::sessions::Delivery;
use crate::users::{self, NAME_LIMIT, NewUser, role};

pub(crate) fn router() -> Router<Auth> {
    at(Router::new(), "/registration/", post(register))
}

/// Makes an account and signs it in.
async fn register(State(auth): State<Auth>, client: Client, delivery: Delivery, fields: Fields) -> Result<Response> {
    if !auth.settings().registration.open {
        return Err(Error::not_found());
    }
    let new = read(&auth, fields).await?;
    let user = users::store::insert(auth.db(), &new, auth.now()).await.map_err(|error| {
        if db::is_taken(&error) {
            Error::field("email", "A user is already registered with this e-mail address.")
        } else {
            error.into()
        }
    })?;
    tracing::info!(user = %user.id, "registered");
    let gone = || Error::refused(StatusCode::CONFLICT, "The account was changed at the same time.", "conflict");
    let issued = login::complete(&auth, &user, &client).await?.ok_or_else(gone)?;
    Ok(delivery.answer(&auth, StatusCode::CREATED, issued, json!({})))
}

async fn read(auth: &Auth, mut fields: Fields) -> Result<NewUser> {
    let settings = auth.settings();
    let email = fields.email("email");
    let first_name = name(&mut fields, "first_name", settings.registration.require_names);
    let last_name = name(&mut fields, "last_name", settings.registration.require_names);
    let address = email.as_ref().map_or("", |email| email.as_written());
    let about = users::attributes(address, &first_name, &last_name);
    let names = ("password1", "password2");
    let password =
        passwords::read_new(&mut fields, names, names.0, "non_field_errors", &settings.password.policy, &about);
    fields.finish()?;
    let (Some(email), Some(password)) = (email, password) else { return Err(Error::not_found()) };
    Ok(NewUser {
        email,
        password_hash: Some(auth.passwords().hash(password).await?),
        first_name,
        last_name,
        role: role::USER,
        email_verified: false,
    })
}

fn name(fields: &mut Fields, field: &'static str, required: bool) -> String {
    let name = fields.optional_text(field, NAME_LIMIT);
    if required && !fields.has(field) {
        fields.problem(field, crate::http::REQUIRED);
    } else if required && name.as_deref() == Some("") {
        fields.problem(field, crate::http::BLANK);
    }
    name.unwrap_or_default()
}
