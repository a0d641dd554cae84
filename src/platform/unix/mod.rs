//! Linux, macOS and other Unix systems.

mod beneath;
mod descendants;

use std::fs::{self, DirBuilder, File, Metadata, Permissions};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpgrp, getpid, getrlimit, kill_process_group, setrlimit, setsid,
};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

pub(crate) use beneath::Beneath;
pub(crate) use descendants::Descendants;

/// For temporary files if the path of the usual directory has unusual characters.
pub(crate) const COMMON_TEMPORARY: Option<&str> = Some("/tmp");
/// The variables that name the directory for temporary files.
pub(crate) const TEMPORARY: &[&str] = &["TMPDIR"];
const PROCESSOR_SECONDS: u64 = 10;
/// The time that a limited process has.
pub(crate) const LONGEST: &str = "10 s of processor time";
/// How often the parent is polled.
const PATIENCE: Duration = Duration::from_millis(20);
const WATCHED: [(i32, usize); 3] = [(SIGHUP, 1), (SIGINT, 2), (SIGTERM, 15)];

/// The absolute path without links.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Creates a new directory that nobody else can read.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Creates a stage, which later runs recognize by its owner and mode.
pub(crate) fn create_stage(path: &Path) -> io::Result<()> {
    create_private(path)
}

pub(crate) fn remove_stage(path: &Path) -> io::Result<()> {
    fs::remove_dir_all(path)
}

/// Whether a file from somebody's disk is meant to be run.
pub(crate) fn is_executable(there: &Metadata, _contents: &[u8]) -> bool {
    there.permissions().mode() & 0o100 != 0
}

pub(crate) fn make_executable(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(crate) fn mode(there: &Metadata) -> Option<u32> {
    Some(there.permissions().mode() & 0o7777)
}

pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

pub(crate) fn link_target(path: &Path) -> io::Result<Vec<u8>> {
    Ok(fs::read_link(path)?.into_os_string().into_vec())
}

/// A file whose lock stands for the directory.
pub(crate) fn lockable(directory: &Path) -> io::Result<File> {
    File::open(directory)
}

/// Starts the process in a group of its own, with which [`kill`] ends what it has started itself.
pub(crate) fn lead_group(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Makes this process lead a group, with which [`kill`] ends what it has started. In a session without a terminal: a command
/// that asks there by itself fails, where one in the background of the terminal's session would be stopped for ever.
pub(crate) fn lead_session() {
    // Fails only in a process that leads a group already.
    let _ = setsid();
}

/// Kills a process, and its process group if it leads one.
pub(crate) fn kill(child: &mut Child) -> io::Result<()> {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // Fails harmlessly if the process leads no group.
        let _ = kill_process_group(group, Signal::KILL);
    }
    child.kill()
}

/// Kills this process and its descendants as soon as `parent` is gone, even by SIGKILL, and removes `scratch`.
pub(crate) fn end_with(parent: u32, scratch: Option<PathBuf>) {
    let descendants = Descendants::adopt();
    thread::spawn(move || {
        while parent_id() == parent {
            thread::sleep(PATIENCE);
        }
        // Before a command is killed, by which the script that waits for it may end this process. The system cleans up
        // what somebody still writes.
        let _ = scratch.map(fs::remove_dir_all);
        drop(descendants);
        if getpgrp() == getpid() {
            let _ = kill_process_group(getpgrp(), Signal::KILL);
        }
        process::exit(1);
    });
}

/// Limits this process, and the processes that it starts.
pub(crate) fn limit(memory_mib: u64) {
    let limits = [(Resource::As, memory_mib * 1024 * 1024), (Resource::Cpu, PROCESSOR_SECONDS)];
    for (resource, most) in limits {
        // Some systems lack a limit; work goes on without it.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
    // An abort for lack of memory must not wait for a core dump.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Limits the memory of this process, and of the processes that it starts until they lift the limit.
pub(crate) fn limit_memory(memory_mib: u64) {
    let wanted = [(Resource::As, memory_mib * 1024 * 1024), (Resource::Core, 0)];
    for (resource, most) in wanted {
        let Rlimit { current, maximum } = getrlimit(resource);
        // Some systems lack a limit; work goes on without it.
        let _ =
            setrlimit(resource, Rlimit { current: Some(current.map_or(most, |current| most.min(current))), maximum });
    }
}

/// Lifts the limits of [`limit_memory`].
pub(crate) fn lift_limit() {
    for resource in [Resource::As, Resource::Core] {
        let Rlimit { maximum, .. } = getrlimit(resource);
        let _ = setrlimit(resource, Rlimit { current: maximum, maximum });
    }
}

/// A link by which a program can be started under another name. Whether there can be one here.
pub(crate) fn link_to(program: &Path, link: &Path) -> io::Result<bool> {
    symlink(program, link).map(|()| true)
}

/// The signal that ended a process.
pub(crate) fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

pub(crate) fn has_no_time_left(status: ExitStatus) -> bool {
    // SIGXCPU, and SIGKILL at the hard limit.
    matches!(status.signal(), Some(24 | 9))
}

/// The terminal's settings before any prompt: prompts read key by key, without an echo.
#[derive(Default)]
pub(crate) struct Terminal(Option<Mutex<Termios>>);

impl Terminal {
    pub(crate) fn here() -> Self {
        Self(tcgetattr(io::stdin()).ok().map(Mutex::new))
    }

    /// Errors are ignored: there is no way to report them.
    pub(crate) fn restore(&self) {
        if let Some(settings) = &self.0 {
            let settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &settings);
        }
    }
}

/// Calls `arrived` with each signal that asks to end, after `received` has its number.
pub(crate) fn watch_signals(
    (received, sent): (&Arc<AtomicUsize>, &Arc<AtomicUsize>),
    arrived: impl Fn(i32) + Send + 'static,
) -> io::Result<()> {
    for (signal, number) in WATCHED {
        // Set in the signal handler itself, so that a writer sees the signal immediately.
        signal_hook::flag::register_usize(signal, Arc::clone(received), number)?;
        if signal != SIGINT {
            signal_hook::flag::register_usize(signal, Arc::clone(sent), number)?;
        }
    }
    let mut arriving = signal_hook::iterator::Signals::new(WATCHED.map(|(signal, _)| signal))?;
    thread::spawn(move || arriving.forever().for_each(arrived));
    Ok(())
}
