//! The outcome of an update for one file.

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
    /// Deleted by the owner; it stays deleted.
    Deleted,
    /// Left to the owner, for the reason in the note.
    Kept,
    /// The template has no change for it.
    Unchanged,
}

impl Outcome {
    /// Whether the update does something, rather than leaving what its owner has done.
    pub(crate) fn is_of_update(self) -> bool {
        !matches!(self, Self::Deleted | Self::Kept | Self::Unchanged)
    }

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

/// The kind of conflict that the owner has to resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Conflict {
    /// Both changed the same lines; the conflict is between markers.
    Marked,
    /// No line conflicts, but the merged file cannot be parsed.
    Unreadable,
    /// The template's file was placed beside the owner's.
    Beside,
}

#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) path: String,
    pub(crate) outcome: Outcome,
    /// The kind of conflict, if any.
    pub(crate) conflict: Option<Conflict>,
    pub(crate) note: Option<String>,
    /// The file to be written.
    pub(super) file: Option<File>,
    /// The old path of the owner's file, if the template has renamed it.
    pub(super) renamed_from: Option<String>,
    /// The hash of the existing file, which is moved away.
    pub(super) was: Option<String>,
    /// The new executable bit, if the template has changed it.
    pub(super) executable: Option<bool>,
    /// Whether the existing file has changes of the owner's, which could not be restored.
    pub(super) is_work: bool,
    /// The template's text, if the next update cannot find it elsewhere.
    pub(super) base: Option<String>,
}

impl Change {
    pub(super) fn of(path: &str, outcome: Outcome) -> Self {
        let note = (outcome == Outcome::Deleted).then(|| "by you".to_owned());
        let (file, renamed_from, was, base) = (None, None, None, None);
        let (conflict, executable, is_work) = (None, None, false);
        Self { path: path.to_owned(), outcome, conflict, note, file, renamed_from, was, executable, is_work, base }
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
