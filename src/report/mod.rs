//! Every line of output: messages on stderr, results on stdout. `stream` writes them.

mod add;
mod json;
mod next_steps;
mod plain;
mod stream;
mod templates;
mod update;
mod workspace;

use std::cell::RefCell;
use std::env;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use console::{StyledObject, style};

pub(crate) use add::Added;
pub(crate) use next_steps::{option, quoted};
pub(crate) use plain::{line, plain};
pub(crate) use stream::{err_is_terminal, pass_on};
pub(crate) use update::{Checked, Updated};

use crate::answers::Answers;
use crate::cli::{Color, Format, Output};
use crate::failure::{Failure, UNEXPECTED};
use crate::project::{Destination, Plan, Written};
use crate::template::{Notice, Overlay};
use crate::tree::{File, Mode, Origin, Tree};
use crate::vcs;

/// Number of paths listed on a line before the rest is only counted.
const LISTED: usize = 8;

pub(crate) struct Report {
    format: Format,
    quiet: bool,
    verbose: bool,
    /// Collected for the JSON result.
    warnings: RefCell<Vec<String>>,
    /// The script that has spoken last.
    speaker: RefCell<String>,
}

/// The result of rendering, and its destination.
pub(crate) struct Rendered<'a> {
    pub(crate) template: &'a str,
    pub(crate) version: &'a str,
    pub(crate) overlay: Option<&'a Overlay>,
    /// Whether the template is complete, so that no built-in file is in the project.
    pub(crate) is_complete: bool,
    pub(crate) answers: &'a Answers,
    pub(crate) destination: &'a Destination,
    pub(crate) tree: &'a Tree,
}

impl Report {
    pub(crate) fn new(output: Output) -> Self {
        colour(output.color);
        Self {
            format: output.format,
            quiet: output.quiet,
            verbose: output.verbose,
            warnings: RefCell::default(),
            speaker: RefCell::default(),
        }
    }

    pub(crate) fn notice(&self, notice: Notice) {
        match notice {
            Notice::Said { script, lines } if !self.quiet => {
                if *self.speaker.borrow() != script {
                    self.say(&format!("{script} says:"));
                    self.speaker.replace(script);
                }
                for line in lines {
                    self.say(&format!("  {line}"));
                }
            }
            Notice::Said { .. } => {}
            Notice::Warning(text) if self.format == Format::Json => self.warnings.borrow_mut().push(text),
            Notice::Warning(text) => warn(&text),
        }
    }

    pub(crate) fn would_write(&self, rendered: &Rendered, plan: &Plan) {
        if self.format == Format::Json {
            return document(&json::would_write(rendered, plan, &self.warnings.borrow()));
        }
        for file in rendered.tree.files() {
            let mut notes = String::new();
            if let Some(overlay) = rendered.overlay {
                notes.push_str(&origin(file, overlay));
            }
            if plan.kept.contains(&file.path) {
                notes.push_str("  (kept as it is)");
            } else if plan.replaced.contains(&file.path) {
                notes.push_str("  (replaced)");
            }
            let line = format!("{:04o} {:>8} {}{notes}", file.mode.bits(), file.contents.len(), file.path);
            result(&plain::line(&line));
        }
        self.say(&format!("{} files, {}", rendered.tree.files().len(), rendered.tree.hash()));
        self.say("Nothing was written");
    }

    pub(crate) fn written(&self, rendered: &Rendered, written: &Written) {
        if self.format == Format::Json {
            return document(&json::written(rendered, written, &self.warnings.borrow()));
        }
        self.summary(rendered, written);
        self.say_under("Next steps", "");
        for command in next_steps::commands(rendered, written) {
            self.say(&format!("  {command}"));
        }
        let notes = next_steps::notes(rendered);
        if !notes.is_empty() {
            self.say(&format!("\n{}", notes.join("\n")));
        }
        path(&written.root);
    }

    fn summary(&self, rendered: &Rendered, written: &Written) {
        let name = &rendered.answers.name;
        self.say_headed("Created", &format!("`{name}`: {} files, {}", written.created, rendered.tree.hash()));
        self.list("Replaced", &written.replaced);
        self.list("Kept as they were", &written.kept);
        for warning in next_steps::warnings(written) {
            warn(&warning);
        }
        if let Some(overlay) = rendered.overlay {
            self.detail(&format!("template: {}", overlay.title()));
        }
        match &written.vcs {
            vcs::Outcome::Committed => self.detail("git: a repository with a first commit"),
            vcs::Outcome::Initialised => self.detail("git: a repository without a commit"),
            vcs::Outcome::Skipped(why) => self.detail(&format!("git: no repository, {why}")),
            vcs::Outcome::NoGit => self.say("git is not installed: the project is in no repository"),
            vcs::Outcome::Failed { why, .. } => {
                warn(&format!("the project is there, but git failed: {why}"));
            }
        }
        if self.verbose {
            rendered.tree.files().iter().for_each(|file| self.detail(&line(&file.path)));
        }
    }

    pub(crate) fn failed(&self, error: &anyhow::Error) {
        if self.format == Format::Json {
            return document(&json::failed(error));
        }
        let Some(failure) = error.downcast_ref::<Failure>() else { return error_line(&line(&format!("{error:#}"))) };
        problems(failure);
    }

    fn list(&self, heading: &str, paths: &[String]) {
        let shown = if self.verbose { paths.len() } else { paths.len().min(LISTED) };
        let more = paths.len() - shown;
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        if shown > 0 {
            self.say(&line(&format!("{heading}: {}{rest}", paths[..shown].join(", "))));
        }
    }

    fn detail(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            tell(text);
        }
    }

    fn say_headed(&self, heading: &str, text: &str) {
        if !self.quiet {
            tell_headed(&style(heading).for_stderr().bold(), text);
        }
    }

    /// Prints an empty line first.
    fn say_under(&self, heading: &str, text: &str) {
        self.say("");
        self.say_headed(heading, text);
    }
}

/// `--color` decides first, then `NO_COLOR` and `TERM=dumb`, then the terminal library.
fn colour(wish: Color) {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|term| term == "dumb");
    match wish {
        Color::Always => console::set_colors_enabled_stderr(true),
        Color::Never => console::set_colors_enabled_stderr(false),
        Color::Auto if plain => console::set_colors_enabled_stderr(false),
        Color::Auto => {}
    }
}

/// The origin of a file, and the target of a link.
fn origin(file: &File, overlay: &Overlay) -> String {
    let arrow = if file.mode == Mode::Link { " -> " } else { "" };
    let end = if file.mode == Mode::Link { String::from_utf8_lossy(&file.contents) } else { "".into() };
    let name = &overlay.name;
    match file.origin {
        Origin::BuiltIn => "  [built-in]".to_owned(),
        Origin::Added => format!("{arrow}{end}  [{name}]"),
        Origin::Replaced => format!("{arrow}{end}  [{name}, instead of built-in]"),
    }
}

pub(crate) fn warn(text: &str) {
    tell_headed(&style("warning:").for_stderr().yellow().bold(), &line(text));
}

fn error_line(text: &str) {
    tell_headed(&style("error:").for_stderr().red().bold(), text);
}

fn problems(failure: &Failure) {
    for problem in failure.problems() {
        error_line(&line(&problem.to_string()));
        problem.hints.iter().for_each(|hint| tell(&format!("  {}", line(hint))));
    }
}

/// Reports an invalid command line as JSON.
pub(crate) fn refused(failure: &Failure) {
    document(&json::refused(failure));
}

/// Reports several problems of a command line, and others; what to do comes last.
pub(crate) fn misused(of_usage: &[&str], others: Option<&Failure>, usage: &str) {
    for problem in of_usage {
        error_line(problem);
    }
    others.into_iter().for_each(problems);
    tell(&format!("\n{usage}"));
}

/// Prints help, or what is wrong with the command line. What was given on it is repeated there, so it is escaped, and
/// then has no colours.
pub(crate) fn help(said: &clap::Error) {
    let text = said.render();
    let is_error = said.use_stderr();
    let has_colours = if is_error { console::colors_enabled_stderr() } else { console::colors_enabled() };
    // `to_string` removes every escape sequence, those in an argument too.
    let coloured = text.ansi().to_string();
    let escaped = plain(&without_colours(&coloured));
    let is_harmless = escaped == text.to_string();
    let text = if has_colours && is_harmless { coloured } else { escaped };
    if is_error { stream::err(&text) } else { stream::out(text.as_bytes()) }
}

/// Removes the sequences that colour text. Clap writes no others; others come from an argument, and stay.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut done, piece| {
        match piece
            .trim_start_matches(|character: char| character.is_ascii_digit() || character == ';')
            .strip_prefix('m')
        {
            Some(rest) => done.push_str(rest),
            None => done.extend(["\u{1b}[", piece]),
        }
        done
    })
}

/// The exit code at the end of the program: a result that was lost is no success.
pub(crate) fn ended(code: i32) -> i32 {
    let Some(why) = stream::lost() else { return code };
    error_line(&format!("the output is not complete, since stdout cannot be written: {why}"));
    if code == 0 { UNEXPECTED.0 } else { code }
}

pub(crate) fn tell(text: &str) {
    stream::err(&format!("{}\n", plain(text)));
}

/// Only the heading, a word of this program's own, is coloured.
fn tell_headed(heading: &StyledObject<&str>, text: &str) {
    let gap = if text.is_empty() { "" } else { " " };
    stream::err(&format!("{heading}{gap}{}\n", plain(text)));
}

pub(crate) fn result(text: &str) {
    stream::out(format!("{}\n", plain(text)).as_bytes());
}

/// A signal may arrive when the result is being written: there is one document, the first.
fn document(json: &str) {
    static WRITTEN: AtomicBool = AtomicBool::new(false);
    if !WRITTEN.swap(true, Ordering::SeqCst) {
        one_of_several(json);
    }
}

/// For another process of this program.
pub(crate) fn one_of_several(json: &str) {
    stream::out(format!("{}\n", plain::json(json)).as_bytes());
}

/// Text of this program's own, for a shell or for `man`.
pub(crate) fn verbatim(text: &[u8]) {
    stream::out(text);
}

/// Escapes the path on a terminal only: a program needs it unchanged.
fn path(path: &Path) {
    let path = path.display().to_string();
    let path = if stream::out_is_terminal() { line(&path) } else { path };
    stream::out(format!("{path}\n").as_bytes());
}
