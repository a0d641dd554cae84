//! Sign-ups with a taken address, where the answer must not tell that it is taken. A sign-in with the password of the first
//! one is answered as at a free address, where that password is an account's whose address nobody has confirmed.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Auth;
use crate::codes::{self, Subject};
use crate::db::Tx;
use crate::error::Result;
use crate::passwords::Verdict;
use crate::users::{Email, User};

const PURPOSE: &str = "sign-up with a taken address";
/// An account whose address nobody confirms is never removed; this is, one per address.
const REMEMBERED: Duration = Duration::from_hours(365 * 24);

#[derive(Serialize, Deserialize)]
struct Attempt {
    password_hash: String,
}

/// Where to keep what a sign-up with a taken address leaves: its purpose and subject among the links.
pub(crate) fn place_of(email: &Email) -> (&'static str, Uuid) {
    (PURPOSE, Subject::named(PURPOSE, email.key()).id())
}

/// Remembers the password of the first sign-up with a taken address, in a link that opens nothing.
pub(crate) async fn remember(auth: &Auth, tx: &mut Tx, email: &Email, password_hash: String) -> Result<SecretString> {
    let (purpose, subject) = place_of(email);
    auth.codes().issue(tx, purpose, (subject, 0), &Attempt { password_hash }, REMEMBERED).await
}

/// For an address that is confirmed, or loses its account.
pub(crate) async fn forget(tx: &mut Tx, email: &Email) -> sqlx::Result<()> {
    let (purpose, subject) = place_of(email);
    codes::forget(tx, purpose, subject).await
}

/// Whether a password that is not the account's is that of a sign-up with its address. Wherever there is such a sign-up,
/// whether or not it made the account, a second hash is compared, and one statement asks for it: the time tells nothing.
pub(super) async fn has_password(
    auth: &Auth,
    email: &Email,
    user: Option<&User>,
    password: SecretString,
) -> Result<bool> {
    let (purpose, subject) = place_of(email);
    let mut tx = auth.db().begin().await?;
    let attempt = auth.codes().carried::<Attempt>(&mut tx, purpose, subject).await?.pop();
    tx.commit().await?;
    let stored = match (user, attempt) {
        (Some(user), _) if user.is_unconfirmed_sign_up() => None,
        (_, None) => return Ok(false),
        (_, Some(attempt)) => Some(attempt.password_hash),
    };
    Ok(auth.passwords().verify(password, stored).await? != Verdict::Wrong)
}
