//! Where and how the service is reached. Differs from the built-in project: handlers share no parts of a request but
//! the token.

mod settings;

pub use settings::Settings;
