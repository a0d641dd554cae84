//! Hooks: how an application extends this crate without editing it.
//!
//! Implement [`Hooks`] and pass it to [`commands::run_with`](crate::commands::run_with), in `src/main.rs`:
//!
//! ```no_run
//! # use auth::Auth;
//! # mod app { pub struct Hooks; impl auth::Hooks for Hooks {} pub fn router(auth: auth::Auth) -> axum::Router { todo!() } }
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     auth::commands::run_with(app::Hooks, app::router).await
//! }
//! ```

use std::pin::Pin;

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::http::{Client, Fields};
pub use crate::sessions::{Admission, Challenge, Proof, SigningIn};
use crate::users::{Email, User};

/// The return type of hooks: `Box::pin(async move { … })`.
pub type Hook<'h, T> = Pin<Box<dyn Future<Output = T> + Send + 'h>>;

/// The purpose of an unauthenticated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asking {
    /// An account.
    SignUp,
    /// A link to set a new password.
    PasswordReset,
    /// A code to sign in with.
    LoginCode,
    /// Another mail to verify an address.
    Verification,
}

/// An unauthenticated request that creates an account or sends a mail.
pub struct Asked<'r> {
    /// The purpose.
    pub asking: Asking,
    /// The address it is about. The outcome of the request must not reveal whether the address has an account.
    pub email: &'r Email,
    /// The client.
    pub client: &'r Client,
    /// The members of the body: `fields.typed("captcha")`.
    pub fields: &'r Fields,
}

/// Each does nothing unless it is implemented. No transaction is open, so hooks may use the database. If a sign-up also
/// signs in, [`Hooks::before_login`] and [`Hooks::extra_claims`] get an account that is not in the database yet.
pub trait Hooks: Send + Sync + 'static {
    /// Claims besides those of `tokens.claims`, at every sign-in and refresh. Those whose name is taken, or that exceed
    /// one kilobyte with the others, are left out and logged. An error rejects the request.
    ///
    /// ```
    /// use auth::hooks::{Hook, Hooks};
    /// use auth::{Auth, Result, users::User};
    /// use serde_json::{Map, Value, json};
    ///
    /// struct Organizations;
    ///
    /// impl Hooks for Organizations {
    ///     fn extra_claims<'h>(&'h self, auth: &'h Auth, user: &'h User) -> Hook<'h, Result<Map<String, Value>>> {
    ///         Box::pin(async move {
    ///             let found: Option<(i64,)> = auth::on!(auth.db(), pool => {
    ///                 sqlx::query_as("select organization from members where user_id = $1")
    ///                     .bind(user.id)
    ///                     .fetch_optional(pool)
    ///                     .await?
    ///             });
    ///             Ok(found.map(|(organization,)| ("organization".to_owned(), json!(organization))).into_iter().collect())
    ///         })
    ///     }
    /// }
    /// ```
    fn extra_claims<'h>(&'h self, auth: &'h Auth, user: &'h User) -> Hook<'h, Result<Map<String, Value>>> {
        let _ = (auth, user);
        Box::pin(async { Ok(Map::new()) })
    }

    /// Called before an unauthenticated client creates an account or has a mail sent, for captchas and invitations:
    /// nothing has been looked up or counted yet. An error rejects the request, and is the response.
    ///
    /// ```
    /// use auth::hooks::{Asked, Hook, Hooks};
    /// use auth::{Auth, Error, Result};
    /// use axum::http::StatusCode;
    ///
    /// struct Captcha;
    ///
    /// impl Hooks for Captcha {
    ///     fn before_request<'h>(&'h self, _: &'h Auth, asked: &'h Asked<'h>) -> Hook<'h, Result<()>> {
    ///         Box::pin(async move {
    ///             let answer = asked.fields.typed("captcha").unwrap_or_default();
    ///             if is_solved(answer).await? {
    ///                 return Ok(());
    ///             }
    ///             Err(Error::refused(StatusCode::BAD_REQUEST, "Please solve the captcha.", "captcha_not_solved"))
    ///         })
    ///     }
    /// }
    ///
    /// /// Yours to write: asks the maker of the captcha.
    /// async fn is_solved(answer: &str) -> anyhow::Result<bool> {
    ///     anyhow::bail!("nobody has checked {answer:?}")
    /// }
    /// ```
    fn before_request<'h>(&'h self, auth: &'h Auth, asked: &'h Asked<'h>) -> Hook<'h, Result<()>> {
        let _ = (auth, asked);
        Box::pin(async { Ok(()) })
    }

    /// Called before a session begins for an authenticated user, once for each sign-in, before a second factor is asked
    /// for. An error rejects the sign-in, and is the response. Earlier steps are not undone: a password reset still sets
    /// the password. A sign-up that also signs in is rejected as a whole; with `email_verification.mode = "mandatory"` it
    /// begins no session, and accounts can await approval.
    ///
    /// ```
    /// use auth::hooks::{Admission, Hook, Hooks, SigningIn};
    /// use auth::{Auth, Error, Result, users::User};
    /// use axum::http::StatusCode;
    ///
    /// struct StaffOnly;
    ///
    /// impl Hooks for StaffOnly {
    ///     fn before_login<'h>(
    ///         &'h self,
    ///         _: &'h Auth,
    ///         user: &'h User,
    ///         _: &'h SigningIn<'h>,
    ///     ) -> Hook<'h, Result<Admission>> {
    ///         Box::pin(async move {
    ///             if user.role >= auth::users::role::STAFF {
    ///                 return Ok(Admission::Granted);
    ///             }
    ///             Err(Error::refused(StatusCode::FORBIDDEN, "We are closed for maintenance.", "maintenance"))
    ///         })
    ///     }
    /// }
    /// ```
    ///
    /// A challenge is not an error: the response is 200 with its members and without tokens. Once it is met, call
    /// [`Auth::sign_in`], whose [`Proof`] tells this hook so. The admin pages have no form for it: an account
    /// whose [`Proof::AdminPassword`] is challenged cannot enter them. `docs/extending.md` has the whole example.
    ///
    /// ```
    /// use auth::hooks::{Admission, Challenge, Hook, Hooks, Proof, SigningIn};
    /// use auth::{Auth, Result, users::User};
    /// use serde_json::json;
    ///
    /// struct TextMessages;
    ///
    /// impl Hooks for TextMessages {
    ///     fn before_login<'h>(
    ///         &'h self,
    ///         auth: &'h Auth,
    ///         user: &'h User,
    ///         signing_in: &'h SigningIn<'h>,
    ///     ) -> Hook<'h, Result<Admission>> {
    ///         Box::pin(async move {
    ///             if matches!(signing_in.proof, Proof::Application("text message") | Proof::AdminPassword) {
    ///                 return Ok(Admission::Granted);
    ///             }
    ///             let id = send_code(auth, user, signing_in.remembered).await?;
    ///             Ok(Admission::Challenged(Challenge::new(json!({ "code_sent": true, "challenge_id": id }))))
    ///         })
    ///     }
    /// }
    ///
    /// /// Yours to write: keeps a code with the user and `remembered`, sends it, and returns its id.
    /// async fn send_code(_: &Auth, user: &User, remembered: bool) -> Result<String> {
    ///     Err(anyhow::anyhow!("no code was sent to {}, remembered: {remembered}", user.id).into())
    /// }
    /// ```
    fn before_login<'h>(
        &'h self,
        auth: &'h Auth,
        user: &'h User,
        signing_in: &'h SigningIn<'h>,
    ) -> Hook<'h, Result<Admission>> {
        let _ = (auth, user, signing_in);
        Box::pin(async { Ok(Admission::Granted) })
    }

    /// Whether [`Hooks::deliver_code`] is called. If so, a code does not verify the address of an existing account, and
    /// codes are issued even while the mail server cannot be reached.
    fn delivers_codes(&self) -> bool {
        false
    }

    /// Delivers a code to sign in with, such as by text message; `false` leaves it to mail. Runs in the background (the
    /// response time must not reveal whether there is an account): may be interrupted, and errors are only logged.
    ///
    /// ```
    /// use auth::hooks::{Hook, Hooks};
    /// use auth::{Auth, Result, users::User};
    /// use secrecy::{ExposeSecret, SecretString};
    ///
    /// struct TextMessages;
    ///
    /// impl Hooks for TextMessages {
    ///     fn delivers_codes(&self) -> bool {
    ///         true
    ///     }
    ///
    ///     fn deliver_code<'h>(&'h self, auth: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
    ///         Box::pin(async move {
    ///             let found: Option<(String,)> = auth::on!(auth.db(), pool => {
    ///                 sqlx::query_as("select number from phones where user_id = $1")
    ///                     .bind(user.id)
    ///                     .fetch_optional(pool)
    ///                     .await?
    ///             });
    ///             let Some((number,)) = found else { return Ok(false) };
    ///             send(&number, &format!("Your code is {}.", code.expose_secret())).await?;
    ///             Ok(true)
    ///         })
    ///     }
    /// }
    ///
    /// /// Yours to write: sends a text message.
    /// async fn send(number: &str, text: &str) -> anyhow::Result<()> {
    ///     anyhow::bail!("nobody sends {} letters to {number}", text.len())
    /// }
    /// ```
    fn deliver_code<'h>(&'h self, auth: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
        let _ = (auth, user, code);
        Box::pin(async { Ok(false) })
    }

    /// Called once after a sign-up has created an account, whose address may be unverified. Runs in the background (the
    /// response time must not reveal whether the address was new), and may be interrupted when the process ends.
    ///
    /// ```
    /// use auth::hooks::{Hook, Hooks};
    /// use auth::{Auth, users::User};
    ///
    /// struct Welcome;
    ///
    /// impl Hooks for Welcome {
    ///     fn after_registration<'h>(&'h self, _: &'h Auth, user: &'h User) -> Hook<'h, ()> {
    ///         Box::pin(async move { println!("welcome, user {}", user.id) })
    ///     }
    /// }
    /// ```
    fn after_registration<'h>(&'h self, auth: &'h Auth, user: &'h User) -> Hook<'h, ()> {
        let _ = (auth, user);
        Box::pin(async {})
    }

    /// Called once after its owner has deleted an account, with its last state. Rows of your own tables are removed by
    /// `references users on delete cascade`. Runs in the background; may be interrupted when the process ends.
    ///
    /// ```
    /// use auth::hooks::{Hook, Hooks};
    /// use auth::{Auth, users::User};
    ///
    /// struct Farewell;
    ///
    /// impl Hooks for Farewell {
    ///     fn after_deletion<'h>(&'h self, _: &'h Auth, user: &'h User) -> Hook<'h, ()> {
    ///         Box::pin(async move { println!("user {} is gone", user.id) })
    ///     }
    /// }
    /// ```
    fn after_deletion<'h>(&'h self, auth: &'h Auth, user: &'h User) -> Hook<'h, ()> {
        let _ = (auth, user);
        Box::pin(async {})
    }
}

impl Hooks for () {}

pub(crate) fn registered(auth: &Auth, tx: &mut Tx, user: &User) {
    let (auth, user) = (auth.clone(), user.clone());
    tx.after_commit(move || {
        tokio::spawn(async move { auth.hooks().after_registration(&auth, &user).await });
    });
}

pub(crate) fn deleted(auth: &Auth, tx: &mut Tx, user: &User) {
    let (auth, user) = (auth.clone(), user.clone());
    tx.after_commit(move || {
        tokio::spawn(async move { auth.hooks().after_deletion(&auth, &user).await });
    });
}

pub(crate) async fn asked(
    auth: &Auth,
    asking: Asking,
    email: Option<&Email>,
    client: &Client,
    fields: &Fields,
) -> Result<()> {
    match email {
        Some(email) if !fields.has_problems() => {
            auth.hooks().before_request(auth, &Asked { asking, email, client, fields }).await
        }
        _ => Ok(()),
    }
}
