//! Setting a new password with a mailed link, by a program or in the built-in pages.

mod pages;
mod reset;
mod routes;

pub(crate) use pages::{FORM, public_router};
pub(crate) use reset::{by_command, request};
pub(crate) use routes::router;
