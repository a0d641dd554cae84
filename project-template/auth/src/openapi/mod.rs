//! The description of the API (OpenAPI 3.1) and a page to read and try it.
//!
//! A handler carries its own description, `#[utoipa::path(…)]`, and [`at`] adds the route from it, so that there is no
//! route without a description and no description of another route. What a handler's description names is its own: its
//! body, its success and its refusals, each declared once with [`refusals!`](crate::error::refusals). What every request of a kind may be answered
//! is added by `app::describe`.

mod api;
mod body;
mod collection;
mod one_of;
mod page;
mod routes;

pub(crate) use api::{Api, at};
pub(crate) use body::bodies;
pub(crate) use collection::{http_file, postman};
pub(crate) use one_of::one_of;
pub(crate) use routes::router;

use axum::routing::MethodRouter;

use crate::Auth;

/// As [`at`], for what only people see: pages are not described.
pub(crate) fn page_at(api: Api, path: &str, methods: MethodRouter<Auth>) -> Api {
    api.route(path.trim_end_matches('/'), methods.clone()).route(path, methods)
}
