//! Health checks for load balancers, metrics for operators. Differs from the built-in project: there are no
//! expired rows of a database.

mod health;
mod readings;
mod routes;
mod scrape;

pub(crate) use routes::router;
pub(crate) use scrape::router as metrics_router;
