//! The description of the API (OpenAPI 3.1) and a page to read and try it.
//!
//! A handler carries its own description, `#[utoipa::path(…)]`, and [`at`] adds the route from it, so that there is no
//! route without a description and no description of another route. What a handler's description names is its own: its
//! body, its success and its refusals, each declared once with [`refusals!`]. What every request of a kind may be answered
//! is added by `describe`.

mod body;
mod collection;
mod describe;
mod page;
mod refusal;
mod routes;
pub(crate) mod shared;

pub(crate) use body::bodies;
pub(crate) use collection::{http_file, postman};
pub(crate) use describe::describe;
pub(crate) use refusal::{Refusal, refusals};
pub(crate) use routes::router;

use axum::routing::MethodRouter;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::Auth;

/// Routes and their descriptions.
pub(crate) type Api = OpenApiRouter<Auth>;

/// Adds the handlers of `routes!(…)` at their canonical path, which ends in a slash, and at the same path without it: a
/// redirect would lose the body of a POST.
pub(crate) fn at(api: Api, (schemas, paths, methods): UtoipaMethodRouter<Auth>) -> Api {
    let twins: Vec<String> = paths.paths.keys().map(|path| path.trim_end_matches('/').to_owned()).collect();
    let api = twins.iter().fold(api, |api, twin| api.route(twin, methods.clone()));
    api.routes((schemas, paths, methods))
}

/// As [`at`], for what only people see: pages are not described.
pub(crate) fn page_at(api: Api, path: &str, methods: MethodRouter<Auth>) -> Api {
    api.route(path.trim_end_matches('/'), methods.clone()).route(path, methods)
}
