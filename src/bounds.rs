//! Limits for a child process that renders a foreign template: it ends with its parent, and its memory and processor
//! time are bounded.

use std::process::ExitStatus;

use crate::platform::{self, LONGEST};

/// Far more than any template needs: most are rendered in milliseconds and a few megabytes.
const MEMORY_MIB: u64 = 1024;

/// What to do about a file that exceeds them.
pub(crate) const REMEDY: &str = "let it loop less, or split it";

/// Child processes inherit the limits, so a compiler could not run.
pub(crate) fn limit() {
    platform::limit(MEMORY_MIB);
}

/// Limits a process that runs scripts. What their commands start is not limited: the shell that stands in lifts it.
pub(crate) fn limit_scripts() {
    platform::limit_memory(MEMORY_MIB);
}

/// Explains why a limited process ended without an error message.
pub(crate) fn complaint(status: ExitStatus, stderr: &str) -> Option<String> {
    let memory = stderr.contains("memory allocation of") || stderr.contains("capacity overflow");
    match platform::signal(status) {
        _ if memory => Some(format!("it takes more than {MEMORY_MIB} MiB of memory")),
        _ if platform::has_no_time_left(status) => Some(format!("it takes more than {LONGEST}")),
        _ if stderr.contains("overflowed its stack") => Some("it is nested too deeply".into()),
        Some(signal) => Some(format!("the process that rendered it was ended by signal {signal}")),
        None => None,
    }
}
