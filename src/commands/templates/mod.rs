//! `templates`: one file for each subcommand.

mod export;
mod lint;
mod list;
mod show;

use anyhow::Result;

use crate::cli::{Templates, in_folder};
use crate::report::Report;
use crate::signals::Signals;

pub(super) fn run(command: &Templates, report: &Report, signals: &Signals) -> Result<i32> {
    match command {
        Templates::List => Ok(list::run(report)),
        Templates::Show { template, subfolder } => {
            show::run(&in_folder(template, subfolder.as_deref()), report, signals)
        }
        Templates::Lint { directory, subfolder } => {
            let folder = subfolder.as_ref().map(|folder| directory.join(folder));
            lint::run(folder.as_ref().unwrap_or(directory), report, signals)
        }
        Templates::Export { name, directory } => export::run(name, directory, report, signals),
    }
}
