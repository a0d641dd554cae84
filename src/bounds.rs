//! Limits for a child process that renders a foreign template: it ends with its parent, and its memory and processor
//! time are bounded.

use std::fs;
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::path::PathBuf;
use std::process::{self, ExitStatus};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getpgrp, getpid, kill_process_group, setrlimit};

/// Far more than any template needs: most are rendered in milliseconds and a few megabytes.
const MEMORY_MIB: u64 = 1024;
const PROCESSOR_SECONDS: u64 = 10;
/// How often the parent is polled.
const PATIENCE: Duration = Duration::from_millis(20);

/// Kills this process and its children as soon as `parent` is gone, even by SIGKILL, and removes `scratch`.
pub(crate) fn end_with(parent: u32, scratch: Option<PathBuf>) {
    thread::spawn(move || {
        while parent_id() == parent {
            thread::sleep(PATIENCE);
        }
        // The system cleans up leftovers.
        let _ = scratch.map(fs::remove_dir_all);
        if getpgrp() == getpid() {
            let _ = kill_process_group(getpgrp(), Signal::KILL);
        }
        process::exit(1);
    });
}

/// Child processes inherit the limits, so a compiler could not run.
pub(crate) fn limit() {
    let limits = [(Resource::As, MEMORY_MIB * 1024 * 1024), (Resource::Cpu, PROCESSOR_SECONDS)];
    for (resource, most) in limits {
        // Some systems lack a limit; work goes on without it.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
    // An abort for lack of memory must not wait for a core dump.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Explains why a limited process ended without an error message.
pub(crate) fn complaint(status: ExitStatus, stderr: &str) -> Option<String> {
    let memory = stderr.contains("memory allocation of") || stderr.contains("capacity overflow");
    match status.signal() {
        _ if memory => Some(format!("it takes more than {MEMORY_MIB} MiB of memory")),
        // SIGXCPU, and SIGKILL at the hard limit.
        Some(24 | 9) => Some(format!("it takes more than {PROCESSOR_SECONDS} s of processor time")),
        _ if stderr.contains("overflowed its stack") => Some("it is nested too deeply".into()),
        Some(signal) => Some(format!("the process that rendered it was ended by signal {signal}")),
        None => None,
    }
}
