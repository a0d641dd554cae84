//! What a code that is right does.

use super::may_join;
use crate::app::Auth;
use crate::audit::{self, Event, Kind};
use crate::codes::{self, Redeemable};
use crate::db;
use crate::email_verification::{self, EmailNotVerified};
use crate::error::Result;
use crate::hooks;
use crate::http::Client;
use crate::login;
use crate::openapi::one_of;
use crate::openapi::shared::Conflict;
use crate::sessions::{Issued, TooManyDevices};
use crate::users::{self, Email, NewUser, User, role};

one_of! {
    /// What a right code may be refused with.
    NotSignedIn = EmailNotVerified, TooManyDevices, Conflict;
}

/// Uses a code up, and begins a session: none if it was used at the same time, or there is nobody it is for.
///
/// # Errors
/// Those of [`redeem`] and of [`login::complete`].
pub(super) async fn sign_in(auth: &Auth, email: &Email, code: &Redeemable, client: &Client) -> Result<Option<Issued>> {
    match redeem(auth, email, code).await? {
        Some(user) => login::complete(auth, &user, client).await,
        None => Ok(None),
    }
}

/// Uses a code up, and gives whom it signs in: none if it was used at the same time, or there is nobody.
///
/// Mail that was read verifies its address. A code that the application delivered says nothing about mail.
///
/// # Errors
/// 409 `conflict` if somebody signs up with the address at the same time; the code stays good.
async fn redeem(auth: &Auth, email: &Email, code: &Redeemable) -> Result<Option<User>> {
    match users::store::by_email(auth.db(), email).await? {
        Some(user) if !user.is_active => Ok(None),
        Some(user) if !user.email_verified && !auth.hooks().delivers_codes() => {
            email_verification::by_login_code(auth, &user, code).await
        }
        Some(user) => {
            let mut tx = auth.db().begin().await?;
            let is_ours = codes::redeem(&mut tx, code).await?;
            tx.commit().await?;
            Ok(is_ours.then_some(user))
        }
        None if may_join(auth, email) => join(auth, email, code).await,
        None => Ok(None),
    }
}

/// Makes an account without a password.
async fn join(auth: &Auth, email: &Email, code: &Redeemable) -> Result<Option<User>> {
    let new = NewUser {
        email: email.clone(),
        password_hash: None,
        first_name: String::new(),
        last_name: String::new(),
        role: role::USER,
        email_verified: true,
    };
    let mut tx = auth.db().begin().await?;
    if !codes::redeem(&mut tx, code).await? {
        return Ok(None);
    }
    let user = match users::add(&mut tx, &new, auth.now()).await {
        Ok(user) => user,
        Err(error) if db::is_taken(&error) => return Err(Conflict.into()),
        Err(error) => return Err(error.into()),
    };
    audit::record(auth, &mut tx, Event::of(Kind::SignUp, &user)).await?;
    hooks::registered(auth, &mut tx, &user);
    tx.commit().await?;
    Ok(Some(user))
}
