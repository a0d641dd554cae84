//! Setting a new password with a mailed link, by a program or in the built-in pages.

mod pages;
mod reset;
mod routes;

pub(crate) use pages::{CAPABILITY_COOKIE, CSRF_COOKIE, public_router, security_scheme};
pub(crate) use reset::{by_command, request};
pub(crate) use routes::router;
