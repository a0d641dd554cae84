//! Merges a newer template into a project that its owner has changed. Works in memory; nothing is written here.
//!
//! Each file has three texts: the old template's, the owner's and the new template's. The stamp has the hash of the
//! first, so a file that still matches it needs no merge.

mod alike;
mod base;
mod both;
mod change;
mod env;
mod files;
mod look;
mod merge;
mod modes;
mod moved;
mod project;
mod records;
mod renamed;
mod room;
pub(crate) mod security;

use std::collections::BTreeSet;

use anyhow::Result;

pub(crate) use base::Bases;
pub(crate) use change::{Change, Conflict, Outcome};
pub(crate) use merge::{Labels, NEW, OF_PROGRAM, OLD};
pub(crate) use project::Project;

use crate::project::Plan;
use crate::template::stamp::{self, Stamp};
use crate::tree::{File, Mode, Tree};
use crate::vcs::gap::Gap;
use crate::vcs::history;
use look::{Both, Case, Look};

pub(crate) struct Update {
    /// One change for each path in either template.
    pub(crate) changes: Vec<Change>,
    /// Changes to the program's own files: the stamp, and base texts for the next update.
    records: Vec<Change>,
    /// How to let more files be merged.
    pub(crate) advice: Option<String>,
}

impl Update {
    pub(crate) fn of(project: &Project, tree: &Tree, bases: &Bases, labels: Labels) -> Result<Self> {
        let theirs = tree.files().iter().map(|file| file.path.as_str());
        let paths: BTreeSet<&str> = theirs.chain(project.stamp.files.keys().map(String::as_str)).collect();
        let mut changes = Vec::new();
        let mut to_merge: Vec<Both> = Vec::new();
        let mut directories = Vec::new();
        for path in paths.into_iter().filter(|path| *path != stamp::PATH) {
            let (stamped, theirs) = (project.stamp.hash(path), tree.get(path));
            if let Some(theirs) = theirs.filter(|_| stamped.is_none() && project.has_directory(path)) {
                directories.push(path);
                changes.push(Change::writing(Outcome::New, theirs));
                continue;
            }
            match look::at(Case { path, stamped, yours: project.read(path)?, theirs }) {
                Look::Settled(change) => changes.push(change),
                Look::Both(both) => to_merge.push(both),
                Look::Nothing => {}
            }
        }
        room::check_directories(project, &directories, &changes)?;
        let advice = merge_all(project, &to_merge, bases, labels, &mut changes);
        renamed::follow(project, tree, bases, labels, &mut changes)?;
        for change in &mut changes {
            follow_mode(project, tree, change)?;
        }
        moved::follow(project, tree, bases, labels, &mut changes);
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        room::check(project, &directories, &changes)?;
        let records = records::of(project, tree, &changes)?;
        Ok(Self { changes, records, advice })
    }

    /// The update for an unchanged template.
    pub(crate) fn nothing(project: &Project) -> Result<Self> {
        let mut changes = Vec::new();
        for (path, stamped) in project.stamp.files.iter().filter(|(path, _)| *path != stamp::PATH) {
            let change = match project.read(path)? {
                Some(_) => Change::of(path, Outcome::Unchanged),
                None if stamped == stamp::SECRET => Change::of(path, Outcome::Kept).noted("not on this machine"),
                None => Change::of(path, Outcome::Deleted),
            };
            changes.push(change);
        }
        Ok(Self { changes, records: Vec::new(), advice: None })
    }

    /// Whether the project and its stamp already match the template.
    pub(crate) fn is_nothing(&self) -> bool {
        self.changes.iter().chain(&self.records).all(|change| change.file.is_none() && change.was.is_none())
    }

    pub(crate) fn conflicts(&self) -> impl Iterator<Item = Conflict> {
        self.changes.iter().filter_map(|change| change.conflict)
    }

    /// The files in which its owner has to decide.
    pub(crate) fn conflicting(&self) -> Vec<&str> {
        let conflicts = self.changes.iter().filter(|change| change.conflict.is_some());
        conflicts.filter_map(|change| change.file.as_ref()).map(|file| file.path.as_str()).collect()
    }

    /// Whether texts for the next update are kept in the project.
    pub(crate) fn keeps_bases(&self) -> bool {
        self.records.iter().filter_map(|record| record.file.as_ref()).any(|file| file.path.starts_with(base::LEFT))
    }

    /// Files with uncommitted changes of the owner's, which could not be restored.
    pub(crate) fn uncommitted(&self, project: &Project) -> Vec<String> {
        let work = self.changes.iter().filter(|change| change.is_work);
        let is_committed = |change: &Change| match project.read(&change.path) {
            Ok(Some(present)) => history::is_committed(&project.root, &change.path, &present.contents),
            _ => false,
        };
        work.filter(|change| !is_committed(change)).map(|change| change.path.clone()).collect()
    }

    /// The changes to make in the directory.
    pub(crate) fn plan(&self) -> Plan<'_> {
        let mut plan = Plan { keeps_modes: true, ..Plan::default() };
        for change in self.changes.iter().chain(&self.records) {
            let place = change.file.as_ref();
            plan.place.extend(place);
            plan.executable.extend(change.executable.map(|bit| (change.path.clone(), bit)));
            plan.renamed.extend(change.renamed_from.clone().map(|old| (change.path.clone(), old)));
            let Some(was) = &change.was else { continue };
            plan.expected.insert(change.path.clone(), was.clone());
            if place.is_some() { &mut plan.replaced } else { &mut plan.removed }.push(change.path.clone());
        }
        plan
    }
}

/// The template's changes since the project was rendered, regardless of the owner's changes.
pub(crate) fn behind(stamp: &Stamp, tree: &Tree) -> Vec<Change> {
    let has_other_mode = |file: &File| {
        let was = stamp.is_executable(&file.path).filter(|_| file.mode != Mode::Link);
        was.is_some_and(|was| was != (file.mode == Mode::Executable))
    };
    let is_newer = |file: &File| match stamp.hash(&file.path) {
        None => Some(Outcome::New),
        Some(stamp::SECRET) if file.is_secret() => None,
        Some(hash) => (hash != file.hash() || has_other_mode(file)).then_some(Outcome::Updated),
    };
    let files = tree.files().iter().filter(|file| file.path != stamp::PATH);
    let mut behind: Vec<Change> = files.filter_map(|file| Some(Change::of(&file.path, is_newer(file)?))).collect();
    let gone = stamp.files.keys().filter(|path| tree.get(path).is_none());
    behind.extend(gone.map(|path| Change::of(path, Outcome::Removed)));
    behind.sort_by(|a, b| a.path.cmp(&b.path));
    behind
}

/// Returns advice on how to let more files be merged.
fn merge_all(
    project: &Project,
    to_merge: &[Both],
    bases: &Bases,
    labels: Labels,
    changes: &mut Vec<Change>,
) -> Option<String> {
    // Files ignored by git are in no commit, and may contain secrets.
    let ignored = history::ignored(&project.root, to_merge.iter().map(|both| both.theirs.path.as_str()));
    let (beside, to_merge): (Vec<&Both>, Vec<&Both>) =
        to_merge.iter().partition(|both| ignored.contains(&both.theirs.path));
    changes.extend(beside.into_iter().map(both::beside));
    let wanted = |both: &&Both| Some((both.theirs.path.clone(), both.stamped?.to_owned()));
    let wanted = to_merge.iter().filter_map(wanted).collect();
    let (found, gap) = bases.find(&wanted);
    let merged = to_merge.into_iter().map(|both| {
        let base = found.get(&both.theirs.path).map(Vec::as_slice);
        both::merged(both, base, labels)
    });
    let merged: Vec<Change> = merged.collect();
    let is_lacking = |change: &Change| {
        change.conflict.is_some() && wanted.contains_key(&change.path) && !found.contains_key(&change.path)
    };
    let advice = merged.iter().any(is_lacking).then(|| advice(gap.as_ref()));
    changes.extend(merged);
    advice
}

fn advice(gap: Option<&Gap>) -> String {
    let why = gap.map(|gap| format!(", since {}", gap.why())).unwrap_or_default();
    let remedy = gap.map(|gap| format!("{}; or ", gap.remedy())).unwrap_or_default();
    format!(
        "texts that you and the template both began with were not found{why}. To have more merged, take the update back and \
         {remedy}name with `--base` a directory in which the old program, or the old template, has rendered the project"
    )
}

fn follow_mode(project: &Project, tree: &Tree, change: &mut Change) -> Result<()> {
    let Some(theirs) = tree.get(&change.path) else { return Ok(()) };
    let was = project.stamp.is_executable(&change.path);
    if was.is_none_or(|was| was == (theirs.mode == Mode::Executable)) {
        return Ok(());
    }
    if let Some(yours) = project.read(&change.path)? {
        let bit = modes::changed(was, &yours, theirs);
        *change = modes::followed(change.clone(), bit, &yours, theirs);
    }
    Ok(())
}
