//! Signing in with a mailed code. A reader of the mail can reset the password anyway, so the code grants nothing more.
//! It is a convenience, never a second factor: NIST SP 800-63B-4 does not accept mail as one.

mod redeem;
mod request;
mod routes;
mod settings;
mod sign_in_routes;

pub use settings::Settings;

use crate::Auth;
use crate::codes;
use crate::db::{self, Tx};
use crate::email::Email;
use crate::error::Result;
use crate::openapi::Api;
use crate::registration;
use crate::users::{self, User};

pub(crate) fn router(settings: Settings) -> Api {
    if settings.enabled { routes::router() } else { Api::default() }
}

/// Call it in the transaction in which the address loses its account.
pub(crate) async fn discard(tx: &mut Tx, email: &Email) -> db::Result<()> {
    codes::discard(tx, routes::subject(email)).await
}

/// None for a guest whose invitation has expired: the address is free.
async fn account(auth: &Auth, email: &Email) -> Result<Option<User>> {
    let user = users::by_address(auth.db(), email).await?;
    Ok(user.filter(|user| !user.was_guest(auth.now())))
}

fn may_join(auth: &Auth, email: &Email) -> bool {
    auth.settings().login_codes.create_accounts && registration::is_allowed(auth, email)
}
