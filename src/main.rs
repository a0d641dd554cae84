//! `jwt-allauth`: renders the project in `project-template`.

mod answers;
mod bounds;
mod cli;
mod commands;
mod ends;
mod errand;
mod failure;
mod features;
mod names;
mod near;
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
use template::complete::{Order, shell};

fn main() {
    process::exit(report::ended(run()));
}

fn run() -> i32 {
    if let Some(code) = shell::carried_out() {
        return code;
    }
    if let Some(order) = Order::from_arguments() {
        return order.carry_out();
    }
    if let Some(code) = bounded::carried_out() {
        return code;
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(refused) => {
            let faults = refused.rest.as_ref().and_then(|cli| {
                let signals = Signals::watch(cli.output.format).ok()?;
                commands::faults(&cli.command, &signals)
            });
            return refused.reported(faults);
        }
    };
    let report = Report::new(cli.output);
    let outcome = Signals::watch(cli.output.format)
        .map_err(anyhow::Error::from)
        .and_then(|signals| commands::run(&cli.command, &report, &signals).map_err(|error| signals.named(error)));
    outcome.unwrap_or_else(|error| {
        report.failed(&error);
        error.downcast_ref::<Failure>().map_or(UNEXPECTED.0, |failure| failure.kind.exit_code())
    })
}
