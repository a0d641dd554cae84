//! What a code that is right does.

use uuid::Uuid;

use super::may_join;
use crate::app::Auth;
use crate::codes::{self, Redeemable};
use crate::email_verification::{self, EmailNotVerified};
use crate::error::Result;
use crate::http::Client;
use crate::login;
use crate::openapi::one_of;
use crate::openapi::shared::Conflict;
use crate::registration::{self, SignUp};
use crate::sessions::{Issued, TooManyDevices};
use crate::users::{self, Email, NewUser, role};

one_of! {
    /// What a right code may be refused with.
    NotSignedIn = EmailNotVerified, TooManyDevices, Conflict;
}

/// Uses a code up, and begins a session: none if it was used at the same time, or there is nobody it is for.
///
/// Mail that was read verifies its address. A code that the application delivered says nothing about mail.
///
/// # Errors
/// 409 `conflict` if somebody signs up with the address at the same time; the code stays good. Those of
/// [`login::complete`].
pub(super) async fn sign_in(auth: &Auth, email: &Email, code: &Redeemable, client: &Client) -> Result<Option<Issued>> {
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
        None if may_join(auth, email) => return join(auth, email, code, client).await,
        None => None,
    };
    match user {
        Some(user) => login::complete(auth, &user, client).await,
        None => Ok(None),
    }
}

/// Makes an account without a password.
async fn join(auth: &Auth, email: &Email, code: &Redeemable, client: &Client) -> Result<Option<Issued>> {
    let new = NewUser {
        id: Uuid::now_v7(),
        email: email.clone(),
        password_hash: None,
        first_name: String::new(),
        last_name: String::new(),
        role: role::USER,
        email_verified: true,
    };
    match registration::sign_up(auth, &new, client, Some(code)).await? {
        SignUp::SignedIn(issued) => Ok(Some(issued)),
        SignUp::Taken => Err(Conflict.into()),
        SignUp::CodeUsed => Ok(None),
    }
}
