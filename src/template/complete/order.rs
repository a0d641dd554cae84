//! This program as cargo-generate: what the process does that rendering starts.

use std::env;
use std::path::{Path, PathBuf};

use cargo_generate::{GenerateArgs, TemplatePath, Vcs};
use clap::Parser;

use crate::report;

/// Not one of the commands in `cli.rs`: no help, completion or manual has it.
pub(super) const COMMAND: &str = "__cargo-generate";

const DONE: i32 = 0;
const FAILED: i32 = 1;

#[derive(Debug, Parser)]
pub(crate) struct Order {
    template: PathBuf,
    destination: PathBuf,
    values: PathBuf,
    name: String,
    #[arg(long)]
    sub_template: Option<String>,
    #[arg(long)]
    allow_commands: bool,
}

impl Order {
    pub(crate) fn from_arguments() -> Option<Self> {
        let mut arguments = env::args_os().skip(1).peekable();
        arguments.next_if(|first| first == COMMAND)?;
        Self::try_parse_from([COMMAND.into()].into_iter().chain(arguments)).ok()
    }

    /// Ends with the project's directory as the last line on stdout, or with `error: ` on stderr; the rest is noise.
    pub(crate) fn carry_out(self) -> i32 {
        match cargo_generate::generate(self.arguments()) {
            Ok(directory) => {
                report::result(&directory.display().to_string());
                DONE
            }
            Err(error) => {
                report::tell(&format!("error: {error:#}"));
                FAILED
            }
        }
    }

    fn arguments(self) -> GenerateArgs {
        let path = |path: &Path| Some(path.display().to_string());
        GenerateArgs {
            template_path: TemplatePath {
                path: path(&self.template),
                auto_path: self.sub_template,
                ..TemplatePath::default()
            },
            name: Some(self.name),
            template_values_file: path(&self.values),
            // An empty one: what somebody has configured for other projects has no say in this one.
            config: Some(self.destination.with_extension("toml")),
            destination: Some(self.destination),
            allow_commands: self.allow_commands,
            vcs: Some(Vcs::None),
            // The name as it is, and nothing asked.
            force: true,
            silent: true,
            lib: false,
            bin: true,
            no_workspace: true,
            // By the person's own rustfmt and its settings, if there is one, the same template would become another project.
            no_fmt: true,
            ..GenerateArgs::default()
        }
    }
}
