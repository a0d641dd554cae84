//! `/health/live` and `/health/ready`, for load balancers; metrics, for operators.

mod health;
mod metrics;
mod routes;

pub(crate) use metrics::{Delivery, Metrics, Outcome, Way, router as metrics_router};
pub(crate) use routes::router;

/// Rows of the state in memory that were over and were removed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flushed(pub(crate) u64);

impl Flushed {
    fn by_name(self) -> [(&'static str, u64); 1] {
        [("rows", self.0)]
    }
}
