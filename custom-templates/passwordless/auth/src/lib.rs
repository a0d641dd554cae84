//! Signing in by mailed codes, for an axum application: no accounts, no passwords, no database.
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
pub mod error;
pub mod hooks;
#[allow(dead_code, unused_imports, reason = "servers with pages take forms as well")]
pub mod http;
pub mod login_codes;
pub mod mail;
mod openapi;
mod operations;
mod pages;
mod parts;
mod private;
pub mod redis;
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
mod words;

pub use app::Auth;
pub use error::{Error, Result};
pub use hooks::Hooks;
pub use sessions::{CurrentUser, Role, Staff, Superuser};
pub use settings::Settings;
pub use tokens::Claims;
