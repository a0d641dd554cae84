//! The service: your routes. Differs from the built-in project: its routes show what a token says.

use auth::{Auth, CurrentUser, Staff};
use axum::Router;
use axum::routing::get;

/// Everything this server answers.
pub fn router(auth: Auth) -> Router {
    Router::new().route("/hello/", get(hello)).route("/reports/", get(reports)).merge(auth.router()).with_state(auth)
}

/// A handler that takes a `CurrentUser` is only ever called for somebody who is signed in.
async fn hello(user: CurrentUser) -> String {
    format!("Hello, user {}!\n", user.id())
}

/// As one that takes a role is only for those who have it.
async fn reports(staff: Staff) -> String {
    format!("Reports for {}\n", staff.id())
}
