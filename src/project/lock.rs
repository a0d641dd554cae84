//! One writer at a time in a directory.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, Kind};
use crate::platform;
use crate::report;

/// How long to wait for another run's lock: without a message, and in total.
pub(super) struct Patience {
    silent: Duration,
    longest: Duration,
}

/// Of many concurrent runs the last one waits for all the others, a moment each.
pub(super) const PATIENCE: Patience = Patience { silent: Duration::from_secs(1), longest: Duration::from_mins(1) };

/// Locks the directory until the handle is dropped. None if the file system has no locks.
pub(super) fn lock(directory: &Path, patience: &Patience) -> Result<Option<File>, Failure> {
    let Ok(handle) = platform::lockable(directory) else { return Ok(None) };
    match handle.try_lock() {
        Ok(()) => return Ok(Some(handle)),
        Err(TryLockError::Error(_)) => return Ok(None),
        Err(TryLockError::WouldBlock) => {}
    }
    let (locked, waiting) = mpsc::channel();
    // If the receiver has given up, a lock that arrives later is dropped.
    thread::spawn(move || locked.send(handle.lock().is_ok().then_some(handle)));
    if let Ok(handle) = waiting.recv_timeout(patience.silent) {
        return Ok(handle);
    }
    report::tell(&format!("waiting for `{}`: another program holds a lock on it", directory.display()));
    waiting.recv_timeout(patience.longest.saturating_sub(patience.silent)).map_err(|_| held(directory))
}

fn held(directory: &Path) -> Failure {
    let message = format!("`{}` is locked by another program, which does not let go", directory.display());
    Failure::new(Kind::Destination, message)
        .hint("wait for it or end it (`lsof` or `fuser` names it), or take another directory")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const NONE: Patience = Patience { silent: Duration::ZERO, longest: Duration::ZERO };

    #[test]
    fn a_lock_that_somebody_else_holds_is_not_waited_for_for_ever() {
        let home = TempDir::new().unwrap();
        let theirs = lock(home.path(), &NONE).unwrap().unwrap();
        let failure = lock(home.path(), &NONE).unwrap_err();
        assert_eq!(failure.kind, Kind::Destination);
        assert!(failure.message.contains("is locked by another program"), "{failure}");
        drop(theirs);
        assert!(lock(home.path(), &PATIENCE).unwrap().is_some(), "nobody who gave up has it");
    }

    #[test]
    fn a_lock_that_is_let_go_is_taken() {
        let home = TempDir::new().unwrap();
        let theirs = lock(home.path(), &NONE).unwrap().unwrap();
        let ours = thread::scope(|scope| {
            let ours = scope.spawn(|| lock(home.path(), &PATIENCE));
            drop(theirs);
            ours.join().unwrap().unwrap()
        });
        assert!(ours.is_some());
    }
}
