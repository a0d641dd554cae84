//! Reads settings: TOML over the compiled-in defaults, the environment over both. Reports every problem at once. Each
//! room reads its own section from a [`Section`]; `app::settings` combines them.

mod advice;
mod collect;
mod environment;
mod problem;
mod sections;
mod sources;
mod variables;
mod well_known;

pub(crate) use advice::{Advice, Deployed};
pub(crate) use collect::{collect, collect_one};
pub use environment::Environment;
pub(crate) use environment::Source;
pub use problem::{Problem, Problems};
pub use sections::{Choice, Section};
pub(crate) use sections::{Sections, parse_duration};
pub(crate) use sources::variable;

/// The defaults, with a comment on each key: the initial text of `settings.toml`.
pub const DEFAULTS: &str = include_str!("../../defaults.toml");
