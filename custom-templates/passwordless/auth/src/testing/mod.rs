//! Helpers for tests: an application with a state of its own, clients that sign in, a mailbox, a clock that can be
//! moved. They panic, and so fail the test, if a step does not succeed. Differs from the built-in project: the state
//! is in memory or in Redis.
//!
//! ```no_run
//! # async fn example(router: fn(auth::Auth) -> axum::Router) {
//! use auth::testing::{Engine, TestApp};
//!
//! let app = TestApp::start(Engine::Memory, router).await;
//! let client = app.signed_in("ada@example.com").await;
//! assert_eq!(client.get("/hello/").await.status, 200);
//! # }
//! ```

#![expect(clippy::missing_panics_doc, reason = "a helper panics if its step fails, as its test should")]

mod app;
#[cfg(test)]
pub(crate) mod certificate;
mod client;
mod engine;
mod instances;
mod key_files;
mod listening;
mod mailbox;
mod redis_server;
mod starting;
mod users;

pub use app::TestApp;
pub use auth_tokens::test_keys::RSA;
pub use client::{Client, Reply};
pub use engine::Engine;
pub use listening::Listening;
pub use mailbox::{Mailbox, Received};
pub use redis_server::RedisServer;

/// Runs each test function, which takes an [`Engine`], with the state in memory and with the state in Redis.
///
/// With Redis a test is ignored unless asked for, since it starts a server: `cargo test -- --include-ignored`.
#[macro_export]
macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::testing::Engine::Memory).await;
            })*
        }

        mod redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs redis-server: cargo test -- --include-ignored"]
            async fn $test() {
                super::$test($crate::testing::Engine::Redis).await;
            })*
        }
    };
}
