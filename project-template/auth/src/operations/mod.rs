//! Health checks for load balancers, metrics for operators, and the removal of expired data.

mod cron;
mod flush;
mod health;
mod readings;
mod routes;
mod scrape;
mod settings;

pub(crate) use cron::cron_router;
pub(crate) use flush::{Flushed, Flushing, expired, flush, flush_by_itself, flush_within, limit_of_request};
pub(crate) use routes::router;
pub(crate) use scrape::router as metrics_router;
pub use settings::Settings;
