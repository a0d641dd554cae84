//! Helpers for tests: an application on a database of its own, clients that sign in, a mailbox, a clock that can be
//! moved. They panic, and so fail the test, if a step does not succeed.
//!
//! ```no_run
//! # async fn example(router: fn(auth::Auth) -> axum::Router) {
//! use auth::testing::{Engine, TestApp};
//!
//! let app = TestApp::start(Engine::Sqlite, router).await;
//! let client = app.signed_in("ada@example.com").await;
//! assert_eq!(client.get("/hello/").await.status, 200);
//! # }
//! ```

#![expect(clippy::missing_panics_doc, reason = "a helper panics if its step fails, as its test should")]

mod app;
mod authenticator;
mod authenticator_app;
#[cfg(test)]
pub(crate) mod certificate;
mod client;
mod engine;
mod events;
mod instances;
mod key_files;
mod listening;
mod mailbox;
mod program;
mod provider;
mod starting;
mod users;

pub use crate::audit::AuditRow;
pub use app::TestApp;
pub use auth_tokens::test_keys::{ED25519, P256, RSA};
pub use authenticator::Authenticator;
pub use authenticator_app::AuthenticatorApp;
pub use client::{Client, Reply};
pub use engine::Engine;
pub use listening::Listening;
pub use mailbox::{Mailbox, Received};
pub use program::{Program, Server, Starting, read_reply};
pub use provider::{Provider, Trouble};
pub use users::PASSWORD;

/// Runs each test function, which takes an [`Engine`], on both engines. On PostgreSQL a test is ignored unless asked
/// for: `TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored`.
#[macro_export]
macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::testing::Engine::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs PostgreSQL: TEST_DATABASE_URL=postgres://… cargo test -- --include-ignored"]
            async fn $test() {
                super::$test($crate::testing::Engine::Postgres).await;
            })*
        }
    };
}
