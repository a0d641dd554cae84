//! The child process that runs cargo-generate.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_generate::{GenerateArgs, TemplatePath, Vcs};
use clap::Parser;

use crate::bounds;
use crate::platform::{self, Descendants};

/// A hidden command: it is not in `cli`, so help, completions and manual omit it.
pub(super) const COMMAND: &str = "__cargo-generate";

const DONE: i32 = 0;
const FAILED: i32 = 1;

#[derive(Debug, Parser)]
pub(crate) struct Order {
    template: PathBuf,
    destination: PathBuf,
    values: PathBuf,
    /// File for the project's directory or the error message, since scripts may write to the streams.
    answer: PathBuf,
    /// Process id of the parent, whose end ends this process.
    parent: u32,
    name: String,
    #[arg(long)]
    sub_template: Option<String>,
    #[arg(long)]
    allow_commands: bool,
    /// Whether a limit of memory is lifted for what scripts start.
    #[arg(long)]
    limited: bool,
}

impl Order {
    pub(crate) fn from_arguments() -> Option<Self> {
        let mut arguments = env::args_os().skip(1).peekable();
        arguments.next_if(|first| first == COMMAND)?;
        Self::try_parse_from([COMMAND.into()].into_iter().chain(arguments)).ok()
    }

    pub(crate) fn carry_out(self) -> i32 {
        platform::lead_session();
        // Dropped by a panic, too: cargo-generate has one when nobody reads its errors any more.
        let _descendants = Descendants::adopt();
        platform::end_with(self.parent, self.answer.parent().map(Path::to_owned));
        if !self.allow_commands {
            bounds::limit();
        } else if self.limited {
            bounds::limit_scripts();
        }
        let file = self.answer.clone();
        let (answer, code) = match cargo_generate::generate(self.arguments()) {
            Ok(directory) => (directory.display().to_string(), DONE),
            Err(error) => (format!("{error:#}"), FAILED),
        };
        // Without the file, the exit status still reports the failure.
        let _ = fs::write(file, answer);
        code
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
            // An empty file: the user's settings for other projects must not apply.
            config: Some(self.destination.with_extension("toml")),
            destination: Some(self.destination),
            allow_commands: self.allow_commands,
            vcs: Some(Vcs::None),
            // Keep the name as it is, and ask nothing.
            force: true,
            silent: true,
            quiet: true,
            lib: false,
            bin: true,
            no_workspace: true,
            // Formatting would depend on the user's rustfmt and its settings.
            no_fmt: true,
            ..GenerateArgs::default()
        }
    }
}
