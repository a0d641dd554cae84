use std::time::Duration;

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::Auth;
use crate::guests;
use crate::metrics::Label;
use crate::redis::Redis;

/// If the scrape times out, the other readings are lost too.
const PATIENCE: Duration = Duration::from_secs(2);

/// Leaves out readings that are unavailable now.
pub(super) async fn take(auth: &Auth) -> Registry {
    let mut readings = Registry::default();
    of_the_process(auth, &mut readings);
    of_passwords(auth, &mut readings);
    of_the_database(auth, &mut readings).await;
    of_redis(auth, &mut readings);
    readings
}

fn of_the_process(auth: &Auth, readings: &mut Registry) {
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    readings.register("auth_build", "The version of the authentication crate", version);
    let started = ConstGauge::new(auth.metrics().started.unix_timestamp());
    readings.register("process_start_time_seconds", "When the process started, since 1970", started);
}

fn of_passwords(auth: &Auth, readings: &mut Registry) {
    let load = auth.passwords().load();
    readings.register("auth_password_hashes", "Password hashes that were started", ConstCounter::new(load.begun));
    readings.register(
        "auth_password_hashes_refused",
        "Password hashes for which there was no worker in time, nor a place to wait",
        ConstCounter::new(load.refused),
    );
    let gauges = [
        ("auth_password_hashes_running", "Password hashes that are being computed", load.running),
        ("auth_password_hashes_waiting", "Password hashes that wait for a worker", load.waiting),
        ("auth_password_hash_workers", "Password hashes that are computed at once, at most", load.workers),
    ];
    for (name, help, value) in gauges {
        readings.register(name, help, ConstGauge::new(value as u64));
    }
}

async fn of_the_database(auth: &Auth, readings: &mut Registry) {
    // Read the pool before this function takes a connection itself.
    let pool = auth.db().pool();
    let outbox = tokio::time::timeout(PATIENCE, auth.mail().waiting()).await;
    let outbox = outbox.map_err(anyhow::Error::new).and_then(|outbox| outbox.map_err(anyhow::Error::new));
    readings.register("auth_database_up", "Whether the database answers", ConstGauge::new(i64::from(outbox.is_ok())));
    match outbox {
        Ok(outbox) => {
            readings.register("auth_mail_outbox", "Mails that wait to be sent", ConstGauge::new(outbox.length));
            let age = ConstGauge::new(outbox.oldest.as_secs());
            readings.register("auth_mail_outbox_oldest_seconds", "For how long the oldest of them has waited", age);
            of_invitations(auth, readings).await;
        }
        Err(error) => tracing::warn!(%error, "the metrics lack what the database knows"),
    }
    let connections = Family::<[Label; 1], Gauge>::default();
    for (state, count) in [("idle", pool.idle), ("used", pool.open.saturating_sub(pool.idle))] {
        connections.get_or_create(&[("state", state)]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    readings.register("auth_database_connections", "Connections to the database", connections);
    let limit = ConstGauge::new(pool.limit as u64);
    readings.register("auth_database_connections_limit", "Connections to the database, at most", limit);
}

async fn of_invitations(auth: &Auth, readings: &mut Registry) {
    if !auth.settings().invitations.are_on() {
        return;
    }
    let Ok(Ok(open)) = tokio::time::timeout(PATIENCE, guests::count(auth)).await else {
        tracing::warn!("the metrics lack the number of open invitations");
        return;
    };
    readings.register("auth_invitations_open", "Invitations that can be accepted", ConstGauge::new(open));
}

fn of_redis(auth: &Auth, readings: &mut Registry) {
    if let Some(redis) = auth.redis().map(Redis::health) {
        let up = ConstGauge::new(i64::from(redis.is_up));
        readings.register("auth_redis_up", "Whether Redis answered when it was last asked", up);
        let failures = ConstCounter::new(redis.failures);
        readings.register("auth_redis_failures", "Requests that the database counted for it", failures);
    }
}
