//! The application: your routes, beside those of the `auth` crate.

use auth::{Auth, CurrentUser};
use axum::Router;
use axum::routing::get;

/// Everything this server answers.
pub fn router(auth: Auth) -> Router {
    Router::new().route("/hello/", get(hello)).merge(auth.router()).with_state(auth)
}

/// A handler that takes a `CurrentUser` is only ever called for somebody who is signed in.
async fn hello(user: CurrentUser) -> String {
    format!("Hello, user {}!\n", user.id())
}
