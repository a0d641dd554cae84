//! Signing in with a mailed code. Differs from the built-in project: it is the only way in, and nobody has an account: whoever
//! reads the mail to an address is its owner, and nothing else is known of anybody.

mod redeem;
mod request;
mod routes;
mod settings;
mod sign_in_routes;

pub(crate) use routes::router;
pub use settings::Settings;
