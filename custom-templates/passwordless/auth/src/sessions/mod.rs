//! Sessions: the family of refresh tokens that one sign-in begins, their rotation, and the end of one that was
//! replayed. Differs from the built-in project: there is no list of sessions, and rotation is a setting.
//!
//! A session is a row with a generation. A refresh token names the session and the generation it belongs to, under a key
//! that is not in the state; only the token of the current generation is live. Using it moves the row on in one step, so
//! of any number of parallel attempts one wins. Without `sessions.rotation` the first token stays the live one.

#[allow(dead_code, reason = "a mailed code is the only way in")]
mod authentication;
mod bearer;
mod binding;
mod checkpoints;
mod cookies;
mod credential;
mod current_user;
#[allow(dead_code, reason = "there is no list of sessions")]
mod device;
#[allow(dead_code, reason = "accounts have more ways to end one")]
mod ending;
mod extra_claims;
mod fresh;
mod holder;
mod instances;
mod issuing;
#[allow(dead_code, reason = "accounts can have all tokens taken back")]
mod liveness;
mod refreshing;
mod reload;
mod remembering;
mod renewal;
mod role;
mod rotation;
mod session;
mod settings;
#[allow(dead_code, reason = "there is no second factor")]
mod sign_in;
mod store;
mod token_routes;
mod transport;
mod twins;

use authentication::Authentication;
pub use cookies::{CookieSettings, Prefix, SameSite};
pub(crate) use cookies::{access_cookie_name, csrf_cookie_name};
use credential::{Shown, authenticated};
pub use current_user::{Credential, CurrentUser};
pub(crate) use ending::{EndedBy, end};
pub use extra_claims::ExtraClaims;
pub use fresh::Fresh;
use holder::Holder;
pub(crate) use holder::start;
pub(crate) use instances::hear_of_changes;
pub use issuing::Issued;
pub(crate) use liveness::{Liveness, is_acceptable};
pub(crate) use refreshing::router;
pub(crate) use remembering::is_forgotten;
use renewal::rotate;
pub use role::{Role, Staff, Superuser};
use rotation::NotRotated;
use session::Session;
pub use settings::Settings;
pub use sign_in::{Challenge, SignIn};
pub(crate) use token_routes::{public_router, router as token_router};
pub use transport::{Delivery, Transport};
pub(crate) use transport::{Prefer, Tokens as SignedIn, Tokens, presented};
