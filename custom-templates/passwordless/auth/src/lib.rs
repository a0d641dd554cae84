//! Signing in by mailed codes, for an axum application: no accounts, no passwords, no database. Differs from the
//! built-in project: it has fewer rooms.
//!
//! | room | what it is for |
//! |---|---|
//! | [`users`] | who somebody is: an address and the id that follows from it |
//! | [`login_codes`] | signing in with a code that was mailed |
//! | [`sessions`] | refresh tokens, their rotation and replay, the signed-in user as an argument |
//! | [`tokens`] | claims, keys, signatures |
//! | [`codes`] | one-time codes |
//! | [`throttle`] | limits on guessing and on flooding |
//! | [`mail`] | the ways a mail leaves |
//! | [`templates`] | the texts of mails, and their replacement |
//! | [`http`] | limits, headers, input, the client's address |
//! | [`db`] | the state, in memory or in Redis |
//! | `audit` | what happened, in the log |
//! | `openapi` | the description of the API, and a page to try it |
//!
//! [`app`] has the whole API on one page, [`settings`] every setting, [`commands`] the program's sub-commands,
//! [`hooks`] what an application adds, [`clock`] the only clock, [`error`] what a refused client is told. Most of these files
//! are those of a server with accounts, unchanged.
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
mod audit;
pub mod clock;
pub mod codes;
pub mod commands;
pub mod db;
mod email;
pub mod error;
pub mod hooks;
#[allow(dead_code, unused_imports, reason = "servers with pages take forms as well")]
pub mod http;
pub mod login_codes;
pub mod mail;
mod metrics;
mod openapi;
mod operations;
mod pages;
mod private;
pub mod redis;
#[allow(dead_code, reason = "nobody does something to somebody else")]
mod request;
#[allow(dead_code, unused_imports, reason = "there are no pages")]
mod server;
pub mod sessions;
pub mod settings;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
mod tls;
#[allow(dead_code, reason = "servers with a database seal what is in it")]
pub mod tokens;
pub mod users;
pub mod words;

pub use app::{Auth, Settings};
pub use error::{Error, Result};
pub use hooks::Hooks;
pub use sessions::{CurrentUser, Fresh, Role, Staff, Superuser};
pub use tokens::Claims;
