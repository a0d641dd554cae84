use std::path::Path;

use clap::Parser;

/// The version of this crate, which does not know the application's.
const VERSION: &str = concat!("(auth ", env!("CARGO_PKG_VERSION"), ")");

/// `--version` prints the name by which the program was called.
pub(super) fn of_process<A: Parser>() -> A {
    let called = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&called).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let command = A::command().version(VERSION);
    let command = if name.is_empty() { command } else { command.name(name) };
    A::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}
