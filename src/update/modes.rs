//! The executable bit, the only mode bit that a template controls.

use super::change::{Change, Outcome};
use super::project::Present;
use crate::tree::{File, Mode};

/// The template's value, if it changed since the stamp and the project does not have it yet.
pub(super) fn changed(stamped: Option<bool>, yours: &Present, theirs: &File) -> Option<bool> {
    let new = theirs.mode == Mode::Executable;
    let has_one = !theirs.is_secret() && theirs.mode != Mode::Link && !yours.is_link;
    (has_one && stamped? != new && yours.is_executable != new).then_some(new)
}

/// Applies the bit even if the file does not change otherwise.
pub(super) fn followed(change: Change, bit: Option<bool>, yours: &Present, theirs: &File) -> Change {
    let Some(bit) = bit else { return change };
    if change.outcome == Outcome::Unchanged {
        let file = File { contents: yours.contents.clone(), ..theirs.clone() };
        let note = if bit { "executable now" } else { "no longer executable" };
        let change = Change::writing(Outcome::Updated, &file).noted(note);
        return Change { was: Some(yours.hash()), executable: Some(bit), ..change };
    }
    let executable = change.was.as_ref().and(change.file.as_ref()).map(|_| bit);
    Change { executable, ..change }
}
