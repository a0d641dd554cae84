//! Inviting people, who become accounts by setting a password. `guests` has what waits for that; the link of the mail is
//! opened where links of sign-ups are, in `email_verification`.

mod accepting;
mod inviting;
mod pages;
mod routes;
mod settings;

pub use accepting::mailbox_proven;
pub(crate) use inviting::{Inviting, invite, may_invite, revoke};
pub(crate) use routes::router;
pub use settings::Settings;
