//! The only writer to stdout and stderr.
//!
//! Output that could not be written is remembered, so that no command ends as if its result had arrived.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

/// The first error of a write to stdout.
static LOST: OnceLock<String> = OnceLock::new();

/// A reader that has closed its pipe has read enough.
pub(super) fn out(text: &[u8]) {
    let mut stdout = stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => drop(LOST.set(error.to_string())),
        _ => {}
    }
}

/// Errors are ignored: if stderr is closed, there is no way to report them.
pub(super) fn err(text: &str) {
    let _ = stderr().write_all(text.as_bytes());
}

/// What a command has printed, for the process that waits for it.
pub(crate) fn pass_on(output: &[u8], errors: &[u8]) -> io::Result<()> {
    stdout().write_all(output)?;
    stderr().write_all(errors)
}

pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

pub(super) fn out_is_terminal() -> bool {
    stdout().is_terminal()
}

pub(crate) fn err_is_terminal() -> bool {
    stderr().is_terminal()
}

#[expect(clippy::disallowed_methods, reason = "everybody else calls this module")]
fn stdout() -> io::Stdout {
    io::stdout()
}

#[expect(clippy::disallowed_methods, reason = "everybody else calls this module")]
fn stderr() -> io::Stderr {
    io::stderr()
}
