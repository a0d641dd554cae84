//! Accounts, sessions and tokens for an axum application.
//!
//! The rooms, in the order in which they can be read: **a room uses only rooms above it**, and a test holds that
//! (`tests/order.rs`). The handle [`Auth`] is the exception: it is passed to whatever answers a request.
//!
//! | floor | rooms |
//! |---|---|
//! | ground | `clock` `words` `private` `tls` `request` `email` `settings` `error` `db` `openapi` `templates` |
//! | material | `tokens` `redis` `http` `pages` `metrics` |
//! | tools | `codes` `mail` `throttle` `audit` `notices` |
//! | nouns | `users` `sessions` `hooks` |
//! | ways | `passwords` `login` `email_verification` `registration` `login_codes` `password_reset` `account` |
//! | house | `operations` `admin` `server` `app` `commands` |
//!
//! | room | what it is for |
//! |---|---|
//! | [`clock`] | the only clock |
//! | [`words`] | lists of words, and values as people read them |
//! | `private` | files that only their owner reads |
//! | `tls` | the way to servers that are called |
//! | `request` | which request a task belongs to |
//! | [`email`] | an address, parsed |
//! | [`settings`] | how settings are read, and every problem with them |
//! | [`error`] | refusals, and what a client is answered |
//! | [`db`] | the two databases |
//! | `openapi` | the kit that describes routes, and a page to try them |
//! | [`templates`] | the texts of mails and pages, and their replacement |
//! | [`tokens`] | claims, keys, signatures |
//! | [`redis`] | what several instances share beside the database |
//! | [`http`] | input, cookies, forged requests, the client's address |
//! | [`pages`] | what a person sees in a browser |
//! | `metrics` | what is counted for an operator |
//! | [`codes`] | one-time links and codes, for whatever a room sends by mail |
//! | [`mail`] | the outbox, and the ways a mail leaves |
//! | [`throttle`] | limits on guessing and on flooding |
//! | [`audit`] | what happened to accounts |
//! | `notices` | mails that only tell |
//! | [`users`] | accounts: rows and rules |
//! | [`sessions`] | refresh tokens, their rotation and replay, devices, the signed-in user as an argument |
//! | [`hooks`] | what an application adds |
//! | [`passwords`] | what is accepted as one, how it is kept and changed |
//! | [`login`] | signing in: the one door every way in ends at |
//! | [`email_verification`] | whether mail to an address reaches its account |
//! | [`registration`] | signing up |
//! | [`login_codes`] | signing in with a code that was mailed |
//! | [`password_reset`] | setting a password with a link that was mailed |
//! | [`account`] | one's own account: data, another address, deletion; accounts from elsewhere |
//! | [`operations`] | health, metrics, removal of what has expired |
//! | [`admin`] | pages for staff |
//! | `server` | what surrounds every route: layers, limits, connections |
//! | [`app`] | the state, the API on one page, every setting |
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

pub mod account;
pub mod admin;
pub mod app;
pub mod audit;
pub mod clock;
pub mod codes;
pub mod commands;
pub mod db;
pub mod email;
pub mod email_verification;
pub mod error;
pub mod hooks;
pub mod http;
pub mod login;
pub mod login_codes;
pub mod mail;
mod metrics;
mod notices;
mod openapi;
pub mod operations;
pub mod pages;
pub mod password_reset;
pub mod passwords;
mod private;
pub mod redis;
pub mod registration;
mod request;
mod server;
pub mod sessions;
pub mod settings;
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
pub use sessions::{CurrentUser, DbUser, Fresh, Role, Staff, Superuser, VerifiedUser};
/// What the queries of [`on!`] and [`in_tx!`] are made with, in the version that the pools are of.
pub use sqlx;

/// The examples of `docs/extending.md` are tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending.md")]
struct Extending;
