//! `jwt-allauth`: renders the project in `project-template`.

mod answers;
mod bounds;
mod cli;
mod commands;
mod ends;
mod errand;
mod failure;
mod names;
mod platform;
mod project;
mod prompts;
mod report;
mod scratch;
mod secrets;
mod signals;
mod template;
mod tree;
mod update;
mod values;
mod vcs;
mod version;

use std::process;

use cli::Cli;
use failure::{Failure, UNEXPECTED};
use report::Report;
use signals::Signals;
use template::bounded;
use template::complete::Order;

fn main() {
    if let Some(order) = Order::from_arguments() {
        process::exit(order.carry_out());
    }
    if let Some(code) = bounded::carried_out() {
        process::exit(code);
    }
    let cli = Cli::read();
    let report = Report::new(cli.output);
    let outcome = Signals::watch()
        .map_err(anyhow::Error::from)
        .and_then(|signals| commands::run(&cli.command, &report, &signals));
    process::exit(outcome.unwrap_or_else(|error| {
        report.failed(&error);
        error.downcast_ref::<Failure>().map_or(UNEXPECTED.0, |failure| failure.kind.exit_code())
    }));
}
