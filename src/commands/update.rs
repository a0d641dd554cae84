//! `update`: project, new render, merge, write, report.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Error, Result};

use super::anew::{Anew, is_interrupted};
use super::{CONFLICTS, DONE, both, with_the_values};
use crate::cli::{self, TemplateArguments};
use crate::failure::{Failure, Kind};
use crate::project::{self, Held};
use crate::prompts;
use crate::report::{Report, Updated};
use crate::signals::Signals;
use crate::template::stamp::Stamp;
use crate::update::{self, Bases, Labels, Project, Update};
use crate::vcs::gap::Gap;
use crate::version::Version;

pub(super) fn run(arguments: &cli::Update, report: &Report, signals: &Signals) -> Result<i32> {
    let with_the_values = || with_the_values(&arguments.template);
    let root = Project::directory(&arguments.directory).map_err(Error::from).map_err(with_the_values())?;
    let held = if arguments.dry_run {
        Project::refuse_half_done(&root, &arguments.template.update(&arguments.directory))?;
        None
    } else {
        Some(Held::at(&root, signals)?)
    };
    let project = Project::at(&root).map_err(with_the_values())?;
    refuse_unresolved(&project, &arguments.template, signals)?;
    let may_ask = !arguments.defaults && prompts::somebody_is_there();
    let base = arguments.base.as_deref().map(directory).transpose();
    let anew = Anew::of(&project, &arguments.template, (may_ask, &|notice| report.notice(notice)), signals);
    let (anew, base) = both(anew, base)?;
    let bases = Bases { project: &project, rendered: &|| anew.of_old(&project, signals), directory: base };
    let (base, theirs) = labels(&project.stamp);
    let update = match &anew.tree {
        Some(tree) => Update::of(&project, tree, &bases, Labels { base: &base, theirs: &theirs })?,
        None => Update::nothing(&project)?,
    };
    // Nothing is merged into markers of git's; where there is nothing to merge, they are still not resolved.
    let unresolved =
        if update.is_nothing() { project.unresolved(anew.tree.as_ref(), &bases)? } else { BTreeSet::new() };
    let code = if update.conflicts().next().is_some() || !unresolved.is_empty() { CONFLICTS } else { DONE };
    let directory = &arguments.directory;
    let updated = Updated { code, project: &project, directory, update: &update, unresolved: &unresolved };
    let refused = refuse(arguments, &project, &update);
    let Some(held) = held else {
        let refusal = refused.err();
        report.would_update(&updated, refusal.as_ref());
        return Ok(refusal.map_or(code, |refusal| refusal.kind.exit_code()));
    };
    refused?;
    if !update.is_nothing() {
        held.amend(&update.plan(), signals)?;
    }
    report.updated(&updated);
    Ok(code)
}

fn refuse(arguments: &cli::Update, project: &Project, update: &Update) -> Result<(), Failure> {
    if !arguments.allow_dirty {
        refuse_uncommitted(project, &update.uncommitted(project))?;
    }
    project::refuse_other_places(&project.root, &update.plan())
}

/// Nested markers of two updates cannot be told apart.
fn refuse_unresolved(project: &Project, template: &TemplateArguments, signals: &Signals) -> Result<()> {
    let nothing_rendered = Bases { project, rendered: &Vec::new, directory: None };
    if project.left_over(None, &nothing_rendered)?.is_empty() {
        return Ok(());
    }
    // Without questions: a conflict is one whatever the template has become.
    let anew = match Anew::of(project, template, (false, &|_| {}), signals) {
        Err(error) if is_interrupted(&error) => return Err(error),
        anew => anew.ok(),
    };
    let rendered = || anew.as_ref().map(|anew| anew.of_old(project, signals)).unwrap_or_default();
    let bases = Bases { project, rendered: &rendered, directory: None };
    let left = project.left_over(anew.as_ref().and_then(|anew| anew.tree.as_ref()), &bases)?;
    if left.is_empty() {
        return Ok(());
    }
    let left: Vec<String> = left.into_iter().collect();
    let message = format!("conflicts of an earlier update are still in {}", left.join(", "));
    Err(Failure::new(Kind::Destination, message)
        .hint("decide what is to stand between `<<<<<<<` and `>>>>>>>`, and remove the markers")
        .hint("take over what you want of a `.new` file, and remove it")
        .into())
}

/// The repository is the only way to restore the owner's work.
fn refuse_uncommitted(project: &Project, uncommitted: &[String]) -> Result<(), Failure> {
    if uncommitted.is_empty() {
        return Ok(());
    }
    let files = uncommitted.join(", ");
    let silence = Gap::of(&project.root).filter(Gap::is_silence);
    let message = match &silence {
        Some(gap) => format!("files to be merged may be in no commit, since {}: {files}", gap.why()),
        None => format!("files to be merged have changes that are not committed: {files}"),
    };
    let remedy = silence.map_or_else(|| "commit them, so that there is a way back".into(), |gap| gap.remedy());
    Err(Failure::new(Kind::Destination, message).hint(remedy).hint("`--allow-dirty` merges into them all the same"))
}

fn directory(path: &Path) -> Result<&Path, Failure> {
    if path.is_dir() {
        return Ok(path);
    }
    let message = format!("`{}`, which `--base` names, is not a directory", path.display());
    Err(Failure::new(Kind::Usage, message).hint("let the old program render the project there"))
}

fn labels(stamp: &Stamp) -> (String, String) {
    let new = Version::of_program();
    match stamp.version {
        Some(old) if old != new => (format!("{}{old}", update::OF_PROGRAM), format!("{}{new}", update::OF_PROGRAM)),
        _ => (update::OLD.into(), update::NEW.into()),
    }
}
