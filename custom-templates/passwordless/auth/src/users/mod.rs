//! Who somebody is without an account: an address, and the id that follows from it. Differs from the built-in project:
//! there are no accounts.
//!
//! The id is an HMAC of the address as it is compared, under `users.id_key`: the same at every instance and after every
//! rotation of the signing keys, and nobody who sees one can find out whose it is by trying addresses.

mod admission;
mod columns;
pub mod role;
mod settings;
mod user;

pub use crate::email::Email;
pub use admission::Admission;
pub(crate) use columns::{COLUMNS, Column};
pub use settings::Settings;
pub use user::User;

use crate::Auth;
use crate::error::Result;
use crate::tokens::UserClaims;

/// The claim that has the address.
pub(crate) const EMAIL: &str = "email";

/// What the tokens of somebody say; none if they may not sign in, by the settings or by the application's hook.
pub(crate) async fn claims(auth: &Auth, user: &User) -> Result<Option<UserClaims>> {
    let settings = &auth.settings().users;
    if !settings.allows(&user.address) {
        return Ok(None);
    }
    let Some(admission) = auth.hooks().admit(auth, user).await? else { return Ok(None) };
    let mut extra = auth.settings().claims.of(user, admission.claims);
    if extra.insert(EMAIL.to_owned(), user.email.clone().into()).is_some() {
        tracing::error!(claim = EMAIL, "every token has this claim already; it is left out");
    }
    let role = admission.role.unwrap_or_else(|| settings.role(&user.address));
    Ok(Some(UserClaims { role, email_verified: true, extra }))
}

/// Whom claims are of, if the id is still the one that follows from the address.
pub(crate) fn of_claims(auth: &Auth, id: uuid::Uuid, claims: &UserClaims) -> Option<User> {
    let address = Email::parse(claims.extra.get(EMAIL)?.as_str()?)?;
    Some(User::of(&auth.settings().users, &address)).filter(|user| user.id == id)
}
