//! Ctrl-C, SIGTERM and SIGHUP end the program at once, except while it writes: then the writing undoes itself first.

use std::io;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{Failure, Kind};

const WATCHED: [(i32, usize); 3] = [(SIGHUP, 1), (SIGINT, 2), (SIGTERM, 15)];

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing is on the disk yet.
    #[default]
    Before,
    /// What was begun is finished or undone by the one who began it, who also reports it.
    Writing,
}

#[derive(Clone, Default)]
pub(crate) struct Signals {
    /// Zero for none.
    received: Arc<AtomicUsize>,
    phase: Arc<Mutex<Phase>>,
    /// As it was before anybody was asked: a question reads key by key, without an echo.
    terminal: Option<Arc<Mutex<Termios>>>,
}

impl Signals {
    pub(crate) fn watch() -> io::Result<Self> {
        let terminal = tcgetattr(io::stdin()).ok().map(|terminal| Arc::new(Mutex::new(terminal)));
        let signals = Self { terminal, ..Self::default() };
        for (signal, number) in WATCHED {
            // Set by the handler itself: the writing sees a signal as soon as it has arrived.
            signal_hook::flag::register_usize(signal, Arc::clone(&signals.received), number)?;
        }
        let mut arriving = signal_hook::iterator::Signals::new(WATCHED.map(|(signal, _)| signal))?;
        let watcher = signals.clone();
        thread::spawn(move || {
            arriving.forever().for_each(|signal| watcher.end_unless_writing(signal));
        });
        Ok(signals)
    }

    /// As if a signal had come already.
    #[cfg(test)]
    pub(crate) fn pretending(number: usize) -> Self {
        let signals = Self::default();
        signals.received.store(number, Ordering::SeqCst);
        signals
    }

    pub(crate) fn writing(&self) -> Writing<'_> {
        *self.lock() = Phase::Writing;
        Writing { signals: self }
    }

    /// Something begun before the project is written, undone by itself before the program ends.
    pub(crate) fn hold<T>(&self, errand: impl FnOnce(&Writing) -> Result<T>) -> Result<T> {
        let outcome = errand(&self.writing());
        *self.lock() = Phase::Before;
        // One that came too late for the errand has not ended the program, and one that comes now will.
        Writing { signals: self }.check()?;
        outcome
    }

    fn end_unless_writing(&self, signal: i32) {
        // Held while exiting: the writing cannot begin in between.
        let phase = self.lock();
        if *phase == Phase::Before {
            self.restore_terminal();
            process::exit(128 + signal);
        }
    }

    /// There is nobody to tell if it fails.
    fn restore_terminal(&self) {
        if let Some(terminal) = &self.terminal {
            let terminal = terminal.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &terminal);
        }
        // A question may have hidden the cursor.
        let _ = console::Term::stderr().show_cursor();
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
    /// After somebody else had it.
    pub(crate) fn restore_terminal(&self) {
        self.signals.restore_terminal();
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.signals.received.load(Ordering::SeqCst) {
            0 => Ok(()),
            number => Err(Failure::new(Kind::Signal(number), "interrupted: nothing was left behind")),
        }
    }
}
