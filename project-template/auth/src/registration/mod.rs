//! Signing up.

mod blocked;
mod door;
mod routes;
mod settings;
mod sign_up;

pub(crate) use blocked::{EmailDomainNotAllowed, is_allowed, require_allowed};
pub(crate) use routes::router;
pub use settings::Settings;
pub(crate) use sign_up::{SignUp, With, sign_up};

use crate::Auth;

/// Whether people may make accounts for themselves.
pub(crate) fn is_open(auth: &Auth) -> bool {
    auth.settings().registration.open && !auth.settings().invitations.only
}
