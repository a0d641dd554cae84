//! Writes a tree to a directory; nothing else writes to one.
//!
//! A new directory is written beside its destination and renamed into place. An existing directory keeps its owner,
//! mode and mount: it is filled from a stage inside it, whose journal lets the next run undo a filling that was killed.

mod amend;
mod destination;
mod fill;
mod journal;
mod lock;
mod stage;
mod stale;
mod undo;

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use amend::{Held, refuse_other_places};
use destination::Site;
pub(crate) use destination::{Destination, Plan};
use stage::Stage;
pub(crate) use stage::{contents, is_stage};
pub(crate) use stale::is_half_done;

use crate::cli::IfExists;
use crate::failure::{Failure, Kind};
use crate::platform::{self, Beneath};
use crate::signals::{Signals, Writing};
use crate::tree::Tree;
use crate::vcs::{self, Git};

pub(crate) struct Written {
    pub(crate) root: PathBuf,
    pub(crate) created: usize,
    pub(crate) replaced: Vec<String>,
    pub(crate) kept: Vec<String>,
    /// Secrets that the owner's kept ignore file would let into a commit.
    pub(crate) exposed: Vec<String>,
    pub(crate) vcs: vcs::Outcome,
}

/// Writes the whole project, or nothing if anything fails.
pub(crate) fn write(
    tree: &Tree,
    destination: &Destination,
    if_exists: IfExists,
    git: Git,
    signals: &Signals,
) -> Result<Written> {
    // One writer at a time: of two runs with one destination, the second finds the project of the first.
    let (site, lock) = destination.lock()?;
    let writing = signals.writing();
    if lock.is_some() {
        match &site {
            Site::New { anchor, .. } => stale::clear_unfinished(anchor)?,
            Site::Existing { root } => stale::undo(root)?,
        }
    }
    let plan = destination.plan(tree, if_exists)?;
    let written = place(&plan, &site, git, &writing)?;
    if !plan.kept.iter().any(|path| path == vcs::IGNORE_FILE) {
        return Ok(written);
    }
    let secrets = tree.files().iter().filter(|file| file.is_secret()).map(|file| file.path.clone());
    let exposed = vcs::not_ignored(&written.root, secrets.collect());
    Ok(Written { exposed, ..written })
}

fn place(plan: &Plan, site: &Site, git: Git, writing: &Writing) -> Result<Written, Failure> {
    let stage = Stage::create(site.anchor()).map_err(|error| not_writable(site.anchor(), &error))?;
    let inner = stage.tree().join(site.inside());
    for file in &plan.place {
        writing.check()?;
        let written = stage.write(site.inside(), file, None);
        written.map_err(|error| not_writable(&site.root().join(&file.path), &error))?;
    }
    let vcs = git.start(&inner, &site.root(), &plan.place);
    // A signal also kills git; report the signal rather than git's failure.
    writing.check()?;
    match site {
        Site::New { anchor, first, .. } => {
            appear(&stage, anchor, first).map_err(|error| not_writable(first, &error))?;
        }
        Site::Existing { root } => fill::fill(&stage, root, plan)?,
    }
    Ok(Written {
        root: site.root(),
        created: plan.place.len() - plan.replaced.len(),
        replaced: plan.replaced.clone(),
        kept: plan.kept.clone(),
        exposed: Vec::new(),
        vcs,
    })
}

fn appear(stage: &Stage, anchor: &Path, first: &Path) -> io::Result<()> {
    Beneath::open(anchor)?.take(first.file_name().unwrap_or_default(), stage.directory(), stage::NEW)
}

/// Reads a file below a directory without following links.
pub(crate) fn file_below(directory: &Path, path: &str) -> io::Result<Vec<u8>> {
    platform::contents(Beneath::open(&platform::canonical(directory)?)?.file(path)?)
}

/// For errors before any change, or after everything was undone.
fn not_writable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Kind::Destination, format!("`{}` cannot be written: {error}", path.display()))
        .hint("nothing was changed: look at permissions and free space, then run the same command again")
}

#[cfg(test)]
mod tests;
