//! The whole command line on one page.

mod after;
mod usage;

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::answers::{Algorithm, Database};
use crate::features;
use crate::report;

/// The built-in template is part of the program and has its version.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (template ", env!("CARGO_PKG_VERSION"), ")");

const TEMPLATE_OF_UPDATE: &str =
    "Where the project's template is now, if it is a directory; or another template to follow from now on";
const TEMPLATE_OF_CHECK: &str =
    "Where the project's template is now, if it is a directory; or another template to compare the project with";
const DEFINE_ANEW: &str =
    "Answer a new question of the template, or an old one differently than before; can be repeated";

/// Start an axum project with a complete JWT authentication server that is yours to read and change
#[derive(Debug, Parser)]
#[command(name = "jwt-allauth", version = VERSION, after_help = after::EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a project in a new directory
    #[command(after_help = after::STARTPROJECT_EXAMPLES)]
    Startproject(StartProject),
    /// Switch on features of a project by its settings
    #[command(after_help = format!("{}\n\n{}", features::listed(), after::ADD_EXAMPLES))]
    Add(Add),
    /// Merge a newer template into a project and keep what you have changed
    #[command(
        after_help = after::UPDATE_EXAMPLES,
        mut_arg("location", |arg| arg.help(TEMPLATE_OF_UPDATE)),
        mut_arg("define", |arg| arg.help(DEFINE_ANEW)),
    )]
    Update(Update),
    /// Say whether a project is behind its template or lacks a security fix
    #[command(
        after_help = after::CHECK_EXAMPLES,
        mut_arg("location", |arg| arg.help(TEMPLATE_OF_CHECK)),
        mut_arg("define", |arg| arg.help(DEFINE_ANEW)),
    )]
    Check(Check),
    /// List, show, check and export the templates that `--template` takes
    #[command(subcommand, after_help = after::TEMPLATES_EXAMPLES)]
    Templates(Templates),
    /// Print a completion script for a shell
    #[command(after_help = after::PRINT_EXIT_CODES)]
    Completions { shell: Shell },
    /// Print the manual page (roff)
    #[command(after_help = after::PRINT_EXIT_CODES)]
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Templates {
    /// List the templates that come with the program
    #[command(after_help = after::PRINT_EXIT_CODES)]
    List,
    /// Show what a template is, asks, runs and contains
    #[command(after_help = after::SHOW_EXIT_CODES)]
    Show {
        /// A name that `templates list` shows, a directory, or a git repository
        #[arg(value_name = "NAME|PATH|URL")]
        template: String,
        /// The template's folder in it, as after `//`
        #[arg(long, value_name = "FOLDER")]
        subfolder: Option<String>,
    },
    /// Find mistakes in a template that would otherwise go unnoticed
    #[command(after_help = after::LINT_EXIT_CODES)]
    Lint {
        /// Directory of an overlay, or of a complete template (with a `cargo-generate.toml`)
        directory: PathBuf,
        /// The template's folder in it
        #[arg(long, value_name = "FOLDER")]
        subfolder: Option<PathBuf>,
    },
    /// Copy a template that comes with the program, as a start for your own
    #[command(after_help = after::EXPORT_EXIT_CODES)]
    Export {
        /// A name that `templates list` shows
        name: String,
        /// Where to write it: a new or an empty directory
        directory: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StartProject {
    /// Name of the project's crate, and of its directory unless DIRECTORY is given
    pub(crate) name: Option<String>,
    /// Where to create it; `.` is the current directory [default: NAME]
    pub(crate) directory: Option<PathBuf>,
    /// Verify e-mail addresses at registration and send mail; the next word counts as BOOL, so NAME goes before it
    /// [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", value_parser = boolean)]
    pub(crate) email: Option<bool>,
    /// Database to start with; the code serves both [default: sqlite]
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) database: Option<Database>,
    /// What signs access tokens: ES256 where others verify them that do not know `EdDSA` [default: `EdDSA`]
    #[arg(long, value_enum, ignore_case = true)]
    pub(crate) algorithm: Option<Algorithm>,
    /// Features to switch on, which `jwt-allauth add --help` lists; separated by commas, can be repeated
    #[arg(long, value_name = "FEATURE[=VALUE]")]
    pub(crate) with: Vec<String>,
    #[command(flatten)]
    pub(crate) template: TemplateArguments,
    /// Take the defaults, never ask
    #[arg(short = 'y', long)]
    pub(crate) defaults: bool,
    /// Render and verify everything, print the tree, write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where files exist already: stop, keep them, or replace them
    #[arg(long, value_name = "POLICY", value_enum, default_value_t)]
    pub(crate) if_exists: IfExists,
    /// Start a repository [default: git, unless there is one]
    #[arg(long, value_enum)]
    pub(crate) vcs: Option<Vcs>,
    /// Start the repository without a first commit
    #[arg(long)]
    pub(crate) no_commit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Features to switch on; several values of one are joined with `+`
    #[arg(value_name = "FEATURE[=VALUE]", required = true)]
    pub(crate) features: Vec<String>,
    /// The project's directory
    #[arg(long, default_value = ".")]
    pub(crate) directory: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The project's directory
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) template: TemplateArguments,
    /// Take the defaults, never ask
    #[arg(short = 'y', long)]
    pub(crate) defaults: bool,
    /// List what would become of each file, write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The project as the old version rendered it, where the repository does not have it
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) base: Option<PathBuf>,
    /// Merge even into files with uncommitted changes
    #[arg(long)]
    pub(crate) allow_dirty: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The project's directory
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) template: TemplateArguments,
    /// Only list missing security fixes, each with the files it belongs in
    #[arg(long, conflicts_with_all = ["location", "subfolder", "define", "values_file", "allow_commands"])]
    pub(crate) security: bool,
}

#[derive(Debug, Default, Args)]
pub(crate) struct TemplateArguments {
    /// A skeleton to lay over the project, or a complete template: a directory, a git repository or a name
    #[arg(long = "template", value_name = "PATH|URL")]
    location: Option<String>,
    /// The template's folder in it, as after `//`
    #[arg(long, value_name = "FOLDER", requires = "location")]
    subfolder: Option<String>,
    /// Answer a question of the template; can be repeated
    #[arg(short, long, value_name = "KEY=VALUE")]
    define: Vec<String>,
    /// Answer the template's questions from a TOML file, by its table `[values]`
    #[arg(long, value_name = "FILE")]
    pub(crate) values_file: Option<PathBuf>,
    /// Let the template run its scripts and commands on this machine
    #[arg(long)]
    pub(crate) allow_commands: bool,
}

/// A template, or a folder of it.
pub(crate) fn in_folder(location: &str, folder: Option<&str>) -> String {
    match folder {
        Some(folder) => format!("{}//{folder}", location.trim_end_matches('/')),
        None => location.to_owned(),
    }
}

impl TemplateArguments {
    pub(crate) fn location(&self) -> Option<String> {
        self.location.as_ref().map(|location| in_folder(location, self.subfolder.as_deref()))
    }

    /// A directory that is still to be named.
    pub(crate) fn of_a_directory() -> Self {
        Self { location: Some("PATH".into()), ..Self::default() }
    }

    /// The command that updates a project, with these arguments.
    pub(crate) fn update(&self, directory: &Path) -> String {
        let options = [
            ("--template", self.location.clone()),
            ("--subfolder", self.subfolder.clone()),
            ("--values-file", self.values_file.as_ref().map(|file| file.display().to_string())),
        ];
        let mut words = vec!["jwt-allauth update".to_owned()];
        words.extend(options.iter().filter_map(|(flag, value)| Some(report::option(flag, value.as_ref()?))));
        words.extend(self.define.iter().map(|definition| report::option("-d", definition)));
        words.extend(self.allow_commands.then(|| "--allow-commands".to_owned()));
        let is_here = directory == Path::new(".");
        words.extend((!is_here).then(|| report::quoted(&directory.display().to_string())));
        words.join(" ")
    }

    /// Malformed definitions are refused in `usage`.
    pub(crate) fn definitions(&self) -> Vec<(String, String)> {
        self.define.iter().filter_map(|text| definition(text)).collect()
    }
}

#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Form of the result on stdout
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum IfExists {
    #[default]
    Error,
    Merge,
    Overwrite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Vcs {
    Git,
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

pub(crate) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("write true, false, yes, no, on, off, 1 or 0; a project's name goes before `--email`".into()),
    }
}

/// A key without white space, and any text after `=`.
fn definition(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    let is_name = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || c.is_control());
    is_name.then(|| (key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn email_of(arguments: &[&str]) -> Option<bool> {
        let line = ["jwt-allauth", "startproject", "myproject"].iter().chain(arguments);
        match Cli::try_parse_from(line).unwrap().command {
            Command::Startproject(arguments) => arguments.email,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn email_takes_every_spelling_of_a_boolean() {
        for yes in ["true", "True", "YES", "on", "1"] {
            assert_eq!(email_of(&["--email", yes]), Some(true), "{yes}");
            assert_eq!(email_of(&[&format!("--email={yes}")]), Some(true), "{yes}");
        }
        for no in ["false", "False", "NO", "off", "0"] {
            assert_eq!(email_of(&["--email", no]), Some(false), "{no}");
        }
    }

    #[test]
    fn email_alone_means_yes_and_no_email_leaves_the_question_open() {
        assert_eq!(email_of(&["--email"]), Some(true));
        assert_eq!(email_of(&["--email", "--dry-run"]), Some(true));
        assert_eq!(email_of(&[]), None);
    }
}
