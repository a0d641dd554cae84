//! A newer template merged into a project that its owner has worked on, as values: nothing is written here.
//!
//! Three texts of each file meet: what the old template rendered, what the owner has made of it, what the new template
//! renders. Of the first one the project's stamp has the hash, so a file that is as it was rendered needs no merging.

mod base;
mod both;
mod change;
mod env;
mod look;
mod merge;
mod project;
pub(crate) mod security;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

pub(crate) use base::Bases;
pub(crate) use change::{Change, Conflict, Outcome};
pub(crate) use merge::Labels;
pub(crate) use project::Project;

use crate::failure::{Failure, Kind};
use crate::project::Plan;
use crate::template::stamp::{self, Stamp};
use crate::tree::{File, Mode, Origin, Tree};
use crate::vcs::history;
use look::{Both, Case, Look};

pub(crate) struct Update {
    /// Of every file that one of the templates has, by path.
    pub(crate) changes: Vec<Change>,
    /// Of what the program keeps for itself: the stamp, and texts for the next update.
    records: Vec<Change>,
}

impl Update {
    pub(crate) fn of(project: &Project, tree: &Tree, bases: &Bases, labels: Labels) -> Result<Self> {
        let theirs = tree.files().iter().map(|file| file.path.as_str());
        let paths: BTreeSet<&str> = theirs.chain(project.stamp.files.keys().map(String::as_str)).collect();
        let mut changes = Vec::new();
        let mut to_merge: Vec<Both> = Vec::new();
        for path in paths.into_iter().filter(|path| *path != stamp::PATH) {
            let case =
                Case { path, stamped: project.stamp.hash(path), yours: project.read(path)?, theirs: tree.get(path) };
            match look::at(case) {
                Look::Settled(change) => changes.push(change),
                Look::Both(both) => to_merge.push(both),
                Look::Nothing => {}
            }
        }
        let wanted = |both: &Both| Some((both.theirs.path.clone(), both.stamped?.to_owned()));
        let found = bases.find(&to_merge.iter().filter_map(wanted).collect());
        for both in to_merge {
            let base = found.get(&both.theirs.path).map(Vec::as_slice);
            changes.push(both::merged(&both, base, labels));
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        check_room(project, &changes)?;
        let records = records(project, tree, &changes)?;
        Ok(Self { changes, records })
    }

    /// Whether all is as the template has it, its stamp included.
    pub(crate) fn is_nothing(&self) -> bool {
        self.changes.iter().chain(&self.records).all(|change| change.file.is_none() && change.was.is_none())
    }

    pub(crate) fn conflicts(&self) -> impl Iterator<Item = Conflict> {
        self.changes.iter().filter_map(|change| change.conflict)
    }

    /// Files whose changes by the owner are in no commit, so that nobody could bring them back.
    pub(crate) fn uncommitted(&self, project: &Project) -> Vec<String> {
        let work = self.changes.iter().filter(|change| change.is_work);
        let is_committed = |change: &Change| {
            change.was.as_ref().is_some_and(|hash| history::is_committed(&project.root, &change.path, hash))
        };
        work.filter(|change| !is_committed(change)).map(|change| change.path.clone()).collect()
    }

    /// What is to be done to the directory.
    pub(crate) fn plan(&self) -> Plan<'_> {
        let mut plan = Plan { keeps_modes: true, ..Plan::default() };
        for change in self.changes.iter().chain(&self.records) {
            let place = change.file.as_ref();
            plan.place.extend(place);
            let Some(was) = &change.was else { continue };
            plan.expected.insert(change.path.clone(), was.clone());
            if place.is_some() { &mut plan.replaced } else { &mut plan.removed }.push(change.path.clone());
        }
        plan
    }
}

/// What the template has newer than the project was rendered with, whatever its owner has made of it.
pub(crate) fn behind(stamp: &Stamp, tree: &Tree) -> Vec<Change> {
    let is_newer = |file: &File| match stamp.hash(&file.path) {
        None => Some(Outcome::New),
        Some(stamp::SECRET) if file.is_secret() => None,
        Some(hash) => (hash != file.hash()).then_some(Outcome::Updated),
    };
    let files = tree.files().iter().filter(|file| file.path != stamp::PATH);
    let mut behind: Vec<Change> = files.filter_map(|file| Some(Change::of(&file.path, is_newer(file)?))).collect();
    let gone = stamp.files.keys().filter(|path| tree.get(path).is_none());
    behind.extend(gone.map(|path| Change::of(path, Outcome::Removed)));
    behind.sort_by(|a, b| a.path.cmp(&b.path));
    behind
}

/// Nothing that somebody has is in the way of what is new.
fn check_room(project: &Project, changes: &[Change]) -> Result<()> {
    let new = changes.iter().filter(|change| change.was.is_none()).filter_map(|change| change.file.as_ref());
    for file in new {
        if project.read(&file.path)?.is_some_and(|present| !present.is(file)) {
            let message = format!("`{}` is in the way", file.path);
            return Err(Failure::new(Kind::Destination, message).hint("move it away").into());
        }
    }
    Ok(())
}

fn records(project: &Project, tree: &Tree, changes: &[Change]) -> Result<Vec<Change>> {
    let mut wanted: BTreeMap<String, Option<File>> = BTreeMap::new();
    for path in project.stamp.files.keys() {
        wanted.insert(format!("{}{path}", base::LEFT), None);
    }
    for change in changes {
        let path = format!("{}{}", base::LEFT, change.path);
        if let Some(base) = &change.base {
            let contents = base.as_bytes().to_vec();
            let file = File { path: path.clone(), contents, mode: Mode::Plain, origin: Origin::BuiltIn };
            wanted.insert(path, Some(file));
        } else if let Some((left, theirs)) = project.read(&path)?.zip(tree.get(&change.path))
            && change.outcome == Outcome::Unchanged
            && left.is(theirs)
        {
            wanted.remove(&path);
        }
    }
    wanted.insert(stamp::PATH.to_owned(), tree.get(stamp::PATH).cloned());
    let mut records = Vec::new();
    for (path, file) in wanted {
        let was = project.read(&path)?;
        let is_right = match (&was, &file) {
            (Some(was), Some(file)) => was.is(file),
            (was, file) => was.is_none() && file.is_none(),
        };
        if !is_right {
            let was = was.map(|was| was.hash());
            records.push(Change { file, was, ..Change::of(&path, Outcome::Updated) });
        }
    }
    Ok(records)
}
