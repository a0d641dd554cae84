//! `startproject`: answers, render, plan, write, report.

use std::path::PathBuf;

use anyhow::{Error, Result};

use super::DONE;
use crate::answers::{Answers, Given};
use crate::cli::StartProject;
use crate::failure::{Failure, Kind};
use crate::features::{self, Feature};
use crate::names::ProjectName;
use crate::project::{self, Destination, Written};
use crate::prompts;
use crate::report::{Rendered, Report};
use crate::secrets::Secrets;
use crate::signals::Signals;
use crate::template::{Notice, Permit, Template};
use crate::tree::{File, Tree};
use crate::values::Values;
use crate::vcs::{self, Git};

pub(crate) fn run(arguments: &StartProject, report: &Report, signals: &Signals) -> Result<i32> {
    let (given, template) = given(arguments, signals)?;
    template.remark.iter().for_each(|remark| report.notice(Notice::Warning(remark.clone())));
    let answers = answers(arguments, given.clone(), &template, report)
        .map_err(|error| with_the_faults(arguments, given, &template, report, (error, signals)))?;
    let destination = Destination::of(directory(arguments, &answers))?;
    let git = Git::of(arguments)?;
    let secrets = Secrets::generate(answers.algorithm.unwrap_or_default())?;
    let notice = |notice| report.notice(notice);
    let permit = Permit {
        commands: arguments.template.allow_commands,
        ask: may_ask(arguments).then_some(prompts::ask_for_script),
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

/// Adds the problem of an invalid name to the template's problems.
fn with_the_name(arguments: &StartProject, error: Error) -> Error {
    let name = arguments.name.as_deref().and_then(|name| ProjectName::parse(name, &[]).err());
    match (name, error.downcast::<Failure>()) {
        (Some(name), Ok(failure)) => name.and(failure).into(),
        (None, Ok(failure)) => failure.into(),
        (_, Err(error)) => error,
    }
}

/// Adds the mistakes in an overlay to those in the name, by a render for another name. A complete template is not rendered
/// for it: it may run scripts.
fn with_the_faults(
    arguments: &StartProject,
    given: Given,
    template: &Template,
    report: &Report,
    (error, signals): (Error, &Signals),
) -> Error {
    const OTHER_NAME: &str = "project-of-another-name";
    let is_named = given.name.as_deref().is_some_and(|name| ProjectName::parse(name, &template.crates()).is_err());
    if template.overlay.is_none() || !is_named {
        return error;
    }
    let given = Given { name: Some(OTHER_NAME.to_owned()), ..given };
    let rendered = answers(arguments, given, template, report).and_then(|answers| {
        let secrets = Secrets::generate(answers.algorithm.unwrap_or_default())?;
        template.render(&answers, &secrets, &Permit::quiet(false, signals))
    });
    match (error.downcast::<Failure>(), rendered.map_err(Error::downcast::<Failure>)) {
        (Ok(name), Err(Ok(fault))) if fault.kind == Kind::Template => name.and(fault).into(),
        (Ok(name), _) => name.into(),
        (Err(error), _) => error,
    }
}

/// Asks questions only if no name is given.
fn given(arguments: &StartProject, signals: &Signals) -> Result<(Given, Template)> {
    let location = arguments.template.location();
    let location = location.as_deref();
    let template = Template::at(location, signals).map_err(|error| with_the_name(arguments, error))?;
    let mut given = Given {
        name: arguments.name.clone(),
        email: arguments.email,
        database: arguments.database,
        algorithm: arguments.algorithm,
        features: features::parse(arguments.with.iter().map(String::as_str))
            .map_err(|failure| with_the_name(arguments, failure.into()))?,
        ..Given::default()
    };
    given.check(&template)?;
    if given.name.is_some() || !may_ask(arguments) {
        return Ok((given, template));
    }
    let flags = given.clone();
    prompts::ask(&mut given, &template)?;
    let chosen = if location.is_none() { prompts::ask_for_template()? } else { None };
    let template = match chosen {
        Some(chosen) => Template::at(Some(&chosen), signals)?,
        None => template,
    };
    flags.check(&template)?;
    prompts::ask_for_features(&mut given, &template)?;
    Ok((given, template))
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

fn answers(arguments: &StartProject, mut given: Given, template: &Template, report: &Report) -> Result<Answers> {
    let mut values = Values::of(arguments.template.definitions(), arguments.template.values_file.as_deref())?;
    if template.is_complete() {
        given.leave_to(&mut values);
    }
    let answers = super::answers(given, template, &values, may_ask(arguments))?;
    let asked = template.placeholders(&answers.placeholders);
    values.without_effect(template, &asked).into_iter().for_each(|text| report.notice(Notice::Warning(text)));
    Ok(answers)
}

fn may_ask(arguments: &StartProject) -> bool {
    !arguments.defaults && prompts::somebody_is_there()
}

fn directory(arguments: &StartProject, answers: &Answers) -> PathBuf {
    arguments.directory.clone().unwrap_or_else(|| answers.name.as_str().into())
}

/// The report has already mentioned git's failure; if git was requested explicitly, the exit code reports it too.
fn exit_code(git: Git, written: &Written) -> i32 {
    match written.vcs {
        vcs::Outcome::Failed { .. } if git.demanded => Kind::Git.exit_code(),
        _ => DONE,
    }
}
