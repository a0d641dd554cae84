//! Differs from the built-in project: nobody has an account, so nobody signs up.

use secrecy::SecretString;

use super::routes::subject;
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::codes::{Redeemable, RequestId};
use crate::error::Result;
use crate::http::Client;
use crate::sessions::{self, Issued};
use crate::users::{self, Email, User};

pub(super) async fn compare(
    auth: Auth,
    (email, client): (Email, Client),
    request: Option<RequestId>,
    code: SecretString,
) -> Result<Option<Redeemable>> {
    let known = auth.throttle().known_at(email.key(), &client).await?;
    auth.codes().compare(subject(&email).known_at(known), request, code).await
}

/// None if another request used the code, or its owner may not sign in.
pub(super) async fn sign_in(
    auth: &Auth,
    email: &Email,
    code: &Redeemable,
    client: &Client,
    forgotten: bool,
) -> Result<Option<Issued>> {
    let user = User::of(&auth.settings().users, email);
    let Some(claims) = users::claims(auth, &user).await? else {
        auth.audit().note(Event::of(Kind::SignInFailed, &user).because(Reason::Inactive));
        return Ok(None);
    };
    let mut tx = auth.db().begin().await?;
    if !code.redeem(&mut tx).await? {
        return Ok(None);
    }
    let issued = sessions::start(auth, &mut tx, &user, &claims, client, !forgotten).await?;
    auth.throttle().remember(&mut tx, email.key(), client).await?;
    auth.audit().write(&mut tx, Event::of(Kind::SignIn, &user).session(issued.session)).await?;
    tx.commit().await?;
    Ok(Some(issued))
}
