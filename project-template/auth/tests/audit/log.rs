//! The log of this process, kept in memory.

use std::io::Write;
use std::sync::{Arc, Mutex, Once, PoisonError};

/// Everything that was logged since [`capture`] was first called.
#[derive(Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static START: Once = Once::new();
static CAPTURED: Mutex<Option<Captured>> = Mutex::new(None);

/// Keeps everything the program logs, down to the last detail, as JSON: a test of this process sees the others' lines too.
pub(crate) fn capture() -> Captured {
    START.call_once(|| {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        *CAPTURED.lock().unwrap() = Some(captured);
    });
    CAPTURED.lock().unwrap().clone().unwrap()
}
