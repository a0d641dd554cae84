//! Carries the owner's changes to the new name of a file that the template has renamed, which is found by its text.
//!
//! In the stamp a rename is one file removed and one added. An unchanged file is simply replaced. A changed one would
//! stay behind under its old name, where no compiler reads it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::alike::{self, Text};
use super::base::Bases;
use super::both;
use super::change::{Change, Outcome};
use super::look::{Both, is_migration};
use super::merge::Labels;
use super::modes;
use super::project::{Present, Project};
use crate::template::stamp;
use crate::tree::{File, Mode, Tree};

/// A file that the owner has changed and the template no longer has.
struct Left<'p> {
    path: String,
    stamped: &'p str,
    yours: Present,
}

pub(super) fn follow(
    project: &Project,
    tree: &Tree,
    bases: &Bases,
    labels: Labels,
    changes: &mut [Change],
) -> Result<()> {
    let left = left(project, tree, changes)?;
    let wanted: BTreeMap<_, _> = left.iter().map(|left| (left.path.clone(), left.stamped.to_owned())).collect();
    let (found, _) = bases.find(&wanted);
    let is_new = |change: &&Change| change.outcome == Outcome::New && change.was.is_none();
    let new = changes.iter().filter(is_new).filter_map(|change| tree.get(&change.path));
    let new: Vec<&File> = new.filter(|file| file.mode != Mode::Link).collect();
    for (left, theirs) in pairs(&left, &found, &new) {
        let base = found.get(&left.path).map(Vec::as_slice);
        let executable = modes::changed(project.stamp.is_executable(&left.path), &left.yours, theirs);
        let carried = Change { executable, ..carried(left, base, theirs, labels) };
        for change in changes.iter_mut() {
            if change.path == left.path {
                let note = format!("renamed to `{}`, with your changes", theirs.path);
                *change =
                    Change { was: Some(left.yours.hash()), is_work: true, ..Change::of(&left.path, Outcome::Removed) };
                change.note = Some(note);
            } else if change.path == theirs.path {
                *change = carried.clone();
            }
        }
    }
    Ok(())
}

fn left<'p>(project: &'p Project, tree: &Tree, changes: &[Change]) -> Result<Vec<Left<'p>>> {
    let mut left = Vec::new();
    for change in changes.iter().filter(|change| change.outcome == Outcome::Kept) {
        let stamped = project.stamp.hash(&change.path).filter(|stamped| *stamped != stamp::SECRET);
        let Some(stamped) = stamped.filter(|_| tree.get(&change.path).is_none() && !is_migration(&change.path)) else {
            continue;
        };
        if let Some(yours) = project.read(&change.path)?.filter(|yours| yours.text().is_some()) {
            left.push(Left { path: change.path.clone(), stamped, yours });
        }
    }
    Ok(left)
}

fn pairs<'l, 't>(
    left: &'l [Left<'_>],
    found: &BTreeMap<String, Vec<u8>>,
    new: &[&'t File],
) -> Vec<(&'l Left<'l>, &'t File)> {
    let base = |left: &'l Left| Some((left, std::str::from_utf8(found.get(&left.path)?).ok()?));
    let old: Vec<(&Left, &str)> = left.iter().filter_map(base).collect();
    let new: Vec<(&File, &str)> = new.iter().filter_map(|file| Some((*file, file.text()?))).collect();
    let old_texts: Vec<Text> = old.iter().map(|(left, text)| Text::of(&left.path, text)).collect();
    let new_texts: Vec<Text> = new.iter().map(|(file, text)| Text::of(&file.path, text)).collect();
    let pairs = alike::pairs(&alike::candidates(&old_texts, &new_texts));
    pairs.iter().map(|pair| (old[pair.old].0, new[pair.new].0)).collect()
}

fn carried(left: &Left, base: Option<&[u8]>, theirs: &File, labels: Labels) -> Change {
    let both = Both { stamped: Some(left.stamped), yours: left.yours.clone(), theirs };
    let merged = both::merged(&both, base, labels);
    let change = if merged.file.is_some() {
        merged
    } else {
        // The owner already has all of the template's changes.
        let file = File { contents: left.yours.contents.clone(), ..theirs.clone() };
        Change::writing(Outcome::Merged, &left.yours.with_ends(&file))
    };
    let places = change.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    let note = format!("your changes to `{}`, which is called so now{places}", left.path);
    let base = theirs.text().map(str::to_owned);
    let renamed_from = Some(left.path.clone());
    Change { renamed_from, was: None, is_work: false, base, note: Some(note), ..change }
}
