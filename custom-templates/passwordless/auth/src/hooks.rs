//! Hooks: how an application extends this crate without editing it. Differs from the built-in project: there are
//! no accounts that hooks could be told of.
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

use crate::Auth;
use crate::error::Result;
use crate::http::{Client, Fields};
pub use crate::users::Admission;
use crate::users::{Email, User};

/// The return type of hooks: `Box::pin(async move { … })`.
pub type Hook<'h, T> = Pin<Box<dyn Future<Output = T> + Send + 'h>>;

/// The purpose of an unauthenticated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asking {
    /// A code to sign in with.
    LoginCode,
}

/// An unauthenticated request that sends a mail.
pub struct Asked<'r> {
    /// The purpose.
    pub asking: Asking,
    /// The address it is about. The outcome of the request must not reveal whether the address may sign in.
    pub email: &'r Email,
    /// The client.
    pub client: &'r Client,
    /// The members of the body: `fields.typed("captcha")`.
    pub fields: &'r Fields,
}

/// Each does nothing unless it is implemented.
pub trait Hooks: Send + Sync + 'static {
    /// Called before an unauthenticated client has a mail sent, for captchas: nothing has been looked up or counted yet.
    /// An error rejects the request, and is the response.
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

    /// Who may sign in, of those that `users.allowed` lets, and what their tokens say: asked when a code is asked for, when
    /// one was right, and at each refresh. `None` refuses: no code is mailed (the answer is that of everybody), no session
    /// begins, a session that is refreshed ends. An error refuses this once, and is the answer.
    ///
    /// ```
    /// use auth::hooks::{Admission, Hook, Hooks};
    /// use auth::{Auth, Result, users::User};
    /// use serde_json::{Map, json};
    ///
    /// struct Members;
    ///
    /// impl Hooks for Members {
    ///     fn admit<'h>(&'h self, _: &'h Auth, user: &'h User) -> Hook<'h, Result<Option<Admission>>> {
    ///         Box::pin(async move {
    ///             let Some(plan) = plan_of(&user.email).await? else { return Ok(None) };
    ///             let claims = Map::from_iter([("plan".to_owned(), json!(plan))]);
    ///             Ok(Some(Admission { role: None, claims }))
    ///         })
    ///     }
    /// }
    ///
    /// async fn plan_of(email: &str) -> anyhow::Result<Option<String>> {
    ///     // Yours to write: asks the table of your members.
    ///     anyhow::bail!("nobody has looked for {email}")
    /// }
    /// ```
    fn admit<'h>(&'h self, auth: &'h Auth, user: &'h User) -> Hook<'h, Result<Option<Admission>>> {
        let _ = (auth, user);
        Box::pin(async { Ok(Some(Admission::default())) })
    }

    /// A code to sign in with has to reach its owner, by text message for example. `false` leaves it to the mail. After an
    /// error the code is void, and the answer 503 `mail_unavailable`.
    ///
    /// ```
    /// use auth::hooks::{Hook, Hooks};
    /// use auth::{Auth, Result, users::User};
    /// use secrecy::{ExposeSecret, SecretString};
    ///
    /// struct Chat;
    ///
    /// impl Hooks for Chat {
    ///     fn deliver_code<'h>(&'h self, _: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
    ///         Box::pin(async move {
    ///             send(&user.email, &format!("Your code is {}.", code.expose_secret())).await?;
    ///             Ok(true)
    ///         })
    ///     }
    /// }
    ///
    /// async fn send(to: &str, text: &str) -> anyhow::Result<()> {
    ///     // Yours to write: sends a message.
    ///     anyhow::bail!("nobody sends {} letters to {to}", text.len())
    /// }
    /// ```
    fn deliver_code<'h>(&'h self, auth: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
        let _ = (auth, user, code);
        Box::pin(async { Ok(false) })
    }
}

impl Hooks for () {}

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
