//! What a code that is right does.

use secrecy::SecretString;
use uuid::Uuid;

use super::may_join;
use super::routes::subject;
use crate::Auth;
use crate::codes::{self, Redeemable, RequestId, Subject};
use crate::email_verification::{self, Wish};
use crate::error::Result;
use crate::error::shared::Conflict;
use crate::http::Client;
use crate::login::{self, Terms};
use crate::openapi::one_of;
use crate::registration::{self, SignUp};
use crate::sessions::{EmailNotVerified, Proof, SignIn, TooManyDevices};
use crate::throttle;
use crate::users::{self, Email, NewUser, User, role};

one_of! {
    /// What a right code may be refused with.
    NotSignedIn = EmailNotVerified, TooManyDevices, Conflict;
}

/// Judges a guess, see [`codes::compare`]. A code is for the account that it was asked for: who takes an address over is
/// not signed in by what was sent to the one before, nor may that one come back by it.
pub(super) async fn compare(
    auth: Auth,
    (email, client): (Email, Client),
    request: Option<RequestId>,
    code: SecretString,
) -> Result<Option<Redeemable>> {
    let user = users::store::by_email(auth.db(), &email).await?;
    let known = throttle::known_at(&auth, email.key(), &client).await?;
    codes::compare(auth, subject_of(&email, user.as_ref()).known_at(known), request, code).await
}

/// What a code is for that signs in with an address, and to this account if it has one.
pub(super) fn subject_of(email: &Email, user: Option<&User>) -> Subject {
    let subject = subject(email);
    user.map_or(subject, |user| subject.owned_by(user.id, user.auth_version))
}

/// Uses a code up, and begins a session: none if it was used at the same time, or there is nobody it is for.
///
/// Mail that was read verifies its address. A code that the application delivered says nothing about mail.
///
/// # Errors
/// 409 `conflict` if somebody signs up with the address at the same time; the code stays good. Those of
/// [`login::complete`].
pub(super) async fn sign_in(
    auth: &Auth,
    email: &Email,
    code: &Redeemable,
    client: &Client,
    forgotten: bool,
) -> Result<Option<SignIn>> {
    let user = match users::store::by_email(auth.db(), email).await? {
        Some(user) if !user.is_active => None,
        Some(user) if !user.email_verified && !auth.hooks().delivers_codes() => {
            email_verification::by_login_code(auth, &user, code).await?
        }
        Some(user) => {
            let mut tx = auth.db().begin().await?;
            let is_ours = codes::redeem(&mut tx, code).await?;
            tx.commit().await?;
            is_ours.then_some(user)
        }
        None if may_join(auth, email) => return join(auth, email, code, client, forgotten).await,
        None => None,
    };
    match user {
        Some(user) => login::complete(auth, &user, client, Terms { proof: Proof::LoginCode, forgotten }).await,
        None => Ok(None),
    }
}

/// Makes an account without a password. Its code was mailed: the application delivers those of accounts alone, and one of
/// an account that is gone is void.
async fn join(
    auth: &Auth,
    email: &Email,
    code: &Redeemable,
    client: &Client,
    forgotten: bool,
) -> Result<Option<SignIn>> {
    let new = NewUser {
        id: Uuid::now_v7(),
        email: email.clone(),
        password_hash: None,
        first_name: String::new(),
        last_name: String::new(),
        role: role::USER,
        email_verified: true,
    };
    let wish = Wish { forgotten, ..Wish::default() };
    match registration::sign_up(auth, &new, (client, Proof::LoginCode), &wish, Some(code)).await? {
        SignUp::Done(sign_in) => Ok(Some(sign_in)),
        SignUp::Taken => Err(Conflict.into()),
        SignUp::CodeUsed => Ok(None),
    }
}
