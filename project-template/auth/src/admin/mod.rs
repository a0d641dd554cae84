//! Pages for staff: plain forms without external resources, which are not in the API's description. Signing in to them,
//! and one's own ways to sign in, are those of [`portal`](crate::portal), with its gate. A dangerous act needs a proof
//! that is at most five minutes old; no act shows a secret.

mod acts;
mod events;
mod invitations;
mod people;
mod routes;
mod settings;
mod shown;
mod store;

pub(crate) use routes::router;
pub use settings::Settings;

use crate::Auth;
use crate::portal::Place;

fn path(auth: &Auth, rest: &str) -> String {
    Place::Admin.path(auth, rest)
}
