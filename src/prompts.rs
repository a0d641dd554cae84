//! The only file that asks.

use std::env;
use std::io::{self, IsTerminal};

use anyhow::{Error, Result};
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, Select};

use crate::answers::{Database, Given};
use crate::failure::{Failure, Kind};
use crate::names::ProjectName;

/// SIGINT, which a terminal that reads key by key does not send by itself.
const CTRL_C: usize = 2;

/// Whether somebody is there: a pipeline with a pseudo-terminal sets `CI`.
pub(crate) fn somebody_is_there() -> bool {
    let ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0");
    !ci && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for what has not been given; a question answered by a flag is not asked.
pub(crate) fn ask(given: Given, taken: &[&str]) -> Result<Given> {
    ask_in_turn(given, taken).map_err(|dialoguer::Error::IO(error)| match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(Kind::Signal(CTRL_C), "interrupted").into(),
        _ => Error::new(error).context("the answer cannot be read"),
    })
}

fn ask_in_turn(mut given: Given, taken: &[&str]) -> dialoguer::Result<Given> {
    let theme = theme();
    if given.name.is_none() {
        given.name = Some(name(&*theme, taken)?);
    }
    if given.email.is_none() {
        let question = "Verify e-mail addresses at registration? (--email)";
        given.email = Some(Confirm::with_theme(&*theme).with_prompt(question).default(false).interact()?);
    }
    if given.database.is_none() {
        given.database = Some(database(&*theme)?);
    }
    Ok(given)
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

fn theme() -> Box<dyn Theme> {
    if console::colors_enabled_stderr() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
}
