//! What makes a stolen token worth less, and too many sessions fewer: settings that are off by default.

mod binding;
mod browser_mode;
mod sealed_tokens;

use auth::Auth;
use axum::Router;

/// An application that has the authentication routes and no others.
fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}
