//! Who is calling, by the access token that another server gave out.
//!
//! That server publishes its keys; nothing else is asked of it, and there is no database. Most of these files are its own,
//! unchanged: the claims, the signatures, the extractors and what a refused client is told.
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
#[allow(dead_code, reason = "what is stored has times that only a server with accounts looks at")]
pub mod clock;
pub mod commands;
#[allow(dead_code, reason = "it also has what only a server with accounts says")]
pub mod error;
mod http;
mod server;
pub mod sessions;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
pub mod tokens;
pub mod users;
#[allow(dead_code, unused_imports, unused_macros, unreachable_pub, reason = "mails have more to say")]
mod words;

pub use app::Auth;
pub use error::{Error, Result};
pub use sessions::{CurrentUser, Role, Staff, Superuser};
pub use settings::Settings;
pub use tokens::Claims;
