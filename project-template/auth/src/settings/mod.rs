//! Reads settings: TOML over the compiled-in defaults, the environment over both. Reports every problem at once.
//!
//! Each room reads its own section from a [`Section`]; `app::settings` combines them.

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

/// The defaults, with a comment on each key: the initial text of `settings.toml`.
pub const DEFAULTS: &str = include_str!("../../defaults.toml");

/// Variables that platforms and Django projects set, and their keys.
const WELL_KNOWN: &[(&str, &str)] = &[
    ("CRON_SECRET_KEY", "cron.secret"),
    ("DATABASE_URL", "database.url"),
    ("DEFAULT_FROM_EMAIL", "mail.from"),
    ("EMAIL_HOST", "mail.host"),
    ("EMAIL_HOST_PASSWORD", "mail.password"),
    ("EMAIL_HOST_USER", "mail.user"),
    ("EMAIL_PORT", "mail.port"),
    ("EMAIL_USE_TLS", "mail.tls"),
    ("ENVIRONMENT", "environment"),
    ("REDIS_URL", "redis.url"),
];
