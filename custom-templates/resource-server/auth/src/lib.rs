//! Who is calling, by the access token that another server issued. Differs from the built-in project: it has fewer
//! rooms.
//!
//! That server publishes its keys; nothing else is asked of it, and there is no database. Many of these files are its own,
//! unchanged: the extractors, the answers to a refused client, the connections. Tokens are the crate `auth-tokens`.
//!
//! ```no_run
//! use auth::{Auth, CurrentUser};
//! use axum::{Router, routing::get};
//!
//! fn router(auth: Auth) -> Router {
//!     Router::new().route("/hello/", get(hello)).merge(auth.router()).with_state(auth)
//! }
//!
//! async fn hello(user: CurrentUser) -> String {
//!     format!("Hello, user {}!", user.id())
//! }
//! ```

pub mod app;
pub mod clock;
pub mod commands;
pub mod error;
mod fetch;
pub mod http;
pub mod languages;
mod server;
pub mod sessions;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
pub mod tokens;
pub mod users;
pub mod words;

pub use app::Auth;
pub use error::{Error, Result};
pub use sessions::{CurrentUser, Role, Staff, Superuser};
pub use settings::Settings;
pub use tokens::Claims;
