//! Every other system, which means Windows, with the standard library alone.
//!
//! It cannot promise as much as `unix`: paths are checked for links before they are used, not while they are; symbolic
//! links are not created; only the time of a foreign template is limited, not its memory; what a killed template has
//! started goes on; and files have no modes. The directory for temporary files is the user's own there.

mod beneath;
mod records;

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

pub(crate) use beneath::Beneath;
pub(crate) use records::{create_stage, lockable, remove_stage};

/// For temporary files if the path of the usual directory has unusual characters: there is no other one.
pub(crate) const COMMON_TEMPORARY: Option<&str> = None;
/// The variables that name the directory for temporary files.
pub(crate) const TEMPORARY: &[&str] = &["TMP", "TEMP", "TMPDIR"];
/// Several times what `unix` allows, since this counts the time that other processes take, too.
const SECONDS: u64 = 60;
/// The time that a limited process has.
pub(crate) const LONGEST: &str = "60 s";
/// The exit code of a process that had too little time.
const NO_TIME_LEFT: i32 = 124;
/// How often a signal is checked for.
const PATIENCE: Duration = Duration::from_millis(20);
const WATCHED: [(i32, usize); 2] = [(SIGINT, 2), (SIGTERM, 15)];

/// The absolute path without links.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    let path = path.canonicalize()?;
    Ok(path.to_str().and_then(without_prefix).map_or_else(|| path.clone(), PathBuf::from))
}

/// A path of Windows without `\\?\`, which git and the command prompt do not understand.
fn without_prefix(path: &str) -> Option<&str> {
    path.strip_prefix(r"\\?\").filter(|path| path.as_bytes().get(1) == Some(&b':'))
}

pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Whether a file from somebody's disk is meant to be run, as far as its contents tell.
pub(crate) fn is_executable(_there: &Metadata, contents: &[u8]) -> bool {
    contents.starts_with(b"#!/")
}

#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(crate) fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn mode(_there: &Metadata) -> Option<u32> {
    None
}

#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(crate) fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    Ok(())
}

pub(crate) fn link_target(path: &Path) -> io::Result<Vec<u8>> {
    Ok(fs::read_link(path)?.to_string_lossy().into_owned().into_bytes())
}

pub(crate) fn lead_group(command: &mut Command) -> &mut Command {
    command
}

pub(crate) fn lead_session() {}

pub(crate) fn kill(child: &mut Child) -> io::Result<()> {
    child.kill()
}

/// Does nothing: a process cannot see here that its parent is gone, and a limited one ends by itself.
pub(crate) fn end_with(_parent: u32, _scratch: Option<PathBuf>) {}

/// Processes that outlive their parents belong to nobody here.
pub(crate) struct Descendants;

impl Descendants {
    pub(crate) fn adopt() -> Self {
        Self
    }
}

impl Drop for Descendants {
    fn drop(&mut self) {}
}

/// Limits the time of this process.
pub(crate) fn limit(_memory_mib: u64) {
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(SECONDS));
        process::exit(NO_TIME_LEFT);
    });
}

/// Does nothing: there is no limit of memory here.
pub(crate) fn limit_memory(_memory_mib: u64) {}

pub(crate) fn lift_limit() {}

#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub(crate) fn link_to(_program: &Path, _link: &Path) -> io::Result<bool> {
    Ok(false)
}

pub(crate) fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

pub(crate) fn has_no_time_left(status: ExitStatus) -> bool {
    status.code() == Some(NO_TIME_LEFT)
}

/// Prompts leave no settings behind that would have to be restored.
#[derive(Default)]
pub(crate) struct Terminal;

impl Terminal {
    pub(crate) fn here() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "it has settings on Unix")]
    pub(crate) fn restore(&self) {}
}

/// Calls `arrived` with the first signal that asks to end, after `received` has its number.
pub(crate) fn watch_signals(
    (received, sent): (&Arc<AtomicUsize>, &Arc<AtomicUsize>),
    arrived: impl Fn(i32) + Send + 'static,
) -> io::Result<()> {
    for (signal, number) in WATCHED {
        signal_hook::flag::register_usize(signal, Arc::clone(received), number)?;
        if signal != SIGINT {
            signal_hook::flag::register_usize(signal, Arc::clone(sent), number)?;
        }
    }
    let received = Arc::clone(received);
    thread::spawn(move || {
        loop {
            let number = received.load(Ordering::SeqCst);
            if let Some((signal, _)) = WATCHED.iter().find(|(_, watched)| *watched == number) {
                return arrived(*signal);
            }
            thread::sleep(PATIENCE);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_windows_is_given_as_other_programs_take_it() {
        assert_eq!(without_prefix(r"\\?\C:\work\shop"), Some(r"C:\work\shop"));
        for other in [r"\\?\UNC\server\share", r"\\server\share", r"C:\work", "/work"] {
            assert_eq!(without_prefix(other), None, "{other}");
        }
    }
}
