//! What keeps a server running: health for load balancers, and the removal of what has expired.

mod flush;
mod routes;

pub(crate) use flush::{expired, flush};
pub(crate) use routes::router;
