//! The first steps of `update` and `check`: the project, and a new render of its template.

use anyhow::{Error, Result};

use super::{answers, both};
use crate::answers::{Answers, Given, Value};
use crate::cli::TemplateArguments;
use crate::failure::{Failure, Kind};
use crate::prompts;
use crate::signals::Signals;
use crate::template::circumstances::MOMENT;
use crate::template::embedded;
use crate::template::stamp::{self, Stamp, TemplateOrigin};
use crate::template::{Ask, Notice, Permit, Template};
use crate::tree::Tree;
use crate::update::Project;
use crate::values::Values;
use crate::version::Version;

pub(super) struct Anew {
    pub(super) template: Template,
    /// None if a render cannot differ from what the project was rendered from.
    pub(super) tree: Option<Tree>,
}

impl Anew {
    pub(super) fn of(
        project: &Project,
        arguments: &TemplateArguments,
        (may_ask, notice): (bool, &dyn Fn(Notice)),
        signals: &Signals,
    ) -> Result<Self> {
        let values = Values::of(arguments.definitions(), arguments.values_file.as_deref());
        let (template, values) = both(template(&project.stamp, arguments, signals), values)?;
        let values = values.recalling(project.stamp.placeholders.clone());
        let answers = answers(given(&project.stamp, &template), &template, &values, may_ask)?;
        if is_the_same(&project.stamp, &template, &answers) {
            return Ok(Self { template, tree: None });
        }
        let ask: Option<Ask> = may_ask.then_some(prompts::ask_for_script);
        let quiet = Permit::quiet(arguments.allow_commands, signals);
        let permit = Permit { ask, notice, project: &project.root, ..quiet };
        let tree = template.render(&answers, &project.secrets()?, &permit)?;
        Ok(Self { template, tree: Some(tree) })
    }

    /// Renders the recorded answers with this program, with and without the overlay. Empty if another version rendered
    /// the project.
    pub(super) fn of_old(&self, project: &Project, signals: &Signals) -> Vec<Tree> {
        if project.stamp.version != Some(Version::of_program()) {
            return Vec::new();
        }
        let recorded = Values::default().recalling(project.stamp.placeholders.clone());
        let render = |template: &Template| {
            let mut given = given(&project.stamp, template);
            given.take(&recorded, template).ok()?;
            let answers = Answers::complete(&given, template).ok()?;
            template.render(&answers, &project.secrets().ok()?, &Permit::quiet(false, signals)).ok()
        };
        [&self.template, &Template::built_in()].into_iter().filter_map(render).collect()
    }
}

pub(super) fn is_interrupted(error: &Error) -> bool {
    error.downcast_ref().is_some_and(|failure: &Failure| matches!(failure.kind, Kind::Signal(_)))
}

/// Whether template and answers are unchanged. Other inputs of its scripts and filters do not count as a change.
fn is_the_same(stamp: &Stamp, template: &Template, answers: &Answers) -> bool {
    let hash = template.complete.as_ref().map(|complete| &complete.hash);
    hash.is_some()
        && hash == stamp.template_hash.as_ref()
        && stamp.name == answers.name.as_str()
        && stamp.placeholders == stamp::of_placeholders(answers)
}

/// A local directory means nothing on another machine, so a stamp does not record its path.
fn template(stamp: &Stamp, arguments: &TemplateArguments, signals: &Signals) -> Result<Template> {
    match (&arguments.location(), &stamp.origin) {
        (Some(location), _) => Template::at(Some(location), signals),
        (None, TemplateOrigin::Location(location)) => Template::recorded(location, signals),
        (None, TemplateOrigin::BuiltIn) => Ok(Template::built_in()),
        (None, TemplateOrigin::Directory { directory, template }) => Err(elsewhere(directory, template).into()),
    }
}

fn elsewhere(directory: &str, template: &str) -> Failure {
    let name = if template == directory { String::new() } else { format!(", whose template is called `{template}`") };
    let message = format!("the project was rendered from a directory called `{directory}`{name}");
    let failure = Failure::new(Kind::Template, message).hint("say where it is now: `--template PATH`");
    if embedded::names().any(|name| name == template) {
        return failure.hint(format!("the `{template}` that comes with the program is another one"));
    }
    failure
}

fn given(stamp: &Stamp, template: &Template) -> Given {
    let is_complete = template.is_complete();
    // A complete template decides which answers count, so it takes them from the recorded values instead.
    let moment = stamp.placeholders.get(MOMENT).and_then(|moment| moment.as_str()).filter(|_| !is_complete);
    Given {
        placeholders: moment.map(|moment| (MOMENT.to_owned(), Value::Text(moment.to_owned()))).into_iter().collect(),
        name: Some(stamp.name.clone()),
        email: stamp.email.filter(|_| !is_complete),
        database: stamp.database.filter(|_| !is_complete),
        algorithm: stamp.algorithm.filter(|_| !is_complete),
        features: stamp.features.clone(),
    }
}
