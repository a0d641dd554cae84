//! Accounts, sessions and tokens for an axum application.
//!
//! | room | what it is for |
//! |---|---|
//! | [`users`] | accounts |
//! | [`registration`] | signing up |
//! | [`email_verification`] | whether mail to an address reaches its account |
//! | [`login`] | signing in: the one door every way in ends at |
//! | [`login_codes`] | signing in with a code that was mailed |
//! | [`sessions`] | refresh tokens, their rotation and replay, devices, the signed-in user as an argument |
//! | [`tokens`] | claims, keys, signatures |
//! | [`passwords`] | what is accepted as one, how it is kept and changed |
//! | [`templates`] | the texts of mails and pages, and their replacement |
//! | [`pages`] | what a person sees in a browser |
//! | [`codes`] | one-time links and codes, for whatever a room sends by mail |
//! | [`throttle`] | limits on guessing and on flooding |
//! | [`mail`] | the outbox, and the ways a mail leaves |
//! | [`admin`] | pages for staff |
//! | [`redis`] | what several instances share beside the database |
//! | [`audit`] | what happened to accounts |
//! | [`operations`] | health, metrics, removal of what has expired |
//! | `openapi` | the description of the API, and a page to try it |
//! | [`http`] | limits, headers, input, the client's address |
//!
//! [`app`] has the whole API on one page, [`settings`] every setting, `parts` what is made of them first, [`commands`] the
//! program's sub-commands, [`hooks`] what an application adds, [`db`] the two databases, [`clock`] the only clock, `tls` the
//! way to servers that are asked, [`error`] what a refused client is told.
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

pub mod admin;
pub mod app;
pub mod audit;
pub mod clock;
pub mod codes;
pub mod commands;
pub mod db;
pub mod email_verification;
pub mod error;
pub mod hooks;
pub mod http;
pub mod login;
pub mod login_codes;
pub mod mail;
mod openapi;
pub mod operations;
pub mod pages;
mod parts;
pub mod passwords;
mod private;
pub mod redis;
pub mod registration;
pub mod sessions;
pub mod settings;
pub mod templates;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;
mod tls;
pub mod tokens;
pub mod users;
mod words;

pub use app::Auth;
pub use email_verification::VerifiedUser;
pub use error::{Error, Result};
pub use hooks::Hooks;
pub use sessions::{CurrentUser, DbUser, Role, Staff, Superuser};
pub use settings::Settings;
/// What the queries of [`on!`] and [`in_tx!`] are made with, in the version that the pools are of.
pub use sqlx;
