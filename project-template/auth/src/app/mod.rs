//! The server as a whole: its state, the combined API, all settings, and the parts built from them.

pub(crate) mod api;
mod describe;
mod parts;
mod settings;
mod state;

pub(crate) use parts::Parts;
pub(crate) use settings::Draft;
pub use settings::Settings;
pub use state::Auth;
