//! The description of the API (OpenAPI 3.1) and a page to read and try it.
//! [`at`] adds a handler's route from its description, `#[utoipa::path(…)]`, which names its body, success and refusals
//! ([`refusals!`](crate::error::refusals)). `app::describe` adds the responses that all requests of a kind have in
//! common.

mod api;
mod body;
mod collection;
mod handler;
mod page;
mod routes;

pub(crate) use api::{Api, at};
pub(crate) use body::bodies;
pub(crate) use collection::{http_file, postman};
pub(crate) use handler::{Erased, answer, handler, routes};
pub(crate) use routes::router;

use axum::routing::MethodRouter;

use crate::Auth;

/// As [`at`], for HTML pages, which are not described.
pub(crate) fn page_at(api: Api, path: &str, methods: MethodRouter<Auth>) -> Api {
    api.route(path.trim_end_matches('/'), methods.clone()).route(path, methods)
}
