//! What an application adds to this crate without editing it.
//!
//! Implement [`Hooks`] and give it to [`commands::run_with`](crate::commands::run_with), in `src/main.rs`:
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

/// What a hook gives back: `Box::pin(async move { … })`.
pub type Hook<'h, T> = Pin<Box<dyn Future<Output = T> + Send + 'h>>;

/// What a stranger asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asking {
    /// An account.
    SignUp,
    /// A link to set a new password.
    PasswordReset,
    /// A code to sign in with.
    LoginCode,
    /// Another mail to confirm an address.
    Verification,
}

/// A request of somebody who has proven nothing, and which makes an account or sends a mail.
pub struct Asked<'r> {
    /// What for.
    pub asking: Asking,
    /// The address it is about. Whether it has an account must not show in what becomes of the request.
    pub email: &'r Email,
    /// Who asks.
    pub client: &'r Client,
    /// The members of the body: `fields.typed("captcha")`.
    pub fields: &'r Fields,
}

/// Called at certain moments; each does nothing unless it is implemented. All of them may ask the database: no
/// transaction is under way.
///
/// Where signing up also signs in, the account and its session are made together: [`Hooks::before_login`] and
/// [`Hooks::extra_claims`] are asked before, about an account that the database does not have yet.
pub trait Hooks: Send + Sync + 'static {
    /// Claims beside those of `tokens.claims`, at every sign-in and every refresh. A name that a token has already, and what
    /// does not fit into one kilobyte with the others, is left out and logged. An error refuses the request.
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

    /// Before somebody who has proven nothing makes an account or has a mail sent: for a captcha, for invitations. It is asked
    /// before anything is looked up, hashed or counted for the address. An error refuses the request, and is the answer.
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
    /// async fn is_solved(answer: &str) -> anyhow::Result<bool> {
    ///     // … ask whoever made the captcha
    /// #   Ok(!answer.is_empty())
    /// }
    /// ```
    fn before_request<'h>(&'h self, auth: &'h Auth, asked: &'h Asked<'h>) -> Hook<'h, Result<()>> {
        let _ = (auth, asked);
        Box::pin(async { Ok(()) })
    }

    /// Before a session begins for somebody who has proven who they are. An error refuses it, and is the answer.
    ///
    /// What came before is not undone: a password that was reset is set, and the answer says so without tokens. A sign-up
    /// that would also sign in is refused as a whole: no account is made, and the same address can sign up later. Accounts
    /// that are to wait for your approval need `email_verification.mode = "mandatory"`, where signing up begins no session.
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
    /// A challenge is no refusal: the answer is 200 with its members and without tokens. Whoever has met it signs in with
    /// [`Auth::sign_in`], whose [`Proof`] tells this hook that it was met. An account that a sign-up is about to make has its
    /// id already.
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
    ///             if signing_in.proof == Proof::Application("text message") {
    ///                 return Ok(Admission::Granted);
    ///             }
    ///             let id = send_code(auth, user).await?;
    ///             Ok(Admission::Challenged(Challenge::new(json!({ "code_sent": true, "challenge_id": id }))))
    ///         })
    ///     }
    /// }
    ///
    /// async fn send_code(_: &Auth, user: &User) -> Result<String> {
    ///     // … a row with the hash of a code and `user.id`, and a text message
    /// #   Ok(user.id.to_string())
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

    /// Whether [`Hooks::deliver_code`] is asked at all. If it is, no code verifies the address of an account that is there
    /// already (one that makes an account was mailed, and does), and codes are given out while the mail server is out of
    /// reach.
    fn delivers_codes(&self) -> bool {
        false
    }

    /// A code to sign in with has to reach its owner, by text message for example. `false` leaves it to the mail.
    ///
    /// It runs beside the answer, whose time must not tell whether there is an account; so an error is logged, and whoever
    /// waits for the code asks for another. What it begins may be cut off when the process ends.
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
    /// async fn send(number: &str, text: &str) -> anyhow::Result<()> {
    ///     // … the client of whoever sends your text messages
    /// #   let _ = (number, text);
    ///     Ok(())
    /// }
    /// ```
    fn deliver_code<'h>(&'h self, auth: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
        let _ = (auth, user, code);
        Box::pin(async { Ok(false) })
    }

    /// After an account was made by a sign-up, once for each; where addresses are verified, `user` is not yet. It runs beside
    /// the answer, whose time must not tell whether the address was new. What it begins may be cut off when the process ends.
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

    /// After an account was deleted by its owner, once for each: `user` is what it was. It runs beside the answer; what it
    /// begins may be cut off when the process ends. Rows of your own tables go by `references users on delete cascade`.
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

/// No hooks.
impl Hooks for () {}

/// Runs [`Hooks::after_registration`] on its own, once the transaction that makes the account is committed.
pub(crate) fn registered(auth: &Auth, tx: &mut Tx, user: &User) {
    let (auth, user) = (auth.clone(), user.clone());
    tx.after_commit(move || {
        tokio::spawn(async move { auth.hooks().after_registration(&auth, &user).await });
    });
}

/// Runs [`Hooks::after_deletion`] on its own, once the transaction that deletes the account is committed.
pub(crate) fn deleted(auth: &Auth, tx: &mut Tx, user: &User) {
    let (auth, user) = (auth.clone(), user.clone());
    tx.after_commit(move || {
        tokio::spawn(async move { auth.hooks().after_deletion(&auth, &user).await });
    });
}

/// Asks [`Hooks::before_request`], unless the request is refused for what its fields have anyway.
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
