//! What `startproject` is to do, or everything that is wrong with it: each part that can be looked at without another one is.

use std::path::PathBuf;

use anyhow::Result;

use super::refuse_lacking;
use crate::answers::{Answers, Given};
use crate::cli::StartProject;
use crate::commands::{ask_for_the_rest, foreseen};
use crate::failure::{Failure, Failures};
use crate::features;
use crate::names::ProjectName;
use crate::project::Destination;
use crate::prompts;
use crate::secrets::Secrets;
use crate::signals::Signals;
use crate::template::complete::Complete;
use crate::template::stand_in::StandIn;
use crate::template::{Notice, Permit, Template};
use crate::values::Values;
use crate::vcs::Git;

/// Stands in for a name that is not valid.
const OTHER_NAME: &str = "project-of-another-name";

pub(super) struct Request {
    pub(super) template: Template,
    pub(super) answers: Answers,
    pub(super) destination: Destination,
    pub(super) git: Git,
}

/// How a request is looked at.
pub(super) struct Way<'a> {
    pub(super) may_ask: bool,
    /// Whether nothing will be done, since the command line has mistakes: then nothing is fetched to find others.
    pub(super) is_refused: bool,
    pub(super) notice: &'a dyn Fn(Notice),
    pub(super) signals: &'a Signals,
}

impl Request {
    pub(super) fn of(arguments: &StartProject, way: &Way) -> Result<Self> {
        let (failures, request) = look(arguments, way)?;
        Ok(failures.unless_any(request)?)
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(arguments: &StartProject, way: &Way) -> Option<Failure> {
        let (failures, _) = look(arguments, way).ok()?;
        failures.unless_any(Some(())).err()
    }
}

/// The first problem decides the exit code, so their order is a promise: name, answers, template, destination.
fn look(arguments: &StartProject, way: &Way) -> Result<(Failures, Option<Request>)> {
    let mut failures = Failures::default();
    let location = arguments.template.location();
    let is_looked_at = !(way.is_refused && Template::is_elsewhere(location.as_deref()));
    let template = is_looked_at.then(|| foreseen(Template::looked_at(location.as_deref(), way.signals))).transpose()?;
    let crates: Vec<&str> = template.iter().flatten().flat_map(|(template, _)| template.crates()).collect();
    let name = arguments.name.as_deref().map(|name| ProjectName::parse(name, &crates)).transpose();
    let has_name = failures.of(name).is_some();
    let features = failures.of(features::parse(arguments.with.iter().map(String::as_str)));
    let definitions = arguments.template.definitions();
    let values = failures.of(Values::of(definitions, arguments.template.values_file.as_deref()));
    let template = template.and_then(|template| failures.of(template)).map(|(template, refused)| {
        failures.add(refused);
        template
    });
    let mut given = Given {
        name: arguments.name.clone(),
        email: arguments.email,
        database: arguments.database,
        algorithm: arguments.algorithm,
        features: features.unwrap_or_default(),
        ..Given::default()
    };
    if let Some(template) = &template
        && failures.of(given.check(template)).is_none()
    {
        // Nothing more is to be said of these flags.
        given = Given { name: given.name, ..Given::default() };
    }
    let template = match template {
        Some(template) if failures.are_none() => Some(chosen(&mut given, template, arguments, way)?),
        template => template,
    };
    template.iter().filter_map(|template| template.remark.clone()).map(Notice::Warning).for_each(way.notice);
    let name = given.name.as_ref().filter(|_| has_name);
    let directory = arguments.directory.clone().or_else(|| name.map(PathBuf::from));
    let destination = directory.map(Destination::of).transpose()?;
    let is_free = destination.as_ref().map_or(Ok(()), |destination| destination.refuse_occupied(arguments.if_exists));
    let mut last = Failures::default();
    last.of(foreseen(is_free)?);
    let git = last.of(Git::of(arguments));
    let Some(template) = template else {
        failures.add(last);
        return Ok((failures, None));
    };
    let question = Question { arguments, template: &template, has_name, values };
    let answers = question.answers(given, &mut failures, last, way)?;
    let parts = answers.zip(destination).zip(git);
    let request = parts.map(|((answers, destination), git)| Request { template, answers, destination, git });
    Ok((failures, request))
}

/// The template, after the first questions if there is no name.
fn chosen(given: &mut Given, template: Template, arguments: &StartProject, way: &Way) -> Result<Template> {
    if given.name.is_some() || !way.may_ask {
        return Ok(template);
    }
    let flags = given.clone();
    prompts::ask(given, &template)?;
    let chosen = if arguments.template.location().is_none() { prompts::ask_for_template()? } else { None };
    let template = match chosen {
        Some(chosen) => Template::at(Some(&chosen), way.signals)?,
        None => template,
    };
    flags.check(&template)?;
    prompts::ask_for_features(given, &template)?;
    Ok(template)
}

struct Question<'a> {
    arguments: &'a StartProject,
    template: &'a Template,
    has_name: bool,
    /// None if the file cannot be read.
    values: Option<Values>,
}

impl Question<'_> {
    /// `last` are failures that are reported after those of the answers.
    fn answers(self, mut given: Given, failures: &mut Failures, last: Failures, way: &Way) -> Result<Option<Answers>> {
        let Self { arguments, template, has_name, values } = self;
        let are_known = values.is_some();
        let without_file = || Values::of(arguments.template.definitions(), None).ok();
        let mut values = values.or_else(without_file).unwrap_or_default();
        if template.is_complete() {
            given.leave_to(&mut values);
        }
        failures.of(given.take(&values, template));
        let mut answers = None;
        if failures.are_none() && last.are_none() {
            if way.may_ask {
                ask_for_the_rest(&mut given, template)?;
            }
            answers = failures.of(Answers::complete(&given, template));
        } else if are_known && !way.may_ask {
            failures.add(given.missing(&values, template));
        }
        failures.add(last);
        if let Some(answers) = &answers {
            let asked = template.placeholders(&answers.placeholders);
            let unused = values.without_effect(template, &asked);
            unused.into_iter().map(Notice::Warning).for_each(way.notice);
        }
        if are_known && (way.is_refused || !failures.are_none()) {
            failures.add(on_trial(&given, template, arguments, has_name, way.signals)?);
        }
        Ok(answers)
    }
}

/// What is wrong with the files of a template, found by a render in memory. Where answers are missing or refused, others stand in
/// for them, and what is wrong with one of those only is not said.
fn on_trial(
    given: &Given,
    template: &Template,
    arguments: &StartProject,
    has_name: bool,
    signals: &Signals,
) -> Result<Option<Failure>> {
    if template.overlay.is_none() && !template.is_complete() {
        return Ok(None);
    }
    let name = given.name.clone().filter(|_| has_name).unwrap_or_else(|| OTHER_NAME.to_owned());
    let mut found: Option<Vec<Failure>> = None;
    let mut tried = None;
    for stand_in in StandIn::BOTH {
        let placeholders = stand_in.complete(template, given.placeholders.clone());
        let given = Given { name: Some(name.clone()), placeholders, ..given.clone() };
        if tried.as_ref() == Some(&given.placeholders) {
            break;
        }
        let Ok(answers) = Answers::complete(&given, template) else { return Ok(None) };
        // Scripts may do anything on this machine, so they do not run for something that is refused.
        let runs_scripts = |complete: &Complete| complete.check_hooks(&answers.placeholders, false).is_err();
        if arguments.template.allow_commands && template.complete.as_ref().is_some_and(runs_scripts) {
            return Ok(None);
        }
        let failures: Vec<Failure> =
            rendered(&answers, template, signals)?.into_iter().flat_map(Failure::apart).collect();
        let is_known = |failure: &Failure| failures.iter().any(|other| other.to_string() == failure.to_string());
        found = Some(match found {
            None => failures,
            Some(first) => first.into_iter().filter(is_known).collect(),
        });
        tried = Some(given.placeholders);
    }
    Ok(Failure::gathered(found.into_iter().flatten()).err())
}

/// What a render with these answers fails at.
fn rendered(answers: &Answers, template: &Template, signals: &Signals) -> Result<Option<Failure>> {
    let secrets = Secrets::generate(answers.algorithm.unwrap_or_default())?;
    let tree = foreseen(template.render(answers, &secrets, &Permit::quiet(false, signals)))?;
    Ok(match tree {
        Err(failure) => Some(failure),
        Ok(tree) if !template.is_complete() => refuse_lacking(&answers.features, &tree).err(),
        Ok(_) => None,
    })
}
