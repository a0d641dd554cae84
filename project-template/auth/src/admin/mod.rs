//! Pages for staff: find users, see and end their sessions, deactivate accounts, assign roles, read the audit log,
//! remove expired data.
//!
//! Signing in here begins an ordinary session, so everything that ends sessions ends it. The browser holds a separate
//! sealed cookie for these pages only, which expires after half an hour without a request (`gate`). Each request looks
//! up the session and the account, so a revoked role takes effect at once. The statement that begins an act decides
//! which accounts the user may do it to (`acts`). A dangerous act also requires the password, unless it was entered
//! within the last five minutes. No act sets or shows a password.
//!
//! The pages are plain forms without scripts or external resources. They are not part of the API, and so not in its
//! description.

mod acts;
mod done;
mod events;
mod gate;
mod people;
mod routes;
mod settings;
mod shown;
mod store;

pub(crate) use gate::COOKIE as SESSION_COOKIE;
pub(crate) use routes::{FORM_COOKIE, router};
pub use settings::Settings;
