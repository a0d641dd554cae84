//! Accounts, sessions and tokens for an axum application.
//!
//! The rooms, in reading order: **a room uses only rooms above it** (tested by `tests/order.rs`), except the handle
//! [`Auth`], which is passed to every handler.
//!
//! | floor | rooms |
//! |---|---|
//! | ground | `clock` `words` `private` `tls` `fetch` `settings` `languages` `request` `email` `error` `db` `openapi` `templates` |
//! | material | `tokens` `redis` `http` `pages` `metrics` |
//! | tools | `codes` `mail` `throttle` `audit` `notices` |
//! | nouns | `users` `connections` `factors` `guests` `sessions` `hooks` |
//! | ways | `passwords` `login` `passkeys` `second_factor` `credentials` `email_verification` `registration` `login_codes` `password_reset` `account` `invitations` `social` |
//! | house | `portal` `operations` `admin` `server` `app` `commands` |
//!
//! | room | what it is for |
//! |---|---|
//! | [`clock`] | the only clock |
//! | [`words`] | enums written as words, and values formatted for people |
//! | `private` | files and directories that only their owner can read |
//! | `tls` | TLS to servers that the program calls |
//! | `fetch` | requests to servers that the settings name |
//! | [`settings`] | reads settings and reports every problem with them |
//! | [`languages`] | the languages of answers, mails and pages, and their texts |
//! | `request` | the request that a task belongs to |
//! | [`email`] | an address, parsed |
//! | [`error`] | refusals and their responses |
//! | [`db`] | SQLite and PostgreSQL |
//! | `openapi` | describes routes, and serves a page to try them |
//! | [`templates`] | the texts of mails and pages, and their replacement |
//! | [`tokens`] | this server's keys, and the tokens it issues and accepts; their form is the crate `auth-tokens` |
//! | [`redis`] | optional state that several instances share |
//! | [`http`] | input, cookies, forged requests, the client's address |
//! | [`pages`] | HTML pages in a browser |
//! | `metrics` | metrics for the operator |
//! | [`codes`] | one-time links and codes sent by mail |
//! | [`mail`] | the outbox and the delivery of mails |
//! | [`throttle`] | limits on guesses and floods |
//! | [`audit`] | the log of events on accounts |
//! | `notices` | mails that only inform |
//! | [`users`] | accounts: rows and rules |
//! | `connections` | accounts at other services that are connected to accounts here |
//! | `factors` | second factors: secrets, codes, and the sign-ins that wait for one |
//! | `guests` | invited accounts, until their owners have set a password |
//! | [`sessions`] | refresh tokens, rotation and replay, devices, the signed-in user as an argument |
//! | [`hooks`] | extension points for the application |
//! | [`passwords`] | rules for passwords, their storage and change |
//! | [`login`] | signing in: the one function that every way in ends at |
//! | [`passkeys`] | signing in with a passkey; adding and removing them |
//! | `second_factor` | setting up a second factor, signing in with it, removing it |
//! | `credentials` | what may be an attacker's who signed up with another person's address |
//! | [`email_verification`] | proof that mail to an address reaches its account |
//! | [`registration`] | signing up |
//! | [`login_codes`] | signing in with a mailed code |
//! | [`password_reset`] | setting a password with a mailed link |
//! | [`account`] | a user's own account: data, another address, deletion; accounts from elsewhere |
//! | [`invitations`] | inviting people, and the password they set |
//! | [`social`] | signing in with an account at another service |
//! | [`portal`] | pages to sign in on, and to keep one's ways to sign in |
//! | [`operations`] | health, metrics, removal of expired rows |
//! | [`admin`] | pages for staff |
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

pub mod account;
pub mod admin;
pub mod app;
pub mod audit;
pub mod clock;
pub mod codes;
pub mod commands;
mod connections;
mod credentials;
pub mod db;
pub mod email;
pub mod email_verification;
pub mod error;
pub mod factors;
mod fetch;
mod guests;
pub mod hooks;
pub mod http;
pub mod invitations;
pub mod languages;
pub mod login;
pub mod login_codes;
pub mod mail;
mod metrics;
mod notices;
mod openapi;
pub mod operations;
pub mod pages;
pub mod passkeys;
pub mod password_reset;
pub mod passwords;
pub mod portal;
mod private;
pub mod redis;
pub mod registration;
mod request;
mod second_factor;
mod server;
pub mod sessions;
pub mod settings;
pub mod social;
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
pub use sessions::{CurrentUser, DbUser, Fresh, Role, SecondFactor, Staff, Superuser, VerifiedUser};
/// For the queries of [`on!`] and [`in_tx!`], in the version of the pools.
pub use sqlx;

/// The examples of `docs/extending.md` are tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/extending.md")]
struct Extending;

/// So is that of `docs/passkeys.md`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/passkeys.md")]
struct Passkeys;
