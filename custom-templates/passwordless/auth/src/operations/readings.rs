//! Differs from the built-in project: there are no passwords and no database, but rows in memory.

use std::future::{Ready, ready};

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::Auth;
use crate::db::Db;
use crate::redis::Redis;

pub(super) fn take(auth: &Auth) -> Ready<Registry> {
    let mut readings = Registry::default();
    of_the_process(auth, &mut readings);
    of_memory(auth, &mut readings);
    of_redis(auth, &mut readings);
    ready(readings)
}

fn of_the_process(auth: &Auth, readings: &mut Registry) {
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    readings.register("auth_build", "The version of the authentication crate", version);
    let started = ConstGauge::new(auth.metrics().started.unix_timestamp());
    readings.register("process_start_time_seconds", "When the process started, since 1970", started);
}

fn of_memory(auth: &Auth, readings: &mut Registry) {
    if let Db::Memory(memory) = auth.db() {
        let rows = ConstGauge::new(memory.len() as u64);
        readings.register("auth_memory_rows", "Rows of the state in memory, of `memory.rows` at most", rows);
    }
}

fn of_redis(auth: &Auth, readings: &mut Registry) {
    if let Some(redis) = auth.redis().map(Redis::health) {
        let up = ConstGauge::new(i64::from(redis.is_up));
        readings.register("auth_redis_up", "Whether Redis answered when it was last asked", up);
        let failures = ConstCounter::new(redis.failures);
        readings.register("auth_redis_failures", "Times that Redis was asked and did not answer", failures);
    }
}
