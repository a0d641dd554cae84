use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Verdict, is_own, nfc::nfc, read_new};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes;
use crate::error::shared::{Conflict, Throttled};
use crate::error::{Error, Result};
use crate::http::{Client, Fields};
use crate::languages::say;
use crate::notices;
use crate::openapi::{Api, at, bodies, routes};
use crate::sessions::{self, Admitted, DbUser, Delivery, Ended, EndedBy, Prefer};
use crate::throttle;
use crate::users::User;

const UNCHANGED: &str = "The new password must be different from the old one.";

pub(crate) fn router() -> Api {
    at(Api::default(), routes!(change))
}

bodies! {
    /// The current password and a new one.
    #[schema(example = json!({
        "old_password": "correct horse battery staple",
        "new_password1": "a new horse and a new battery",
        "new_password2": "a new horse and a new battery",
    }))]
    struct PasswordChange {
        /// Required unless `password.old_password_required` is off.
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        old_password: String,
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        new_password1: String,
        /// The same again.
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        new_password2: String,
    }

    /// The password has been changed. The tokens are those of a new session; they are missing if
    /// `password.logout_on_change` is off, where the session continues.
    #[schema(example = json!({
        "detail": "New password has been saved.",
        "access": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
        "expires_in": 1800,
    }))]
    struct PasswordChanged {
        detail: String,
        /// To be sent as `Authorization: Bearer`.
        #[schema(required = false)]
        access: String,
        /// Seconds until the access token expires.
        expires_in: u32,
        /// To be exchanged at `refresh/`; missing if it is in the cookie.
        #[schema(required = false)]
        refresh: String,
    }
}

/// Sets a new password. The session goes on under a new id, the others end.
///
/// If `password.logout_on_change` is off, all sessions continue as they are.
#[utoipa::path(
    post, path = "/password/change/", operation_id = "changePassword", tag = "Passwords", request_body = PasswordChange,
    params(Prefer), security(("bearer" = [])),
    responses((status = 200, description = "The password is changed.", body = PasswordChanged), Conflict, Throttled),
)]
async fn change(
    State(auth): State<Auth>,
    user: DbUser,
    client: Client,
    delivery: Delivery,
    mut fields: Fields,
) -> Result<Response> {
    let settings = &auth.settings().password;
    let is_asked = settings.old_password_required || fields.has("old_password");
    let old = if is_asked { fields.secret("old_password") } else { None };
    let names = ("new_password1", "new_password2");
    let new = read_new(&auth, &mut fields, names, names.1, names.1, &user.attributes());
    let old_matches = match &old {
        Some(old) => Some(is_own(&auth, &user, &client, old.clone(), Reason::PasswordChange).await?),
        None => None,
    };
    if old_matches == Some(false) {
        fields.problem("old_password", "Your old password was entered incorrectly. Please enter it again.");
    }
    if let (Some(old), Some(new), Some(true)) = (&old, &new, old_matches)
        && *nfc(old.expose_secret()) == *nfc(new.expose_secret())
    {
        fields.problem("new_password2", UNCHANGED);
    }
    let new = fields.finish_with(new.filter(|_| !is_asked || old_matches == Some(true)))?;

    let is_unchanged = old.is_none() && is_password_of(&auth, &user, new.clone()).await?;
    let hash = auth.passwords().hash(new).await?;
    let admitted =
        if settings.logout_on_change { Some(Admitted::again(&auth, &user, old.is_some()).await?) } else { None };
    let remembered = sessions::is_remembered(&auth, user.session).await?;
    // If an attacker who does not own the address may know the current password, this request may be theirs too.
    let proven = if user.password_hash.is_some() { user.password_proven } else { user.email_verified };
    let mut tx = auth.db().begin().await?;
    let now = auth.now();
    let Some(updated) = user.set_password(&mut tx, (&hash, proven), now).await? else {
        return Err(Conflict.into());
    };
    // Another request may have ended the session while passwords were hashed.
    if !sessions::is_live(&auth, &mut tx, user.session).await? {
        return Err(sessions::session_over());
    }
    codes::forget_all(&mut tx, user.id).await?;
    throttle::forgive(&mut tx, updated.email.key()).await?;
    notices::password_changed(&auth, &mut tx, &updated).await?;
    let (ended, issued) = match &admitted {
        Some(admitted) => {
            let ended = sessions::end_all(&auth, &mut tx, user.id, None, EndedBy::PasswordChange).await?;
            if !ended.contains(user.session) {
                return Err(sessions::session_over());
            }
            (ended, Some(sessions::start(&auth, &mut tx, &updated, admitted, &client, remembered).await?))
        }
        None => (Ended::default(), None),
    };
    let session = issued.as_ref().map_or(user.session, |issued| issued.session);
    auth.audit().write(&mut tx, Event::of(Kind::PasswordChanged, &updated).session(session)).await?;
    // Without the old password, this answer reveals whether a guess at it was right. It comes last, where any other
    // password would have replaced the old one: an attacker in an open session gets a single guess.
    if is_unchanged {
        return Err(Error::field("new_password2", UNCHANGED));
    }
    ended.commit(&auth, tx).await?;
    let body = json!({ "detail": say("New password has been saved.") });
    Ok(match issued {
        Some(issued) => delivery.answer(&auth, StatusCode::OK, issued, body),
        None => Json(body).into_response(),
    })
}

async fn is_password_of(auth: &Auth, user: &User, password: SecretString) -> Result<bool> {
    Ok(auth.passwords().verify(password, user.password_hash.clone()).await? != Verdict::Wrong)
}
