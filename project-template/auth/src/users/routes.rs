//! `user/`: the account of whoever asks.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::{NAME_LIMIT, User, store};
use crate::app::{Auth, at};
use crate::error::{Error, Result};
use crate::http::Fields;
use crate::passwords::Verdict;
use crate::sessions::{self, DbUser, EndedBy};

pub(crate) fn router() -> Router<Auth> {
    at(Router::new(), "/user/", get(show).patch(change).delete(remove))
}

/// An account as its owner sees it.
#[derive(Serialize)]
struct Profile {
    email: String,
    first_name: String,
    last_name: String,
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        Self { email: user.email, first_name: user.first_name, last_name: user.last_name }
    }
}

async fn show(user: DbUser) -> Json<Profile> {
    Json(user.user.into())
}

/// Changes the names. What else the body holds is not looked at: nobody gives themselves a role.
async fn change(State(auth): State<Auth>, user: DbUser, mut fields: Fields) -> Result<Json<Profile>> {
    let first = fields.optional_text("first_name", NAME_LIMIT);
    let last = fields.optional_text("last_name", NAME_LIMIT);
    fields.finish()?;
    let changed = store::set_names(auth.db(), user.id, first.as_deref(), last.as_deref(), auth.now()).await?;
    changed.map(|user| Json(user.into())).ok_or_else(Error::not_found)
}

/// Removes the account, its sessions and everything that hangs on it.
async fn remove(State(auth): State<Auth>, user: DbUser, mut fields: Fields) -> Result<StatusCode> {
    let password = fields.secret("password");
    fields.finish()?;
    let verdict = auth.passwords().verify(password.unwrap_or_default(), user.password_hash.clone()).await?;
    if verdict == Verdict::Wrong {
        return Err(Error::field("password", "Your password was entered incorrectly. Please enter it again."));
    }
    let mut tx = auth.db().begin().await?;
    let ended = sessions::end_all(&auth, &mut tx, user.id, None, EndedBy::Deletion).await?;
    if !store::delete(&mut tx, &user).await? {
        return Err(Error::refused(StatusCode::CONFLICT, "The account was changed at the same time.", "conflict"));
    }
    tx.commit().await?;
    auth.liveness().ended(ended);
    tracing::info!(user = %user.id, "account deleted");
    Ok(StatusCode::NO_CONTENT)
}
