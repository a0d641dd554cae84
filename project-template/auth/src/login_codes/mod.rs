//! Signing in with a code that was mailed, for whoever has no password at hand, or none at all.
//!
//! Who reads an address's mail can set its password anew, so the code gives nobody more than they have. It is a
//! convenience, never a second factor: NIST SP 800-63B-4 does not take mail for one.

mod redeem;
mod request;
mod routes;

use crate::Auth;
use crate::codes;
use crate::db::{self, Tx};
use crate::email::Email;
use crate::openapi::Api;
use crate::registration;
use crate::settings::Section;

/// `[login_codes]`.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether codes are given out and taken.
    pub enabled: bool,
    /// Whether an address without an account gets one when its code is shown.
    pub create_accounts: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { enabled: section.flag("enabled"), create_accounts: section.flag("create_accounts") }
    }
}

/// Only where codes are given out.
pub(crate) fn router(settings: Settings) -> Api {
    if settings.enabled { routes::router() } else { Api::default() }
}

/// Makes the code of an address void, in the transaction in which the address loses its account.
pub(crate) async fn discard(tx: &mut Tx, email: &Email) -> db::Result<()> {
    codes::discard(tx, routes::subject(email)).await
}

/// Whether an address that has no account may get one.
fn may_join(auth: &Auth, email: &Email) -> bool {
    auth.settings().login_codes.create_accounts && registration::is_allowed(auth, email)
}
