//! The only file that prompts.

use std::env;
use std::io::{self, IsTerminal};

use anyhow::{Error, Result};
use console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::answers::{Algorithm, Database, Given, Value};
use crate::failure::{Failure, Kind};
use crate::features;
use crate::names::ProjectName;
use crate::report::{self, plain};
use crate::template::{Placeholder, PlaceholderKind, Template, variables};

/// SIGINT. In raw mode the terminal does not send it by itself.
const CTRL_C: usize = 2;

/// Whether a user can answer prompts. CI systems with a pseudo-terminal set `CI`.
pub(crate) fn somebody_is_there() -> bool {
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    !ci && io::stdin().is_terminal() && report::err_is_terminal()
}

/// Prompts for the missing answers.
pub(crate) fn ask(given: &mut Given, template: &Template) -> Result<()> {
    ask_in_turn(given, template).map_err(unanswered)
}

pub(crate) fn ask_for_template() -> Result<Option<String>> {
    template(&*theme()).map_err(unanswered)
}

/// Prompts for features that the template has, if any.
pub(crate) fn ask_for_features(given: &mut Given, template: &Template) -> Result<()> {
    let offered = template.features();
    if given.features.is_empty() && !offered.is_empty() {
        let answer = features(&*theme(), &offered).map_err(unanswered)?;
        given.features = features::parse(said(&answer))?;
    }
    Ok(())
}

/// Prompts for one question of the template.
pub(crate) fn ask_for(placeholder: &Placeholder) -> Result<Value> {
    value(&*theme(), &format!("{} (-d {})", placeholder.prompt, placeholder.name), placeholder).map_err(unanswered)
}

/// Prompts for what a script of the template asks.
pub(crate) fn ask_for_script(script: &str, placeholder: &Placeholder) -> Result<Value> {
    value(&*theme(), &format!("{} ({script})", placeholder.prompt), placeholder).map_err(unanswered)
}

fn unanswered(dialoguer::Error::IO(error): dialoguer::Error) -> Error {
    match error.kind() {
        io::ErrorKind::Interrupted => {
            // A choice hides it, and the program may end before whoever watches for signals has restored it. An error
            // cannot be reported.
            let _ = Term::stderr().show_cursor();
            Failure::new(Kind::Signal(CTRL_C), "interrupted").into()
        }
        _ => Error::new(error).context("the answer cannot be read"),
    }
}

fn ask_in_turn(given: &mut Given, template: &Template) -> dialoguer::Result<()> {
    let theme = theme();
    if given.name.is_none() {
        given.name = Some(name(&*theme, &template.crates())?);
    }
    if given.email.is_none() && template.asks(variables::EMAIL) {
        let question = "Verify e-mail addresses at registration? (--email)";
        given.email = Some(Confirm::with_theme(&*theme).with_prompt(question).default(false).interact()?);
    }
    if given.database.is_none() && template.asks(variables::DATABASE) {
        given.database = Some(database(&*theme)?);
    }
    if given.algorithm.is_none() && template.asks(variables::ALGORITHM) {
        given.algorithm = Some(algorithm(&*theme)?);
    }
    Ok(())
}

fn name(theme: &dyn Theme, taken: &[&str]) -> dialoguer::Result<String> {
    let valid = |text: &String| match ProjectName::parse(text, taken) {
        Ok(_) => Ok(()),
        Err(failure) => Err(format!("{failure}; {}", failure.hints.join(", "))),
    };
    let question = Input::with_theme(theme).with_prompt("Name of the project");
    question.default("myproject".to_owned()).validate_with(valid).interact_text()
}

fn database(theme: &dyn Theme) -> dialoguer::Result<Database> {
    let choices = [Database::Sqlite, Database::Postgres];
    let question = Select::with_theme(theme).with_prompt("Database to start with (--database)");
    let chosen = question.items(choices).default(0).interact()?;
    Ok(choices[chosen])
}

fn algorithm(theme: &dyn Theme) -> dialoguer::Result<Algorithm> {
    let question = Select::with_theme(theme).with_prompt("Algorithm that signs access tokens (--algorithm)");
    let chosen = question.items(Algorithm::ALL).default(0).interact()?;
    Ok(Algorithm::ALL[chosen])
}

fn template(theme: &dyn Theme) -> dialoguer::Result<Option<String>> {
    let question = Input::<String>::with_theme(theme).with_prompt("Template to lay over it, if any (--template)");
    let answer = question.allow_empty(true).interact_text()?;
    Ok(Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty()))
}

fn features(theme: &dyn Theme, offered: &[&str]) -> dialoguer::Result<String> {
    let valid = |answer: &String| match features::parse(said(answer)) {
        Ok(features) => match features.iter().find(|feature| !offered.contains(&feature.name())) {
            Some(feature) => Err(format!("a project of this template has no `{feature}`")),
            None => Ok(()),
        },
        Err(failure) => Err(format!("{failure}; {}", failure.hints.join(", "))),
    };
    let prompt = format!("Features to switch on, if any, of {} (--with)", offered.join(", "));
    Input::with_theme(theme).with_prompt(prompt).allow_empty(true).validate_with(valid).interact_text()
}

/// An empty answer is none.
fn said(answer: &str) -> Option<&str> {
    Some(answer).filter(|answer| !answer.trim().is_empty())
}

fn value(theme: &dyn Theme, question: &str, placeholder: &Placeholder) -> dialoguer::Result<Value> {
    let question = plain(question);
    match (&placeholder.kind, &placeholder.default) {
        (PlaceholderKind::Bool, default) => {
            let question = Confirm::with_theme(theme).with_prompt(question);
            let yes = *default == Some(Value::Bool(true));
            Ok(Value::Bool(if default.is_some() { question.default(yes) } else { question }.interact()?))
        }
        (PlaceholderKind::Choice(choices), default) => {
            let is_default = |choice: &String| *default == Some(Value::Text(choice.clone()));
            let question = Select::with_theme(theme).with_prompt(question).items(shown(choices));
            let chosen = question.default(choices.iter().position(is_default).unwrap_or_default()).interact()?;
            Ok(Value::Text(choices[chosen].clone()))
        }
        (PlaceholderKind::List(choices), default) => {
            let is_default = |choice| matches!(default, Some(Value::List(texts)) if texts.contains(choice));
            let defaults: Vec<bool> = choices.iter().map(is_default).collect();
            let question = MultiSelect::with_theme(theme).with_prompt(question).items(shown(choices));
            let chosen = question.defaults(&defaults).interact()?;
            Ok(Value::List(chosen.into_iter().map(|number| choices[number].clone()).collect()))
        }
        (PlaceholderKind::Text { .. }, default) => {
            let default = match default {
                Some(Value::Text(text)) => Some((plain(text), text)),
                _ => None,
            };
            // The default is shown escaped, and taken as it is.
            let meant = |answer: &String| match &default {
                Some((shown, text)) if shown == answer => (*text).clone(),
                _ => answer.clone(),
            };
            let valid = |answer: &String| placeholder.parse(&meant(answer)).map(drop).map_err(|why| plain(&why));
            let question = Input::with_theme(theme).with_prompt(question).allow_empty(true).validate_with(valid);
            let answer = match &default {
                Some((shown, _)) => question.default(shown.clone()).interact_text()?,
                None => question.interact_text()?,
            };
            Ok(Value::Text(meant(&answer)))
        }
    }
}

fn shown(choices: &[String]) -> Vec<String> {
    choices.iter().map(|choice| plain(choice)).collect()
}

fn theme() -> Box<dyn Theme> {
    if console::colors_enabled_stderr() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
}
