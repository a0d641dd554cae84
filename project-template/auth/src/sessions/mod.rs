//! Sessions: the allow list of refresh tokens. A session is a row with a generation. A refresh token names both, under
//! a key that is not in the database; only the token of the current generation is valid. Using it advances the row in
//! one guarded statement, so exactly one of any number of concurrent attempts wins.

mod admission;
mod authentication;
mod batch_store;
mod batches;
mod bearer;
mod binding;
mod challenge;
mod checkpoints;
mod cookies;
mod credential;
mod current_user;
mod db_user;
mod device;
mod device_names;
mod ended_by;
mod ending;
mod ending_all;
mod exchange;
mod extra_claims;
mod fresh;
mod holder;
mod instances;
mod invalidation;
mod issuing;
mod limit;
mod liveness;
mod logout;
mod mailbox;
mod reauthentication;
mod refreshing;
mod reload;
mod remembering;
mod role;
mod rotation;
mod routes;
mod second_factor;
mod session;
mod settings;
mod sign_in;
mod store;
mod token_routes;
mod transport;
mod twins;
mod verified_user;

use time::OffsetDateTime;
use uuid::Uuid;

pub use admission::{Admission, Proof, SigningIn};
pub(crate) use admission::{
    Admitted, EmailNotVerified, Entry, SignedIn, admit, admit_with_factor, demand_setup, require,
};
pub(crate) use authentication::{Authentication, Method, Methods};
pub(crate) use batches::Batches;
pub use challenge::Challenge;
pub(crate) use challenge::Due;
pub use cookies::{CookieSettings, Prefix, SameSite};
pub(crate) use cookies::{access_cookie_name, cleared, csrf_cookie_name, split_name};
pub(crate) use credential::session_over;
use credential::{Shown, authenticated};
pub use current_user::{Credential, CurrentUser};
pub use db_user::DbUser;
pub(crate) use device_names::{device_name, is_known, known_device_name};
pub(crate) use ended_by::EndedBy;
pub(crate) use ending::{Ended, end, end_in};
use ending_all::end_beyond;
pub(crate) use ending_all::{end_all, is_live, is_taken_back};
pub use extra_claims::ExtraClaims;
pub use fresh::Fresh;
pub(crate) use fresh::{NotFresh, is_fresh};
use holder::Holder;
pub(crate) use holder::{live_user, start};
pub(crate) use instances::hear_of_changes;
pub(crate) use invalidation::take_back_access;
pub use invalidation::{TokenKinds, invalidate};
pub use issuing::Issued;
pub use limit::OnLimit;
pub(crate) use limit::{TooManyDevices, make_room};
pub(crate) use liveness::{Liveness, is_acceptable};
pub(crate) use mailbox::{forget_mail, reads_mail, reads_mail_by};
pub(crate) use reauthentication::{access_cookies, has_second_factor, prove};
pub(crate) use remembering::is_forgotten;
pub use role::{Role, Staff, Superuser};
pub(crate) use rotation::{NotRotated, rotate};
pub(crate) use routes::router;
pub use second_factor::SecondFactor;
pub(crate) use session::Session;
pub use settings::Settings;
pub use sign_in::SignIn;
pub(crate) use token_routes::{public_router, router as token_router};
pub use transport::{Delivery, Transport};
pub(crate) use transport::{Prefer, Tokens, presented};

pub use verified_user::VerifiedUser;

use crate::Auth;
use crate::error::Result;
use limit::MAX_PER_USER;

pub(crate) async fn shorten(auth: &Auth, session: Uuid, until: OffsetDateTime) -> Result<()> {
    Ok(store::shorten(auth.db(), session, until).await?)
}

pub(crate) async fn is_remembered(auth: &Auth, session: Uuid) -> Result<bool> {
    Ok(store::by_id(auth.db(), session).await?.is_some_and(|session| session.remembered))
}

/// Newest first: at most as many as `sessions.max_per_user` can allow.
pub(crate) async fn live_of_user(auth: &Auth, user: Uuid) -> Result<Vec<Session>> {
    Ok(store::live_of_user(auth.db(), user, auth.now(), MAX_PER_USER).await?)
}

pub(crate) async fn all_of_user(auth: &Auth, user: Uuid) -> Result<Vec<Session>> {
    Ok(store::all_of_user(auth.db(), user).await?)
}

pub(crate) async fn remove_expired(auth: &Auth, now: OffsetDateTime, limit: u32) -> sqlx::Result<u64> {
    store::EXPIRING.remove(auth.db(), now, limit).await
}

pub(crate) async fn count_expired(auth: &Auth, now: OffsetDateTime) -> sqlx::Result<u64> {
    store::EXPIRING.count(auth.db(), now).await
}
