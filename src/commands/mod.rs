//! One file for each command.

mod add;
mod anew;
mod check;
mod startproject;
mod templates;
mod update;

use std::io;
use std::path::Path;

use anyhow::Result;
use clap::CommandFactory;

use crate::answers::{Answers, Given};
use crate::cli::{Cli, Command, TemplateArguments};
use crate::failure::Failure;
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

/// Asks one question at a time, since some depend on earlier answers.
fn answers(mut given: Given, template: &Template, values: &Values, may_ask: bool) -> Result<Answers> {
    let name = given.name.as_deref().map(|name| ProjectName::parse(name, &template.crates())).transpose();
    let mut refused: Vec<Failure> = name.err().into_iter().chain(given.take(values, template).err()).collect();
    if !refused.is_empty() && !may_ask {
        refused.extend(given.missing(values, template));
    }
    Failure::gathered(refused)?;
    if may_ask {
        while let Some(open) = given.next(template) {
            let value = prompts::ask_for(&open)?;
            given.placeholders.insert(open.name, value);
        }
    }
    Ok(Answers::complete(&given, template)?)
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
