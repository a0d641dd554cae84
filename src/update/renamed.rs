//! Carries the owner's changes to the new name of a file that the template has renamed, which is found by its text.
//!
//! In the stamp a rename is one file removed and one added. An unchanged file is simply replaced. A changed one would
//! stay behind under its old name, where no compiler reads it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;

use super::base::Bases;
use super::both;
use super::change::{Change, Outcome};
use super::look::{Both, is_migration};
use super::merge::Labels;
use super::modes;
use super::project::{Present, Project};
use crate::template::stamp;
use crate::tree::{File, Mode, Tree};

/// Percentage of equal lines from which two files count as a rename.
const ALIKE: usize = 50;

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

/// Pairs old and new files, the most similar first; with equal similarity a pair with the same file name comes first.
fn pairs<'l, 't>(
    left: &'l [Left<'_>],
    found: &BTreeMap<String, Vec<u8>>,
    new: &[&'t File],
) -> Vec<(&'l Left<'l>, &'t File)> {
    let texts: Vec<_> = new.iter().map(|file| std::str::from_utf8(&file.contents).map(Lines::of)).collect();
    let mut candidates = Vec::new();
    for (at, old) in left.iter().enumerate() {
        let Some(base) = found.get(&old.path).and_then(|base| std::str::from_utf8(base).ok()).map(Lines::of) else {
            continue;
        };
        for (to, text) in texts.iter().enumerate() {
            let alike = text.as_ref().map_or(0, |text| base.alike(text));
            if alike >= ALIKE {
                candidates.push((alike, name(&old.path) == name(&new[to].path), at, to));
            }
        }
    }
    candidates.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.cmp(b)));
    let (mut taken_left, mut taken_new) = (BTreeSet::new(), BTreeSet::new());
    let is_free = |(_, _, at, to): &(usize, bool, usize, usize)| {
        let is_free = !taken_left.contains(at) && !taken_new.contains(to);
        if is_free {
            taken_left.insert(*at);
            taken_new.insert(*to);
        }
        is_free
    };
    candidates.into_iter().filter(is_free).map(|(_, _, at, to)| (&left[at], new[to])).collect()
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
    let base = std::str::from_utf8(&theirs.contents).ok().map(str::to_owned);
    let renamed_from = Some(left.path.clone());
    Change { renamed_from, was: None, is_work: false, base, note: Some(note), ..change }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// How often each line occurs in a text, except for lines without letters or digits.
struct Lines<'t> {
    count: usize,
    times: HashMap<&'t str, usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let mut lines = Self { count: 0, times: HashMap::new() };
        for line in text.lines().map(str::trim).filter(|line| line.chars().any(char::is_alphanumeric)) {
            lines.count += 1;
            *lines.times.entry(line).or_default() += 1;
        }
        lines
    }

    /// Lines in both, in percent of the longer text.
    fn alike(&self, other: &Self) -> usize {
        let both = self.times.iter().map(|(line, times)| *times.min(other.times.get(line).unwrap_or(&0)));
        both.sum::<usize>() * 100 / self.count.max(other.count).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_alike_by_the_lines_that_say_something() {
        let alike = |a: &str, b: &str| Lines::of(a).alike(&Lines::of(b));
        assert_eq!(alike("a\nb\nc\nd\n", "  b\nd\n\n}\n{\n"), 50);
        assert_eq!(alike("a\na\nb\n", "a\nb\nc\nd\n"), 50, "a line counts as often as it stands in both");
        assert_eq!((alike("", ""), alike("}\n", "}\n"), alike("a\n", "b\n")), (0, 0, 0));
    }
}
