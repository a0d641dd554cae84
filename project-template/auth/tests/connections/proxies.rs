//! The server behind real proxies.

use auth::testing::{Engine, Listening, TestApp};

use super::proxy::Proxy;
use super::{LOGIN, OVERSIZED, post_json, router, status};

/// Bodies of each length.
const TIMES: usize = 20;

/// Two instances, and their addresses.
async fn two_instances() -> ([Listening; 2], [String; 2]) {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let servers = [app.listen().await, app.second_instance(router).await.listen().await];
    let addresses = [servers[0].address().to_string(), servers[1].address().to_string()];
    (servers, addresses)
}

/// How many of those who send too much read so, by length.
async fn refusals(proxy: &Proxy) -> [usize; 4] {
    let mut counts = [0; 4];
    for (count, length) in counts.iter_mut().zip(OVERSIZED) {
        for _ in 0..TIMES {
            *count += usize::from(status(&post_json(proxy.address(), LOGIN, length).await) == 413);
        }
    }
    counts
}

#[tokio::test]
#[ignore = "needs nginx: cargo test -- --include-ignored"]
async fn behind_nginx_everybody_who_sends_too_much_reads_so_and_nobody_else_notices() {
    let (_servers, addresses) = two_instances().await;
    for location in ["", "proxy_http_version 1.1; proxy_set_header Connection \"\";"] {
        let proxy = Proxy::nginx(&addresses, location).await;
        assert_eq!(refusals(&proxy).await, [TIMES; 4], "{location}: {}", proxy.errors());
        assert_eq!(status(&post_json(proxy.address(), "/health/live", 0).await), 405);
        assert!(!proxy.errors().contains("upstream"), "{}", proxy.errors());
    }
}

#[tokio::test]
#[ignore = "needs haproxy: cargo test -- --include-ignored"]
async fn behind_haproxy_everybody_who_sends_too_much_reads_so() {
    let (_servers, addresses) = two_instances().await;
    let proxy = Proxy::haproxy(&addresses).await;
    assert_eq!(refusals(&proxy).await, [TIMES; 4]);
}
