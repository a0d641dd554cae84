//! Pages for staff: plain forms without scripts or external resources, which are not in the API's description. Signing
//! in here begins an ordinary session, so everything that ends sessions ends it. The browser holds a separate sealed
//! cookie for these pages only (`gate`). Each request looks up the session and the account, so a revoked role takes
//! effect at once. A dangerous act needs the password, unless it was entered within five minutes; no act shows one.

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
