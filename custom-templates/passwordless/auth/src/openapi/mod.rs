//! The description of the API (OpenAPI 3.1) and a page to read and try it. Differs from the built-in project: there are no
//! collections of requests.
//! [`at`] adds a handler's route from its description, `#[utoipa::path(…)]`, which names its body, success and refusals
//! ([`refusals!`](crate::error::refusals)). `app::describe` adds the responses that all requests of a kind have in
//! common.

mod api;
mod body;
mod handler;
mod page;
mod routes;

pub(crate) use api::{Api, at};
pub(crate) use body::bodies;
pub(crate) use handler::{Erased, answer, handler, routes};
pub(crate) use routes::router;
