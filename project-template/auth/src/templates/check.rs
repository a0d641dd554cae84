//! Renders every template with sample values, so that its problems are found when the program starts.

use std::collections::BTreeSet;

use minijinja::{Environment, Error, ErrorKind, Value};

use super::{Settings, Source, mails, pages, shared};
use crate::languages::{self, Replaced};
use crate::settings::Problem;

const COMMON: [&str; 2] = ["service", "nonce"];

const EMPTY: &str = "it is empty; write a text, or leave the file away to use the built-in one";

/// The templates in one language.
pub(super) struct Checked<'a> {
    pub(super) environment: &'a Environment<'static>,
    pub(super) service: &'a str,
    pub(super) settings: &'a Settings,
    /// Those that are of this language alone.
    pub(super) replaced: &'a [&'a Replaced],
}

pub(super) fn problems(checked: &Checked<'_>) -> Vec<Problem> {
    let mut problems = BTreeSet::new();
    for (source, variables) in shared() {
        let variables: Vec<String> = variables.iter().map(|name| (*name).to_owned()).collect();
        problems.extend(unknown_variables(checked, source, &variables));
    }
    let empty_shared: Vec<Problem> = shared().filter_map(|(source, _)| empty(checked, source)).collect();
    // What extends an empty layout is empty too.
    let may_be_empty = !empty_shared.is_empty();
    problems.extend(empty_shared);
    for mail in mails::ALL {
        for source in mail.sources {
            problems.extend(tried(checked, source, &(mail.samples)(), may_be_empty));
        }
    }
    for page in pages::ALL {
        problems.extend(tried(checked, page.source, &(page.samples)(), may_be_empty));
    }
    problems.into_iter().collect()
}

fn tried(checked: &Checked<'_>, source: Source, samples: &[Value], may_be_empty: bool) -> Vec<Problem> {
    if let Some(problem) = empty(checked, source) {
        return vec![problem];
    }
    let names = samples.first().map(names).unwrap_or_default();
    let unknown = unknown_variables(checked, source, &names);
    if !unknown.is_empty() {
        return unknown;
    }
    let mut wrong = None;
    for sample in samples {
        match super::fill(checked.environment, source, checked.service, sample, "nonce") {
            Err(error) => return vec![explain(checked.settings, checked.replaced, &error)],
            Ok(filled) if filled.trim().is_empty() && !may_be_empty => wrong = Some(EMPTY),
            Ok(subject) if source.key().ends_with("_subject") && subject.trim().lines().count() > 1 => {
                wrong = Some("a subject must be one line");
            }
            Ok(_) => {}
        }
    }
    let located = |wrong| located(checked.settings, checked.replaced, source.file, None, wrong);
    wrong.map(located).into_iter().collect()
}

/// A file that says nothing, or comments alone.
fn empty(checked: &Checked<'_>, source: Source) -> Option<Problem> {
    let template = checked.environment.get_template(source.file).ok()?;
    let mut rest = template.source();
    while let Some(comment) = rest.trim_start().strip_prefix("{#") {
        rest = comment.split_once("#}").map_or("", |(_, after)| after);
    }
    rest.trim().is_empty().then(|| located(checked.settings, checked.replaced, source.file, None, EMPTY))
}

/// Also finds those in branches that no sample reaches.
fn unknown_variables(checked: &Checked<'_>, source: Source, names: &[String]) -> Vec<Problem> {
    let Ok(template) = checked.environment.get_template(source.file) else { return Vec::new() };
    let globals: Vec<&str> = checked.environment.globals().map(|(name, _)| name).collect();
    let is_known =
        |name: &String| names.contains(name) || COMMON.contains(&name.as_str()) || globals.contains(&name.as_str());
    let unknown = template.undeclared_variables(false).into_iter().filter(|name| !is_known(name));
    let problem = |name: String| {
        let line = template.source().lines().position(|line| mentions(line, &name)).map(|line| line + 1);
        let words = format!("there is no variable `{name}`; {}", known(names));
        located(checked.settings, checked.replaced, source.file, line, &words)
    };
    unknown.map(problem).collect()
}

fn mentions(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.contains('{') && line.split(|character| !is_part(character)).any(|found| found == word)
}

pub(super) fn names(sample: &Value) -> Vec<String> {
    sample.try_iter().map(|names| names.map(|name| name.to_string()).collect()).unwrap_or_default()
}

fn known(names: &[String]) -> String {
    let names: Vec<String> =
        names.iter().map(String::as_str).chain(["service"]).map(|name| format!("`{name}`")).collect();
    format!("it has {}", names.join(", "))
}

pub(super) fn explain(settings: &Settings, replaced: &[&Replaced], error: &Error) -> Problem {
    // The layout reports an error inside a block that it renders; the innermost cause has the line.
    let mut innermost = error;
    while let Some(cause) = std::error::Error::source(innermost).and_then(|cause| cause.downcast_ref::<Error>()) {
        innermost = cause;
    }
    let detail = innermost.detail().unwrap_or_default();
    let what = match innermost.kind() {
        ErrorKind::TemplateNotFound => {
            let shared = shared().map(|(source, _)| format!("`{}`", source.file)).collect::<Vec<_>>().join(", ");
            format!("{detail}; what a template can extend, include or import is {shared}")
        }
        kind => format!("{kind}: {detail}"),
    };
    located(settings, replaced, innermost.name().or(error.name()).unwrap_or("a template"), innermost.line(), &what)
}

fn located(settings: &Settings, replaced: &[&Replaced], file: &str, line: Option<usize>, what: &str) -> Problem {
    if let Some(replaced) = replaced.iter().find(|replaced| replaced.file == file) {
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        return languages::problem(&replaced.path, format_args!("which cannot be used: {line}{what}"));
    }
    let key = super::sources().find(|source| source.file == file).map_or(file, |source| source.key());
    let file =
        settings.files.get(key).map_or_else(|| format!("auth/templates/{file}"), |path| path.display().to_string());
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    Problem::new(format!("templates.{key}"), format_args!("cannot be used: {file}{line}: {what}"))
}
