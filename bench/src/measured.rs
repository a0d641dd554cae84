//! What one server did in one round.

use std::time::Duration;

use anyhow::Result;

use crate::load::{Fleet, Outcome, Step};
use crate::server::Server;

pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// Microseconds for each answer.
    pub(crate) processor: f64,
    pub(crate) failed: u64,
}

impl Measured {
    pub(crate) async fn of(server: &Server, fleet: &mut Fleet, step: Step, duration: Duration) -> Result<Self> {
        let before = server.processor_time()?;
        let outcome: Outcome = fleet.run(step, duration).await?;
        let processor = (server.processor_time()? - before) * 1e6 / outcome.good.max(1) as f64;
        if !outcome.failures.is_empty() {
            eprintln!("{}: {:?}", server.name, outcome.failures);
        }
        Ok(Self {
            per_second: outcome.per_second(),
            p99: outcome.quantile(0.99),
            processor,
            failed: outcome.failures.values().sum(),
        })
    }

    pub(crate) fn hashes(per_second: f64) -> Self {
        Self { per_second, p99: 0.0, processor: 0.0, failed: 0 }
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
