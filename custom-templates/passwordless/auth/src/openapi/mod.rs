//! The description of the API (OpenAPI 3.1) and a page to read and try it. Differs from the built-in project: there are
//! no collections of requests.
//!
//! A handler carries its own description, `#[utoipa::path(…)]`, and [`at`] adds the route from it, so that there is no
//! route without a description and no description of another route.

mod api;
mod body;
mod page;
mod routes;

pub(crate) use api::{Api, at};
pub(crate) use body::bodies;
pub(crate) use routes::router;
