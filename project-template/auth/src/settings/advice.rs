//! What a deployment asks of settings: production refuses some, and `check --deploy` has a line for others.

use super::Section;

/// A section of the settings, seen from a deployment.
pub(crate) trait Deployed {
    /// Reports settings that production does not start with.
    fn refuse_unsafe(&self, section: &mut Section<'_>) {
        let _ = section;
    }

    /// Names settings that production starts with, but that should be changed.
    fn advise(&self, advice: &mut Advice) {
        let _ = advice;
    }
}

/// The lines of `check --deploy`. Each begins with its key and ends with what to do.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    pub(crate) warnings: Vec<String>,
    /// Reminders of what cannot be judged from the settings.
    pub(crate) notes: Vec<String>,
}

impl Advice {
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    pub(crate) fn warn_if(&mut self, applies: bool, warning: &str) {
        if applies {
            self.warn(warning);
        }
    }

    pub(crate) fn note_if(&mut self, applies: bool, note: &str) {
        if applies {
            self.notes.push(note.to_owned());
        }
    }
}
