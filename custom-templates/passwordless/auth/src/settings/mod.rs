//! How settings are read: TOML over the compiled-in defaults, the environment over both, every problem at once.
//!
//! Each room reads its own section from a [`Section`]; `app::settings` puts them together.

mod environment;
mod problem;
mod reader;
mod sources;

pub use environment::Environment;
pub(crate) use environment::Source;
pub use problem::{Problem, Problems};
pub use reader::{Choice, Section};
pub(crate) use reader::{Reader, parse_duration};
pub(crate) use sources::variable;

/// The defaults, with a line on each key: the text `settings.toml` begins as.
pub const DEFAULTS: &str = include_str!("../../defaults.toml");

/// Variables every platform and every Django project knows, and the keys they set.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("DEFAULT_FROM_EMAIL", "mail.from"),
    ("EMAIL_HOST", "mail.host"),
    ("EMAIL_HOST_PASSWORD", "mail.password"),
    ("EMAIL_HOST_USER", "mail.user"),
    ("EMAIL_PORT", "mail.port"),
    ("EMAIL_USE_TLS", "mail.tls"),
    ("ENVIRONMENT", "environment"),
    ("REDIS_URL", "redis.url"),
    ("USER_ID_KEY", "users.id_key"),
];
