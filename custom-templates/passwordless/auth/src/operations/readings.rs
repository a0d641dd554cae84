//! Metrics that are read at scrape time. Differs from the built-in project: rows in memory are counted, and there is no
//! database.

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::Auth;
use crate::db::Db;

/// Everything there is to be read.
#[expect(clippy::unused_async, reason = "a server with a database waits for it")]
pub(super) async fn take(auth: &Auth) -> Registry {
    let mut readings = Registry::default();
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    readings.register("auth_build", "The version of the authentication crate", version);
    let started = ConstGauge::new(auth.metrics().started.unix_timestamp());
    readings.register("process_start_time_seconds", "When the process started, since 1970", started);
    match auth.db() {
        Db::Memory(memory) => {
            let rows = ConstGauge::new(memory.len() as u64);
            readings.register("auth_memory_rows", "Rows of the state in memory, of `memory.rows` at most", rows);
        }
        Db::Redis(redis) => {
            let health = redis.health();
            let up = ConstGauge::new(i64::from(health.is_up));
            readings.register("auth_redis_up", "Whether Redis answered when it was last asked", up);
            let failures = ConstCounter::new(health.failures);
            readings.register("auth_redis_failures", "Times that Redis was asked and did not answer", failures);
        }
    }
    readings
}
