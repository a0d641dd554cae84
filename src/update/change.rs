//! What becomes of a file.

use crate::tree::File;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Conflict,
    New,
    /// The owner had not changed it.
    Updated,
    /// Both had changed it.
    Merged,
    Removed,
    /// By the owner, and it stays so.
    Deleted,
    /// The owner's, for the reason in the note.
    Kept,
    /// The template has nothing new for it.
    Unchanged,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::New => "new",
            Self::Updated => "updated",
            Self::Merged => "merged",
            Self::Removed => "removed",
            Self::Deleted => "deleted",
            Self::Kept => "kept",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What a conflict leaves for the owner to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Conflict {
    /// Both changed the same lines, which stand between markers.
    Marked,
    /// No line is disputed, but what was merged cannot be read any more.
    Unreadable,
    /// The template's file lies beside the owner's.
    Beside,
}

#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) outcome: Outcome,
    /// Of what kind it is, if it is one.
    pub(crate) conflict: Option<Conflict>,
    pub(crate) note: Option<String>,
    /// What is to be written, and where.
    pub(super) file: Option<File>,
    /// The hash of what lies there now, which is moved out of the way.
    pub(super) was: Option<String>,
    /// Whether it can be run, where the template has changed that.
    pub(super) executable: Option<bool>,
    /// Whether what lies there now is the owner's work, which nobody could bring back.
    pub(super) is_work: bool,
    /// The template's text, where the next update will not find it.
    pub(super) base: Option<String>,
}

impl Change {
    pub(super) fn of(path: &str, outcome: Outcome) -> Self {
        let note = (outcome == Outcome::Deleted).then(|| "by you".to_owned());
        let (file, was, base) = (None, None, None);
        let (conflict, executable, is_work) = (None, None, false);
        Self { path: path.to_owned(), outcome, conflict, note, file, was, executable, is_work, base }
    }

    pub(super) fn conflicting(self, conflict: Conflict) -> Self {
        Self { outcome: Outcome::Conflict, conflict: Some(conflict), ..self }
    }

    pub(super) fn writing(outcome: Outcome, file: &File) -> Self {
        Self { file: Some(file.clone()), ..Self::of(&file.path, outcome) }
    }

    pub(super) fn noted(self, note: &str) -> Self {
        Self { note: Some(note.to_owned()), ..self }
    }
}
