//! Redis behind TLS.

use auth::testing::Engine;

use super::redis_server::RedisServer;
use super::{LIMIT, ask, configured, patient, ready_with};

with_redis_on_both_engines!(
    redis_is_reached_over_tls_with_a_certificate_of_ones_own,
    a_certificate_that_nobody_vouches_for_is_refused_and_the_database_does_the_work,
);

const CLIENT: &str = "203.0.113.7";

async fn redis_is_reached_over_tls_with_a_certificate_of_ones_own(engine: Engine) {
    let server = RedisServer::start_with_tls();
    let app = patient(engine, server.url(), &server.ca_file()).await;
    ready_with(&app, "ok").await;
    for _ in 0..LIMIT {
        assert_eq!(ask(&app, CLIENT).await, 200);
    }
    assert_eq!(ask(&app, CLIENT).await, 429);
}

async fn a_certificate_that_nobody_vouches_for_is_refused_and_the_database_does_the_work(engine: Engine) {
    let server = RedisServer::start_with_tls();
    let other = RedisServer::start_with_tls();
    let somebody_elses = other.ca_file();
    let trusted = server.ca_file();
    ready_with(&patient(engine, server.url(), &trusted).await, "ok").await;
    let of_another_host = server.url().replace("localhost", "127.0.0.1");
    for (url, ca_file) in [(server.url(), ""), (server.url(), &somebody_elses), (&of_another_host, &trusted)] {
        let app = configured(engine, url, ca_file).await;
        for _ in 0..LIMIT {
            assert_eq!(ask(&app, CLIENT).await, 200);
        }
        assert_eq!(ask(&app, CLIENT).await, 429);
        ready_with(&app, "unavailable").await;
    }
}
