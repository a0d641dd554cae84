//! `startproject`: request, render, write, report.

mod request;

use anyhow::Result;

use super::DONE;
use crate::cli::StartProject;
use crate::failure::{Failure, Kind};
use crate::features::{self, Feature};
use crate::project::{self, Written};
use crate::prompts;
use crate::report::{Rendered, Report};
use crate::secrets::Secrets;
use crate::signals::Signals;
use crate::template::Permit;
use crate::tree::{File, Tree};
use crate::vcs::{self, Git};
use request::{Request, Way};

pub(super) fn run(arguments: &StartProject, report: &Report, signals: &Signals) -> Result<i32> {
    let may_ask = !arguments.defaults && prompts::somebody_is_there();
    let notice = |notice| report.notice(notice);
    let way = Way { may_ask, is_refused: false, notice: &notice, signals };
    let Request { template, answers, destination, git } = Request::of(arguments, &way)?;
    let secrets = Secrets::generate(answers.algorithm.unwrap_or_default())?;
    let permit = Permit {
        commands: arguments.template.allow_commands,
        ask: may_ask.then_some(prompts::ask_for_script),
        project: &destination.given,
        signals,
        notice: &notice,
    };
    let tree = template.render(&answers, &secrets, &permit)?;
    refuse_lacking(&answers.features, &tree)?;
    let rendered = Rendered {
        template: &template.id,
        version: &template.version,
        overlay: template.overlay.as_ref(),
        is_complete: template.complete.is_some(),
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

/// What is wrong apart from the command line, which has mistakes.
pub(super) fn faults(arguments: &StartProject, signals: &Signals) -> Option<Failure> {
    let way = Way { may_ask: false, is_refused: true, notice: &|_| {}, signals };
    Request::faults(arguments, &way)
}

/// A template may leave a part out, or have settings of its own.
fn refuse_lacking(features: &[Feature], tree: &Tree) -> Result<(), Failure> {
    let defaults = tree.get(features::DEFAULTS).and_then(File::text).unwrap_or_default();
    let lacking = features.iter().filter(|feature| !feature.is_available(defaults));
    Failure::gathered(lacking.map(|feature| {
        let message = format!("`--with {feature}` changes nothing in a project of this template");
        let hint = format!("leave it out: there is no `{}` in its `{}`", feature.key(), features::DEFAULTS);
        Failure::new(Kind::Answer, message).hint(hint)
    }))
}

/// The report has already mentioned git's failure; if git was requested explicitly, the exit code reports it too.
fn exit_code(git: Git, written: &Written) -> i32 {
    match written.vcs {
        vcs::Outcome::Failed { .. } if git.demanded => Kind::Git.exit_code(),
        _ => DONE,
    }
}
