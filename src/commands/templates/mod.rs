//! `templates`: one file for each subcommand.

mod export;
mod lint;
mod list;
mod show;

use anyhow::Result;

use crate::cli::Templates;
use crate::report::Report;
use crate::signals::Signals;

pub(super) fn run(command: &Templates, report: &Report, signals: &Signals) -> Result<i32> {
    match command {
        Templates::List => Ok(list::run(report)),
        Templates::Show { template } => show::run(template, report, signals),
        Templates::Lint { directory } => lint::run(directory, report, signals),
        Templates::Export { name, directory } => export::run(name, directory, report, signals),
    }
}
