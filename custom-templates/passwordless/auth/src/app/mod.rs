//! The server as a whole: its state, the API on one page, every setting, and what is made of them first.

mod api;
mod describe;
mod parts;
mod settings;
mod state;

pub(crate) use parts::Parts;
pub(crate) use settings::Draft;
pub use settings::Settings;
pub use state::Auth;
