//! `startproject`: answers, render, look at the destination, write, report.

use std::path::PathBuf;

use anyhow::Result;

use super::DONE;
use crate::answers::{Answers, Given};
use crate::cli::StartProject;
use crate::failure::Kind;
use crate::project::{self, Destination, Written};
use crate::prompts;
use crate::report::{Rendered, Report};
use crate::secrets::Secrets;
use crate::signals::Signals;
use crate::template::Template;
use crate::values::Values;
use crate::vcs::{self, Git};

pub(crate) fn run(arguments: &StartProject, report: &Report, signals: &Signals) -> Result<i32> {
    let given = given(arguments)?;
    let template = Template::at(given.template.as_deref(), signals)?;
    let answers = answers(arguments, given, &template)?;
    let destination = Destination::of(directory(arguments, &answers))?;
    let git = Git::of(arguments)?;
    let secrets = Secrets::generate()?;
    let tree = template.render(&answers, &secrets)?;
    let rendered = Rendered {
        template: &template.id,
        version: &template.version,
        overlay: template.overlay.as_ref(),
        answers: &answers,
        destination: &destination,
        tree: &tree,
    };
    if arguments.dry_run {
        report.would_write(&rendered, &destination.plan(&tree, arguments.if_exists)?);
        return Ok(DONE);
    }
    let written = project::write(&tree, &destination, arguments.if_exists, git, signals)?;
    report.written(&rendered, &written);
    Ok(exit_code(git, &written))
}

/// A name is answer enough; without one everything is asked that has not been said.
fn given(arguments: &StartProject) -> Result<Given> {
    let given = Given {
        name: arguments.name.clone(),
        email: arguments.email,
        database: arguments.database,
        template: arguments.template.clone(),
        ..Given::default()
    };
    let is_open = given.name.is_none() && may_ask(arguments);
    if is_open { prompts::ask(given, &Template::built_in().crates()) } else { Ok(given) }
}

fn answers(arguments: &StartProject, given: Given, template: &Template) -> Result<Answers> {
    let placeholders = template.placeholders();
    let values = Values::of(&arguments.define, arguments.values_file.as_deref())?;
    let given = given.with(&values, placeholders)?;
    let given = if may_ask(arguments) { prompts::ask_for(placeholders, given)? } else { given };
    Ok(Answers::complete(&given, &template.crates(), placeholders)?)
}

fn may_ask(arguments: &StartProject) -> bool {
    !arguments.defaults && prompts::somebody_is_there()
}

fn directory(arguments: &StartProject, answers: &Answers) -> PathBuf {
    arguments.directory.clone().unwrap_or_else(|| answers.name.as_str().into())
}

/// The report has told of git's failing; where git was asked for by name, scripts hear of it too.
fn exit_code(git: Git, written: &Written) -> i32 {
    match written.vcs {
        vcs::Outcome::Failed(_) if git.demanded => Kind::Git.exit_code(),
        _ => DONE,
    }
}
