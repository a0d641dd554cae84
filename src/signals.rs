//! Ctrl-C and its kin end the program at once, except while it writes: then the writing undoes itself first.

use std::io;
use std::process;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{Failure, Kind};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing is on the disk yet.
    Before,
    /// What was begun is finished or undone by the one who began it, who also reports it.
    Writing,
}

#[derive(Clone)]
pub(crate) struct Signals {
    received: Arc<AtomicI32>,
    phase: Arc<Mutex<Phase>>,
}

impl Signals {
    pub(crate) fn watch() -> io::Result<Self> {
        let mut arriving = signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let signals = Self {
            received: Arc::default(),
            phase: Arc::new(Mutex::new(Phase::Before)),
        };
        let watcher = signals.clone();
        thread::spawn(move || {
            arriving
                .forever()
                .for_each(|signal| watcher.receive(signal));
        });
        Ok(signals)
    }

    /// As if `number` had come already; zero for none.
    #[cfg(test)]
    pub(crate) fn pretending(number: i32) -> Self {
        Self {
            received: Arc::new(number.into()),
            phase: Arc::new(Mutex::new(Phase::Before)),
        }
    }

    pub(crate) fn writing(&self) -> Writing<'_> {
        *self.lock() = Phase::Writing;
        Writing { signals: self }
    }

    fn receive(&self, signal: i32) {
        self.received.store(signal, Ordering::SeqCst);
        // Held while exiting: the writing cannot begin in between.
        let phase = self.lock();
        if *phase == Phase::Before {
            // A question may have hidden the cursor; there is nobody to tell if showing it fails.
            let _ = console::Term::stderr().show_cursor();
            process::exit(Kind::Signal(signal).exit_code());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Proof that signals are held back; ask it between steps whether one has come.
pub(crate) struct Writing<'a> {
    signals: &'a Signals,
}

impl Writing<'_> {
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.signals.received.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => Err(Failure::new(
                Kind::Signal(signal),
                "interrupted: nothing was left behind",
            )),
        }
    }
}
