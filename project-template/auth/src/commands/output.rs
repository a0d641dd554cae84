//! Printing, where a reader that has seen enough, such as `head`, is no error. `println!` would panic.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Panics if it cannot write, for example to a full disk: the caller's result would be lost.
pub(super) fn line(text: impl Display) {
    whole(format_args!("{text}\n"));
}

pub(super) fn whole(text: impl Display) {
    let mut output = std::io::stdout().lock();
    match write!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("cannot print: {error}"),
        _ => {}
    }
}

pub(super) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
