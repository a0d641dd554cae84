//! Sessions: the allow list of refresh tokens. Differs from the built-in project: there is no list of sessions for their
//! user, and rotation is a setting (`renewal`).
//!
//! A session is a row with a generation. A refresh token names both, under
//! a key that is not in the state; only the token of the current generation is valid. Using it advances the row in
//! one guarded statement, so exactly one of any number of concurrent attempts wins.

mod authentication;
mod bearer;
mod binding;
mod checkpoints;
mod cookies;
mod credential;
mod current_user;
mod device;
mod ended_by;
mod ending;
mod exchange;
mod extra_claims;
mod fresh;
mod holder;
mod instances;
mod issuing;
mod liveness;
mod logout;
mod refreshing;
mod reload;
mod remembering;
mod renewal;
mod role;
mod rotation;
mod session;
mod settings;
#[path = "../state/sessions.rs"]
mod store;
mod token_routes;
mod transport;
mod twins;

use authentication::Authentication;
pub use cookies::{CookieSettings, Prefix, SameSite};
pub(crate) use cookies::{access_cookie_name, csrf_cookie_name};
use credential::{Shown, authenticated};
pub use current_user::{Credential, CurrentUser};
pub(crate) use ended_by::EndedBy;
pub(crate) use ending::end;
pub use extra_claims::ExtraClaims;
pub use fresh::Fresh;
use holder::Holder;
pub(crate) use holder::start;
pub(crate) use instances::hear_of_changes;
pub use issuing::Issued;
pub(crate) use liveness::{Liveness, is_acceptable};
pub(crate) use refreshing::router;
pub(crate) use remembering::is_forgotten;
pub use renewal::RenewalSettings;
use renewal::rotate;
pub use role::{Role, Staff, Superuser};
use rotation::NotRotated;
pub(crate) use session::Session;
pub use settings::Settings;
/// Here each request asks alone.
use store as batches;
pub(crate) use token_routes::{public_router, router as token_router};
pub use transport::{Delivery, Transport};
pub(crate) use transport::{Prefer, Tokens, presented};
