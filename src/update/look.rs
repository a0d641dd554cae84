//! Decides the outcome for one path in the old template, the project and the new template.

use super::change::{Change, Outcome};
use super::env;
use super::project::{ENV, Present};
use crate::template::stamp;
use crate::tree::{File, Mode};

pub(super) struct Case<'a> {
    pub(super) path: &'a str,
    /// The hash of the file that the old template rendered.
    pub(super) stamped: Option<&'a str>,
    pub(super) yours: Option<Present>,
    pub(super) theirs: Option<&'a File>,
}

pub(super) enum Look<'a> {
    Settled(Change),
    /// Both have changed it: merge them.
    Both(Both<'a>),
    /// The file no longer exists anywhere.
    Nothing,
}

pub(super) struct Both<'a> {
    pub(super) stamped: Option<&'a str>,
    pub(super) yours: Present,
    pub(super) theirs: &'a File,
}

pub(super) fn at(case: Case<'_>) -> Look<'_> {
    let Case { path, stamped, yours, theirs } = case;
    let settled = |outcome| Look::Settled(Change::of(path, outcome));
    let is_secret = stamped == Some(stamp::SECRET) || theirs.is_some_and(File::is_secret);
    match (yours, theirs) {
        (None, None) => Look::Nothing,
        (None, Some(theirs)) if stamped.is_none() => Look::Settled(Change::writing(Outcome::New, theirs)),
        (None, Some(_)) if is_secret => settled(Outcome::Kept).noted("not on this machine"),
        (None, Some(_)) => settled(Outcome::Deleted),
        (Some(yours), Some(theirs)) if is_secret => Look::Settled(secret(path, &yours, theirs)),
        (Some(_), None) if is_secret => settled(Outcome::Kept).noted("it may hold secrets"),
        (Some(yours), Some(theirs)) if yours.is(theirs) => settled(Outcome::Unchanged),
        // The template has not changed it, so any difference is the owner's.
        (Some(_), Some(theirs)) if stamped == Some(&theirs.hash()) => settled(Outcome::Unchanged),
        (Some(_), _) if is_migration(path) => settled(Outcome::Kept).noted("a migration may have been applied"),
        (Some(yours), None) if yours.is_as_stamped(stamped) => {
            Look::Settled(Change { was: Some(yours.hash()), ..Change::of(path, Outcome::Removed) })
        }
        (Some(_), None) => settled(Outcome::Kept).noted("the template has it no more; you have changed it"),
        (Some(yours), Some(theirs)) if yours.is_as_stamped(stamped) && yours.is_like(theirs) => {
            let was = Some(yours.hash());
            // If the line endings differ from the template's, they are the owner's choice.
            let file = if stamped == was.as_deref() { theirs.clone() } else { yours.with_ends(theirs) };
            Look::Settled(Change { was, ..Change::writing(Outcome::Updated, &file) })
        }
        (Some(yours), Some(theirs)) => Look::Both(Both { stamped, yours, theirs }),
    }
}

impl Look<'_> {
    fn noted(self, note: &str) -> Self {
        match self {
            Self::Settled(change) => Self::Settled(change.noted(note)),
            other => other,
        }
    }
}

fn secret(path: &str, yours: &Present, theirs: &File) -> Change {
    let texts = yours.text().zip(std::str::from_utf8(&theirs.contents).ok()).filter(|_| path == ENV);
    match texts.and_then(|(yours, theirs)| env::with_missing(yours, theirs)) {
        Some(added) => {
            let file = File { contents: added.text.into_bytes(), mode: Mode::Secret, ..theirs.clone() };
            let file = yours.with_ends(&file);
            let change = Change { was: Some(yours.hash()), ..Change::writing(Outcome::Updated, &file) };
            change.noted(&format!("added {}", added.names.join(", ")))
        }
        None => Change::of(path, Outcome::Unchanged),
    }
}

/// In any template: an applied migration must not change.
pub(super) fn is_migration(path: &str) -> bool {
    path.split('/').any(|part| part == "migrations")
}
