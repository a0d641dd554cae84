//! `/health/live` and `/health/ready`, for load balancers; metrics, for operators.

mod health;
mod readings;
mod routes;
mod scrape;

pub(crate) use routes::router;
pub(crate) use scrape::router as metrics_router;
