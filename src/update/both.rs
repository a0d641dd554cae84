//! A file that both the owner and the template have changed.

use super::change::{Change, Conflict, Outcome};
use super::look::Both;
use super::merge::{self, Labels, Merged};
use crate::ends;
use crate::template::{lockfile, verify};
use crate::tree::File;

/// Suffix of the template's file, placed beside one that cannot be merged by lines.
pub(super) const NEW: &str = ".new";

pub(super) fn merged(both: &Both, base: Option<&[u8]>, labels: Labels) -> Change {
    let theirs = both.theirs.text();
    let base = base.and_then(|base| std::str::from_utf8(base).ok()).map(ends::unix);
    match both.yours.text().map(ends::unix).zip(theirs.map(ends::unix)) {
        None => beside(both),
        Some((yours, theirs)) if is_lock_file(&both.theirs.path) => {
            let merged = base.map(|base| merge::three_ways(&base, &yours, &theirs, labels));
            locked(both, merged.filter(|merged| merged.conflicts == 0 && lockfile::is_sound(&merged.text)))
        }
        Some((yours, theirs)) => {
            let (merged, note) = match base {
                Some(base) => (merge::three_ways(&base, &yours, &theirs, labels), ""),
                None => (merge::two_ways(&yours, &theirs, labels), "; the text you both began with was not found"),
            };
            let change = text(both, &yours, merged, note);
            Change { base: both.theirs.text().map(str::to_owned), ..change }
        }
    }
}

fn text(both: &Both, yours: &str, merged: Merged, note: &str) -> Change {
    let conflicts = merged.conflicts;
    if merged.text == yours {
        return Change::of(&both.theirs.path, Outcome::Unchanged);
    }
    let file = File { contents: merged.text.into_bytes(), ..both.theirs.clone() };
    let old = File { contents: yours.as_bytes().to_vec(), ..both.theirs.clone() };
    let places = if conflicts == 1 { "1 place".to_owned() } else { format!("{conflicts} places") };
    let change = written(both, Outcome::Merged, &file);
    match verify::complaint(&file).filter(|_| verify::complaint(&old).is_none()) {
        _ if conflicts > 0 => change.conflicting(Conflict::Marked).noted(&format!("{places}{note}")),
        // Changes to different lines can still conflict, such as a key that is then there twice.
        Some(complaint) => change.conflicting(Conflict::Unreadable).noted(&format!("merged, but {complaint}")),
        None => change,
    }
}

fn locked(both: &Both, merged: Option<Merged>) -> Change {
    match merged {
        Some(merged) => {
            let file = File { contents: merged.text.into_bytes(), ..both.theirs.clone() };
            written(both, Outcome::Merged, &file)
        }
        None => Change::of(&both.theirs.path, Outcome::Kept).noted("`cargo build` adds to it what is missing"),
    }
}

/// Places the template's file beside the owner's.
pub(super) fn beside(both: &Both) -> Change {
    let path = format!("{}{NEW}", both.theirs.path);
    let change = Change::of(&both.theirs.path, Outcome::Conflict).conflicting(Conflict::Beside);
    let change = change.noted(&format!("the template's is in `{path}`"));
    Change { file: Some(File { path, ..both.theirs.clone() }), ..change }
}

fn written(both: &Both, outcome: Outcome, file: &File) -> Change {
    let file = both.yours.with_ends(file);
    Change { was: Some(both.yours.hash()), is_work: true, ..Change::writing(outcome, &file) }
}

fn is_lock_file(path: &str) -> bool {
    path.rsplit('/').next() == Some(lockfile::NAME)
}
