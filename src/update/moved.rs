//! Applies the template's changes to a file that its owner has moved, which is found by its text.

use std::collections::BTreeMap;

use super::change::{Change, Outcome};
use super::project::{Present, Project};
use crate::ends;
use crate::template::stamp;
use crate::tree::{File, Tree};
use crate::vcs::history;

pub(super) fn follow(project: &Project, tree: &Tree, changes: &mut Vec<Change>) {
    let gone: Vec<(usize, &File, &str)> = changes
        .iter()
        .enumerate()
        .filter(|(_, change)| change.outcome == Outcome::Deleted)
        .filter_map(|(at, change)| Some((at, tree.get(&change.path)?, project.stamp.hash(&change.path)?)))
        .filter(|(_, theirs, stamped)| theirs.hash() != *stamped)
        .collect();
    if gone.is_empty() {
        return;
    }
    let hashes: Vec<&str> = gone.iter().map(|(_, _, stamped)| *stamped).collect();
    let mut places = places(project, tree, &hashes);
    for (at, theirs, stamped) in gone {
        let note = match &mut places.get_mut(stamped).map_or(&mut [][..], |places| &mut places[..]) {
            [] => "by you; the template has changed it since".to_owned(),
            [(path, yours)] => {
                changes.push(at_its_place(path, yours, theirs));
                let note = format!("by you, moved to `{path}`");
                places.remove(stamped);
                note
            }
            several => {
                let paths: Vec<String> = several.iter().map(|(path, _)| format!("`{path}`")).collect();
                format!("by you; the template has changed it since, and its old text is in {}", paths.join(", "))
            }
        };
        changes[at].note = Some(note);
    }
}

/// Finds files of the owner's with these hashes at paths that the template does not know.
fn places<'h>(project: &Project, tree: &Tree, hashes: &[&'h str]) -> BTreeMap<&'h str, Vec<(String, Present)>> {
    let is_ours = |path: &str| path == stamp::PATH || path.starts_with(super::base::LEFT) || tree.get(path).is_some();
    let mut places: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for path in history::tracked(&project.root) {
        if is_ours(&path) || project.stamp.hash(&path).is_some() {
            continue;
        }
        // An unreadable file was not moved.
        let Some(present) = project.read(&path).ok().flatten() else { continue };
        let is_blank = present.text().is_none_or(|text| text.trim().is_empty());
        let hash = hashes.iter().find(|hash| !is_blank && ends::has_hash(&present.contents, hash));
        places.entry(hash.copied().unwrap_or_default()).or_default().push((path, present));
    }
    places.remove("");
    places
}

fn at_its_place(path: &str, yours: &Present, theirs: &File) -> Change {
    let file = File { path: path.to_owned(), ..yours.with_ends(theirs) };
    let change = Change::writing(Outcome::Updated, &file).noted(&format!("`{}`, which you have moved", theirs.path));
    Change { was: Some(yours.hash()), ..change }
}
