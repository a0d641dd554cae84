//! Ctrl-C, SIGTERM and SIGHUP end the program at once, except during a write, which is undone first.

use std::io;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::cli::Format;
use crate::failure::{Failure, Kind};
use crate::platform::{self, Terminal};
use crate::report;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing has been written yet.
    #[default]
    Before,
    /// The writer finishes or undoes its work, and reports the signal.
    Writing,
}

#[derive(Clone, Default)]
pub(crate) struct Signals {
    /// The signal's number, or zero.
    received: Arc<AtomicUsize>,
    /// The same of those that no key sends. A question that one of them interrupts also raises the signal of Ctrl-C.
    sent: Arc<AtomicUsize>,
    phase: Arc<Mutex<Phase>>,
    terminal: Arc<Terminal>,
    /// Whether scripts expect a document on stdout.
    documents: bool,
}

impl Signals {
    pub(crate) fn watch(format: Format) -> io::Result<Self> {
        let (terminal, documents) = (Arc::new(Terminal::here()), format == Format::Json);
        let signals = Self { terminal, documents, ..Self::default() };
        let watcher = signals.clone();
        platform::watch_signals((&signals.received, &signals.sent), move |signal| watcher.end_unless_writing(signal))?;
        Ok(signals)
    }

    /// For tests: as if a signal had arrived already.
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

    /// Defers signals during work that cleans up after itself, which may be a part of other such work.
    pub(crate) fn hold<T>(&self, errand: impl FnOnce(&Writing) -> Result<T>) -> Result<T> {
        let before = *self.lock();
        let outcome = errand(&self.writing());
        *self.lock() = before;
        // Checks for a signal that arrived too late for the errand; later ones end the program again.
        Writing { signals: self }.check()?;
        outcome
    }

    fn end_unless_writing(&self, signal: i32) {
        // The lock is held while exiting, so that no write can begin.
        let phase = self.lock();
        if *phase == Phase::Before {
            self.restore_terminal();
            let signal = i32::try_from(self.number()).ok().filter(|number| *number != 0).unwrap_or(signal);
            if self.documents {
                let number = usize::try_from(signal).unwrap_or_default();
                report::refused(&Failure::new(Kind::Signal(number), "interrupted: nothing was written"));
            }
            process::exit(128 + signal);
        }
    }

    /// An interruption by the signal that caused it. A question only knows that it was interrupted.
    pub(crate) fn named(&self, error: anyhow::Error) -> anyhow::Error {
        let number = self.number();
        match error.downcast::<Failure>() {
            Ok(Failure { kind: Kind::Signal(_), message, .. }) if number != 0 => {
                Failure::new(Kind::Signal(number), message).into()
            }
            Ok(failure) => failure.into(),
            Err(error) => error,
        }
    }

    /// The number of the signal that the program ends with, or zero.
    fn number(&self) -> usize {
        match self.sent.load(Ordering::SeqCst) {
            0 => self.received.load(Ordering::SeqCst),
            number => number,
        }
    }

    fn restore_terminal(&self) {
        self.terminal.restore();
        // A prompt may have hidden the cursor. An error cannot be reported.
        if report::err_is_terminal() {
            let _ = console::Term::stderr().show_cursor();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Proof that signals are deferred. Check it between steps.
pub(crate) struct Writing<'a> {
    signals: &'a Signals,
}

impl Writing<'_> {
    /// Call after another program has used the terminal.
    pub(crate) fn restore_terminal(&self) {
        self.signals.restore_terminal();
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.signals.number() {
            0 => Ok(()),
            number => Err(Failure::new(Kind::Signal(number), "interrupted: nothing was left behind")),
        }
    }
}
