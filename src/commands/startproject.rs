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
use crate::vcs::{self, Git};

pub(crate) fn run(arguments: &StartProject, report: &Report, signals: &Signals) -> Result<i32> {
    let template = Template::built_in();
    let answers = answers(arguments, &template.crates())?;
    let destination = Destination::of(directory(arguments, &answers))?;
    let git = Git::of(arguments)?;
    let secrets = Secrets::generate()?;
    let tree = template.render(&answers, &secrets)?;
    let rendered = Rendered {
        template: &template.id,
        version: &template.version,
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

fn answers(arguments: &StartProject, taken: &[&str]) -> Result<Answers> {
    let given = Given { name: arguments.name.clone(), email: arguments.email, database: arguments.database };
    let open = given.name.is_none() && !arguments.defaults;
    let given = if open && prompts::somebody_is_there() { prompts::ask(given, taken)? } else { given };
    Ok(Answers::complete(&given, taken)?)
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
