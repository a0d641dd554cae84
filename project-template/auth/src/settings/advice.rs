use super::Section;

pub(crate) trait Deployed {
    /// Production does not start with these.
    fn refuse_unsafe(&self, section: &mut Section<'_>) {
        let _ = section;
    }

    /// Production starts with these, but they should be changed.
    fn advise(&self, advice: &mut Advice) {
        let _ = advice;
    }
}

/// Each line begins with its key and ends with what to do.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    pub(crate) warnings: Vec<String>,
    /// Reminders: the settings alone do not show whether these are unsafe.
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
