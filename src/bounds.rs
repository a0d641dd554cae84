//! Bounds of a process of this program that renders what somebody else has written: it ends with the process that started
//! it, and takes only so much memory and processor time.

use std::fs;
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::path::PathBuf;
use std::process::{self, ExitStatus};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getpgrp, getpid, kill_process_group, setrlimit};

/// Far beyond what any template takes: most are rendered in milliseconds and a few megabytes.
const MEMORY_MIB: u64 = 1024;
const PROCESSOR_SECONDS: u64 = 10;
/// How soon the end of the parent is noticed.
const PATIENCE: Duration = Duration::from_millis(20);

/// Ends this process and what it has started as soon as `parent` is gone, even by SIGKILL, and clears `scratch` away.
pub(crate) fn end_with(parent: u32, scratch: Option<PathBuf>) {
    thread::spawn(move || {
        while parent_id() == parent {
            thread::sleep(PATIENCE);
        }
        // What cannot be removed is the system's to clear.
        let _ = scratch.map(fs::remove_dir_all);
        if getpgrp() == getpid() {
            let _ = kill_process_group(getpgrp(), Signal::KILL);
        }
        process::exit(1);
    });
}

/// Processes that this one starts inherit the limits: a compiler would not fit.
pub(crate) fn limit() {
    let limits = [(Resource::As, MEMORY_MIB * 1024 * 1024), (Resource::Cpu, PROCESSOR_SECONDS)];
    for (resource, most) in limits {
        // Where a system has no such limit the work is done without it.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
    // A panic while it is out of memory must not wait for a core file.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Why a process that was to stay within the limits has ended without a word.
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
