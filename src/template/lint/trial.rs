//! Renders a template without findings in memory, with answers that reach its branches one after another.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::{Findings, Rule};
use crate::answers::{Algorithm, Answers, Database, Value};
use crate::failure::{self, Failure};
use crate::names::ProjectName;
use crate::secrets::Secrets;
use crate::signals::Signals;
use crate::template::description::Kind;
use crate::template::stand_in::StandIn;
use crate::template::{Permit, Placeholder, PlaceholderKind, Template};

const NAME: &str = "myproject";
/// Maximum number of renders of one template.
const TRIALS: usize = 16;

pub(super) fn render(root: &Path, kind: Kind, signals: &Signals, findings: &mut Findings) -> Result<()> {
    let template = match Template::whole(root, kind) {
        Ok(template) => template,
        Err(failure) => {
            findings.of_failure(&failure, Rule::DoesNotRender, "correct it");
            return Ok(());
        }
    };
    // The user has not allowed its scripts, and it may not render without them.
    if !template.describe().hooks.is_empty() {
        return Ok(());
    }
    let secrets = Secrets::generate(Algorithm::EdDsa)?;
    for answers in trials(&template)? {
        let permit = Permit::quiet(false, signals);
        match template.render(&answers, &secrets, &permit).map_err(anyhow::Error::downcast::<Failure>) {
            Ok(_) => {}
            Err(Ok(failure)) if failure.kind == failure::Kind::Template => {
                let see = format!("see `jwt-allauth startproject {NAME} --template … --dry-run`{}", given(&answers));
                for problem in failure.problems() {
                    let fix = problem.hints.first().map_or_else(|| see.clone(), |hint| format!("{hint}; {see}"));
                    findings.of_problem(problem, Rule::DoesNotRender, &fix);
                }
                return Ok(());
            }
            Err(Ok(failure)) => return Err(failure.into()),
            Err(Err(error)) => return Err(error),
        }
    }
    Ok(())
}

/// The defaults, and each other choice on its own.
fn trials(template: &Template) -> Result<Vec<Answers>> {
    let first = answered(template, BTreeMap::new())?;
    let mut trials = vec![Answers {
        email: Some(true),
        database: Some(Database::Postgres),
        algorithm: Some(Algorithm::Hs256),
        ..first.clone()
    }];
    for placeholder in template.placeholders(&first.placeholders) {
        let others =
            others(&placeholder).into_iter().filter(|value| first.placeholders.get(&placeholder.name) != Some(value));
        for value in others {
            trials.push(answered(template, BTreeMap::from([(placeholder.name.clone(), value)]))?);
        }
    }
    trials.insert(0, first);
    trials.truncate(TRIALS);
    Ok(trials)
}

fn answered(template: &Template, placeholders: BTreeMap<String, Value>) -> Result<Answers> {
    let name = ProjectName::parse(NAME, &[])?;
    Ok(Answers {
        name,
        email: Some(false),
        database: Some(Database::Sqlite),
        algorithm: Some(Algorithm::EdDsa),
        features: Vec::new(),
        placeholders: StandIn::One.complete(template, placeholders),
    })
}

fn others(placeholder: &Placeholder) -> Vec<Value> {
    match &placeholder.kind {
        PlaceholderKind::Bool => vec![Value::Bool(false), Value::Bool(true)],
        PlaceholderKind::Choice(choices) => choices.iter().cloned().map(Value::Text).collect(),
        PlaceholderKind::List(choices) => vec![Value::List(choices.clone())],
        PlaceholderKind::Text { .. } => Vec::new(),
    }
}

fn given(answers: &Answers) -> String {
    let given: Vec<String> = answers.placeholders.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if given.is_empty() { String::new() } else { format!(" with the answers {}", given.join(", ")) }
}
