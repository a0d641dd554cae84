//! One file for each command.

mod add;
mod anew;
mod check;
mod startproject;
mod templates;
mod update;

use std::io;
use std::path::Path;

use anyhow::{Error, Result};
use clap::CommandFactory;

use crate::answers::{Answers, Given};
use crate::cli::{Cli, Command, TemplateArguments};
use crate::failure::{Failure, Failures, Kind};
use crate::names::ProjectName;
use crate::prompts;
use crate::report::{self, Report};
use crate::signals::Signals;
use crate::template::Template;
use crate::template::stamp::TemplateOrigin;
use crate::update::Project;
use crate::values::Values;

const DONE: i32 = 0;
const BEHIND: i32 = 8;
const CONFLICTS: i32 = 9;
const FIX_MISSING: i32 = 10;

/// Returns the exit code of a completed command.
pub(crate) fn run(command: &Command, report: &Report, signals: &Signals) -> Result<i32> {
    match command {
        Command::Startproject(arguments) => startproject::run(arguments, report, signals),
        Command::Add(arguments) => add::run(arguments, report, signals),
        Command::Update(arguments) => update::run(arguments, report, signals),
        Command::Check(arguments) => check::run(arguments, report, signals),
        Command::Templates(command) => templates::run(command, report, signals),
        Command::Completions { shell } => print(|out| {
            clap_complete::generate(*shell, &mut Cli::command(), "jwt-allauth", out);
            Ok(())
        }),
        Command::Man => print(manual),
    }
}

/// What is wrong with a command apart from its command line, as far as that can be found out without asking, fetching or
/// writing anything.
pub(crate) fn faults(command: &Command, signals: &Signals) -> Option<Failure> {
    let failure = match command {
        Command::Startproject(arguments) => startproject::faults(arguments, signals)?,
        Command::Add(arguments) => add::checked(arguments).err()?,
        Command::Update(arguments) => of_a_project(&arguments.directory, &arguments.template)?,
        Command::Check(arguments) => of_a_project(&arguments.directory, &arguments.template)?,
        Command::Templates(_) | Command::Completions { .. } | Command::Man => return None,
    };
    // What is missing may be in what was not understood.
    let known = failure.apart().filter(|problem| !matches!(problem.kind, Kind::Missing | Kind::Signal(_)));
    Failure::gathered(known).err()
}

/// What is wrong with a project's directory and a file of values.
fn of_a_project(directory: &Path, template: &TemplateArguments) -> Option<Failure> {
    let root = Project::directory(directory).map_err(Error::from);
    let project = root.and_then(|root| Project::at(&root)).map_err(Error::downcast::<Failure>);
    let values = Values::of(template.definitions(), template.values_file.as_deref());
    let project = project.err().and_then(Result::ok);
    Failure::gathered(project.into_iter().chain(values.err())).err()
}

/// Adds what is wrong with the file of values to the failure of a project.
fn with_the_values(template: &TemplateArguments) -> impl FnOnce(Error) -> Error {
    move |error| match error.downcast::<Failure>() {
        Ok(failure) => {
            let values = Values::of(template.definitions(), template.values_file.as_deref());
            values.err().into_iter().fold(failure, Failure::and).into()
        }
        Err(error) => error,
    }
}

/// Both, or what is wrong with each.
fn both<A, B>(first: Result<A>, second: Result<B, Failure>) -> Result<(A, B)> {
    let mut failures = Failures::default();
    let first = failures.of(foreseen(first)?);
    let second = failures.of(second);
    Ok(failures.unless_any(first.zip(second))?)
}

/// Asks one question at a time, since some depend on earlier answers.
fn answers(mut given: Given, template: &Template, values: &Values, may_ask: bool) -> Result<Answers> {
    let name = given.name.as_deref().map(|name| ProjectName::parse(name, &template.crates())).transpose();
    let mut refused: Vec<Failure> = name.err().into_iter().chain(given.take(values, template).err()).collect();
    if !refused.is_empty() && !may_ask {
        refused.extend(given.missing(values, template));
    }
    Failure::gathered(refused)?;
    if may_ask {
        ask_for_the_rest(&mut given, template)?;
    }
    Ok(Answers::complete(&given, template)?)
}

fn ask_for_the_rest(given: &mut Given, template: &Template) -> Result<()> {
    while let Some(open) = given.next(template) {
        let value = prompts::ask_for(&open)?;
        given.placeholders.insert(open.name, value);
    }
    Ok(())
}

/// A failure that others can be reported with; what is unexpected and a signal end the command at once.
fn foreseen<T>(step: Result<T>) -> Result<Result<T, Failure>> {
    match step.map_err(Error::downcast::<Failure>) {
        Ok(value) => Ok(Ok(value)),
        Err(Ok(failure)) if matches!(failure.kind, Kind::Signal(_)) => Err(failure.into()),
        Err(Ok(failure)) => Ok(Err(failure)),
        Err(Err(error)) => Err(error),
    }
}

/// The command that updates a project, which was given as this directory.
fn update_of(project: &Project, directory: &Path) -> String {
    let template = match project.stamp.origin {
        TemplateOrigin::Directory { .. } => TemplateArguments::of_a_directory(),
        TemplateOrigin::BuiltIn | TemplateOrigin::Location(_) => TemplateArguments::default(),
    };
    template.update(directory)
}

/// One page for the program and one for each command; `man --local-file` reads them as one.
fn manual(out: &mut Vec<u8>) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    let commands: Vec<clap::Command> = program.get_subcommands().cloned().collect();
    clap_mangen::Man::new(program).render(out)?;
    commands.into_iter().try_for_each(|command| clap_mangen::Man::new(command).render(out))
}

/// Generates into a buffer, since only `report` writes.
fn print(generate: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Result<i32> {
    let mut text = Vec::new();
    generate(&mut text)?;
    report::verbatim(&text);
    Ok(DONE)
}
