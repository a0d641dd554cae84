use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use serde_json::json;

use super::{Terms, attempt, complete};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::error::shared::Throttled;
use crate::error::{Error, Result, in_one_line, refusals};
use crate::factors::Locked;
use crate::http::{Client, Fields};
use crate::metrics::Way;
use crate::openapi::{Api, at, bodies, routes};
use crate::passwords::Verdict;
use crate::sessions::{self, Delivery, EmailNotVerified, Prefer, Proof, SignIn, SignedIn, TooManyDevices};
use crate::throttle::{Action, Guess};
use crate::users::{self, Email, User};

pub(crate) fn router() -> Api {
    at(Api::default(), routes!(login))
}

bodies! {
    /// An address and its password.
    #[schema(example = json!({ "email": "ada@example.com", "password": "correct horse battery staple" }))]
    struct Credentials {
        #[schema(format = Email)]
        email: String,
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        password: String,
        /// False on a shared computer: the browser drops the cookies when it is closed, and the session lasts for
        /// `sessions.unremembered_lifetime`. True by default.
        #[schema(required = false)]
        remember: bool,
    }
}

refusals! {
    /// There is no account with this address, the password is wrong, or the account is deactivated; the answer does
    /// not say which.
    IncorrectCredentials = UNAUTHORIZED, "incorrect_credentials", "Incorrect credentials";
}

/// Signs in with an address and a password.
#[utoipa::path(
    post, path = "/login/", operation_id = "login", tag = "Sessions", request_body = Credentials, params(Prefer),
    responses(
        (status = 200, description = "Signed in, or a second factor is due.", body = SignedIn),
        IncorrectCredentials,
        EmailNotVerified,
        TooManyDevices,
        Locked,
        Throttled,
    ),
)]
async fn login(State(auth): State<Auth>, client: Client, delivery: Delivery, fields: Fields) -> Result<Response> {
    let sign_in = sign_in(&auth, &client, fields).await;
    auth.metrics().sign_in(Way::Password, SignIn::outcome(sign_in.as_ref()));
    Ok(sign_in?.answer(&auth, delivery, StatusCode::OK, json!({})))
}

async fn sign_in(auth: &Auth, client: &Client, mut fields: Fields) -> Result<SignIn> {
    auth.throttle().limit_client(Action::Login, client).await?;
    let email = fields.email("email");
    let password = fields.secret("password");
    let forgotten = sessions::is_forgotten(&mut fields).unwrap_or_default();
    let (email, password) = fields.finish_with(email.zip(password))?;
    let user = checked(auth, client, &email, password).await?.ok_or(IncorrectCredentials)?;
    let terms = Terms { proof: Proof::Password, forgotten };
    Ok(complete(auth, &user, client, terms).await?.ok_or(IncorrectCredentials)?)
}

/// Counts against the budgets for guesses.
pub(crate) async fn checked(
    auth: &Auth,
    client: &Client,
    email: &Email,
    password: SecretString,
) -> Result<Option<User>> {
    let verified = verified(auth.clone(), email.clone(), password);
    let user = auth.throttle().guarded(Guess::Password(email.key()), client, verified).await;
    if let Err(Error::Throttled(_)) = user {
        auth.audit().note(Event::at(Kind::LockedOut, email, None).because(Reason::WrongPassword));
    }
    user
}

/// An address without an account takes as long.
///
/// # Errors
/// 401 `email_not_verified`, before which nothing is forgiven: a sign-up with a taken address must not give guesses at the
/// owner's password back, and one with a free address must not be told from it by that.
async fn verified(auth: Auth, email: Email, password: SecretString) -> Result<Option<User>> {
    let user = users::by_address(auth.db(), &email).await?;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verdict = auth.passwords().verify(password.clone(), stored).await?;
    let is_right = verdict != Verdict::Wrong && user.is_some();
    if is_pending(&auth, &email, user.as_ref(), is_right, password.clone()).await? {
        let event = Event::at(Kind::SignInFailed, &email, user.as_ref().map(|user| user.id));
        auth.audit().note(event.because(Reason::NotVerified));
        return Err(EmailNotVerified.into());
    }
    let refusal = match &user {
        None => Some(Reason::UnknownAddress),
        Some(_) if verdict == Verdict::Wrong => Some(Reason::WrongPassword),
        Some(user) => (!user.is_active).then_some(Reason::Inactive),
    };
    if let Some(reason) = refusal {
        auth.audit().note(Event::at(Kind::SignInFailed, &email, user.as_ref().map(|user| user.id)).because(reason));
        return Ok(None);
    }
    let Some(user) = user else { return Ok(None) };
    if verdict == Verdict::RightButOutdated {
        renew_hash(&auth, &user, password).await;
    }
    Ok(Some(user))
}

/// Whether it is the password of a sign-up that waits for its confirmation, or of one with a taken address.
async fn is_pending(
    auth: &Auth,
    email: &Email,
    user: Option<&User>,
    is_right: bool,
    password: SecretString,
) -> Result<bool> {
    let waits = user.is_some_and(User::is_unconfirmed_sign_up);
    if !auth.settings().email_verification.is_mandatory() || (is_right && !waits) {
        return Ok(false);
    }
    let has_attempt = attempt::has_password(auth, email, user, password).await?;
    Ok((is_right && waits) || has_attempt)
}

/// A sign-in does not fail with it; the next one tries again.
async fn renew_hash(auth: &Auth, user: &User, password: SecretString) {
    let renewed = async {
        let hash = auth.passwords().hash(password).await?;
        user.renew_hash(auth.db(), &hash).await?;
        Ok::<_, anyhow::Error>(())
    };
    if let Err(error) = renewed.await {
        tracing::warn!(user = %user.id, error = in_one_line(&error), "a password's hash could not be renewed");
    }
}
