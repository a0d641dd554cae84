use secrecy::SecretString;

use super::routes::subject;
use super::{account, may_join};
use crate::Auth;
use crate::codes::{Redeemable, RequestId, Subject};
use crate::credentials;
use crate::email_verification::{self, Wish};
use crate::error::Result;
use crate::error::shared::Conflict;
use crate::http::Client;
use crate::login::{self, Terms};
use crate::registration::{self, SignUp, With};
use crate::sessions::{Proof, SignIn};
use crate::users::{Email, NewUser, User};

/// A code is bound to the account it was requested for: if the address moves to another account, it opens neither.
pub(super) async fn compare(
    auth: Auth,
    (email, client): (Email, Client),
    request: Option<RequestId>,
    code: SecretString,
) -> Result<Option<Redeemable>> {
    let user = account(&auth, &email).await?;
    let known = auth.throttle().known_at(email.key(), &client).await?;
    auth.codes().compare(subject_of(&email, user.as_ref()).known_at(known), request, code).await
}

pub(super) fn subject_of(email: &Email, user: Option<&User>) -> Subject {
    let subject = subject(email);
    user.map_or(subject, |user| subject.owned_by(user.id, user.auth_version))
}

/// None if another request used the code, or there is no account for it. Mail that was read verifies its address; a
/// code that the application delivered proves nothing about mail. After a 409 `conflict` the code stays valid.
pub(super) async fn sign_in(
    auth: &Auth,
    email: &Email,
    code: &Redeemable,
    client: &Client,
    forgotten: bool,
) -> Result<Option<SignIn>> {
    let user = match account(auth, email).await? {
        Some(user) if !user.is_active || user.is_guest() => None,
        Some(user) if !user.email_verified && !auth.hooks().delivers_codes() => {
            email_verification::by_login_code(auth, &user, code).await?
        }
        Some(user) => {
            let mut tx = auth.db().begin().await?;
            let is_ours = code.redeem(&mut tx).await?;
            tx.commit().await?;
            is_ours.then_some(user)
        }
        None if may_join(auth, email) => return join(auth, email, code, client, forgotten).await,
        None => None,
    };
    match user {
        Some(user) => {
            if !auth.hooks().delivers_codes() {
                credentials::discard_for_reader(auth, &user).await?;
            }
            login::complete(auth, &user, client, Terms { proof: Proof::LoginCode, forgotten }).await
        }
        None => Ok(None),
    }
}

/// Its code was mailed: the application only delivers codes for accounts, and a code for a deleted account is void.
async fn join(
    auth: &Auth,
    email: &Email,
    code: &Redeemable,
    client: &Client,
    forgotten: bool,
) -> Result<Option<SignIn>> {
    let new = NewUser::without_password(email.clone(), String::new(), String::new());
    let wish = Wish { forgotten, ..Wish::default() };
    match registration::sign_up(auth, &new, (client, Proof::LoginCode), &wish, With::Code(code)).await? {
        SignUp::Done(sign_in) => Ok(Some(sign_in)),
        SignUp::Taken => Err(Conflict.into()),
        SignUp::CodeUsed => Ok(None),
    }
}
