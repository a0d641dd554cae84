//! The signed-in user, and a role, as arguments of a handler. Differs from the built-in project: there are no sessions
//! here, only the token of a request.

mod bearer;
mod current_user;
mod role;

use std::sync::Arc;

use axum::http::request::Parts;

pub use current_user::{Credential, CurrentUser};
pub use role::{Role, Staff, Superuser};

use crate::Auth;
use crate::error::{Error, Result, Scheme};
use crate::tokens::AccessClaims;

/// The claims of the access token that came with a request. Whether its session lives, only its server knows.
async fn authenticated(auth: &Auth, parts: &Parts) -> Result<Arc<AccessClaims>> {
    let token = bearer::bearer(&parts.headers)?.ok_or(Error::NotAuthenticated(Scheme::Bearer))?;
    auth.tokens().verify_access(token, auth.moment()).await
}
