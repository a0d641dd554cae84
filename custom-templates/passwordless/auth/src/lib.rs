//! Signing in by mailed codes, for an axum application. Differs from the built-in project: there are no accounts, no
//! passwords and no database, so most rooms that know them are not there, and `state` is in place of `db`.
//!
//! | room | what it is for |
//! |---|---|
//! | [`clock`] | the only clock |
//! | [`words`] | enums written as words, and values formatted for people |
//! | `private` | files and directories that only their owner can read |
//! | `tls` | TLS to servers that the program calls |
//! | [`settings`] | reads settings and reports every problem with them |
//! | [`languages`] | the languages of answers and mails, and their texts |
//! | `request` | the request that a task belongs to |
//! | `email` | an address, parsed |
//! | [`error`] | refusals and their responses |
//! | [`state`] | every row, in memory or in Redis, and the rules that change it |
//! | `openapi` | describes routes, and serves a page to try them |
//! | [`templates`] | the texts of mails, and their replacement |
//! | [`tokens`] | this server's keys, and the tokens it issues and accepts; their form is the crate `auth-tokens` |
//! | [`redis`] | optional state that several instances share |
//! | [`http`] | input, cookies, forged requests, the client's address |
//! | `pages` | who reads an answer: programs alone |
//! | `metrics` | metrics for the operator |
//! | [`codes`] | one-time codes sent by mail |
//! | [`mail`] | the delivery of mails |
//! | [`throttle`] | limits on guesses and floods |
//! | [`audit`] | the log of events |
//! | [`users`] | who somebody is: an address and the id that follows from it |
//! | [`sessions`] | refresh tokens, rotation and replay, devices, the signed-in user as an argument |
//! | [`hooks`] | extension points for the application |
//! | [`login_codes`] | signing in with a mailed code |
//! | `operations` | health, metrics |
//! | `server` | layers, limits and connections around every route |
//! | [`app`] | the state, the description of the API, every setting |
//! | [`commands`] | the program's sub-commands |
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
pub mod audit;
pub mod clock;
pub mod codes;
pub mod commands;
mod email;
pub mod error;
pub mod hooks;
pub mod http;
pub mod languages;
pub mod login_codes;
pub mod mail;
mod metrics;
mod openapi;
mod operations;
mod pages;
mod private;
pub mod redis;
mod request;
mod server;
pub mod sessions;
pub mod settings;
pub mod state;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
mod tls;
pub mod tokens;
pub mod users;
pub mod words;

pub use app::{Auth, Settings};
pub use error::{Error, Result};
pub use hooks::Hooks;
pub use sessions::{CurrentUser, Fresh, Role, Staff, Superuser};
/// What rooms of the built-in project call the state.
use state as db;
pub use tokens::Claims;
