//! The texts of mails and pages: built in, each replaceable by a file of the project.
//!
//! [`mails`] and [`pages`] list them all, each as a struct whose fields are the variables of its templates. To add one,
//! declare it there, and add its files in `auth/templates/` and a key in `defaults.toml` for each of them.
//!
//! Durations and times are variables of these types, which filters word: `{{ lifetime|duration }}`, `{{ time|datetime }}`.
//! One template serves all languages: its texts pass through the filter `t`.
//!
//! All are read, compiled and rendered with sample values when the program starts: a missing file, a syntax error or an
//! unknown variable stops the start, never a request.

mod check;
mod declare;
mod escape;
pub mod mails;
mod own;
pub mod pages;
mod settings;
mod values;

use std::borrow::Cow;

use minijinja::{Environment, UndefinedBehavior, Value, context};

pub use declare::{Mail, Page};
pub use settings::Settings;
pub(crate) use values::Variable;

use crate::languages::{self, Language, Languages, Replaced};
use crate::settings::Problem;
use check::Checked;

#[derive(Clone, Copy)]
pub(crate) struct Source {
    /// Its path below `auth/templates/`, and its name in `{% extends %}`.
    file: &'static str,
    text: &'static str,
}

impl Source {
    fn key(self) -> &'static str {
        let name = self.file.rsplit('/').next().unwrap_or(self.file);
        name.split('.').next().unwrap_or(name)
    }
}

macro_rules! source {
    ($file:expr) => {
        $crate::templates::Source { file: $file, text: include_str!(concat!("../../templates/", $file)) }
    };
}
pub(crate) use source;

/// The templates that several others use, and the variables that all of those have.
fn shared() -> impl Iterator<Item = (Source, &'static [&'static str])> {
    mails::SHARED.iter().chain(pages::SHARED).copied()
}

fn sources() -> impl Iterator<Item = Source> {
    let mails = mails::ALL.iter().flat_map(|mail| mail.sources);
    let pages = pages::ALL.iter().map(|page| page.source);
    shared().map(|(source, _)| source).chain(mails).chain(pages)
}

/// A rendered mail.
#[derive(Clone)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// A whole document.
    pub html: String,
    /// The language it is written in.
    pub language: Language,
}

impl Written {
    fn of(language: Language, subject: &str, text: &str, html: &str) -> Self {
        Self { subject: one_line(subject), text: wrapped(&printable(text)), html: printable(html), language }
    }
}

/// All templates, compiled.
pub struct Templates {
    /// For each language that is offered, and English.
    environments: Vec<(Language, Environment<'static>)>,
    default: Language,
    service: String,
}

impl Templates {
    /// Compiles and checks every text. `service` is the name of the service if the settings have none.
    ///
    /// # Errors
    /// Every text that cannot be used, with its file, the line and the fix.
    pub fn load(settings: &Settings, languages: &Languages, service: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let base = compile(settings, &mut problems)?;
        let service = settings.service_name.clone().unwrap_or_else(|| service.to_owned());
        let default = languages.default_language();
        // Admin pages are in English only.
        let english = Some(languages.english()).filter(|english| !languages.offered().contains(english));
        let mut environments = Vec::new();
        for language in languages.offered().iter().copied().chain(english) {
            let mut environment = base.clone();
            speak(&mut environment, language);
            let replaced: Vec<_> = languages.templates(language).collect();
            problems.extend(replace(&mut environment, settings, &replaced));
            // In another language, the same templates differ in checked texts only.
            if language == default || !replaced.is_empty() {
                let checked = Checked { environment: &environment, service: &service, settings, replaced: &replaced };
                // A file of `[templates]` is tried in several languages.
                let found = check::problems(&checked).into_iter().filter(|problem| !problems.contains(problem));
                problems.extend(found.collect::<Vec<_>>());
            }
            environments.push((language, environment));
        }
        if problems.is_empty() { Ok(Self { environments, default, service }) } else { Err(problems) }
    }

    /// The name of the service in mails and pages.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Renders a mail.
    ///
    /// # Errors
    /// If a template of the project fails with these values, though it did not with the samples.
    pub fn mail<M: Mail>(&self, mail: &M, language: Language) -> anyhow::Result<Written> {
        let ((language, environment), variables) = (self.environment(language), mail.variables());
        let render = |source: Source| fill(environment, source, &self.service, &variables, "");
        let [subject, html, text] = M::DECLARED.sources;
        Ok(Written::of(language, &render(subject)?, &render(text)?, &render(html)?))
    }

    /// Renders a page, as [`Templates::mail`] a mail. `nonce` admits the styles and scripts that carry it.
    pub fn page<P: Page>(&self, page: &P, language: Language, nonce: &str) -> anyhow::Result<String> {
        let (_, environment) = self.environment(language);
        Ok(fill(environment, P::DECLARED.source, &self.service, &page.variables(), nonce)?)
    }

    fn environment(&self, language: Language) -> (Language, &Environment<'static>) {
        let find = |language: Language| self.environments.iter().find(|(of, _)| *of == language);
        let (language, environment) = find(language).or_else(|| find(self.default)).unwrap_or(&self.environments[0]);
        (*language, environment)
    }
}

/// Compiles the built-in templates, and the files that replace them in all languages.
fn compile(settings: &Settings, problems: &mut Vec<Problem>) -> Result<Environment<'static>, Vec<Problem>> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true);
    for source in sources() {
        let added = settings.files.get(source.key()).map_or(Ok(Cow::Borrowed(source.text)), |file| {
            std::fs::read_to_string(file).map(Cow::Owned).map_err(|error| {
                let words = format_args!(
                    "names {}, which cannot be read: {error}; correct the path (relative to the directory the \
                     program is started in), or remove the key to use the built-in text",
                    file.display()
                );
                Problem::new(format!("templates.{}", source.key()), words)
            })
        });
        let added = added.and_then(|text| {
            environment.add_template_owned(source.file, text).map_err(|error| check::explain(settings, &[], &error))
        });
        if let Err(problem) = added {
            problems.push(problem);
            // The built-in text takes its place, so that templates that extend it are checked too.
            environment
                .add_template(source.file, source.text)
                .map_err(|error| vec![check::explain(settings, &[], &error)])?;
        }
    }
    Ok(environment)
}

fn speak(environment: &mut Environment<'static>, language: Language) {
    environment.set_formatter(move |out, state, value| escape::format(language, out, state, value));
    values::add_filters(environment, language);
    environment.add_global("language", language.tag());
}

/// Puts templates of one language in the place of those of all languages.
fn replace(environment: &mut Environment<'static>, settings: &Settings, replaced: &[&Replaced]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for template in replaced {
        if !sources().any(|source| source.file == template.file) {
            let words = "which replaces no template; it needs the name of a file in `auth/templates/`";
            problems.push(languages::problem(&template.path, words));
        } else if let Err(error) = environment.add_template_owned(template.file.clone(), template.text.clone()) {
            problems.push(check::explain(settings, replaced, &error));
        }
    }
    problems
}

/// `nonce` is empty in mails.
fn fill(
    environment: &Environment<'_>,
    source: Source,
    service: &str,
    variables: &Value,
    nonce: &str,
) -> Result<String, minijinja::Error> {
    let variables = context! { service, nonce, ..variables.clone() };
    environment.get_template(source.file)?.render(variables)
}

/// Programs that display a text unchanged have 80 columns, and quoting takes a few (RFC 3676, section 4.2).
const COLUMNS: usize = 76;

/// The rest of a wrapped line joins the next line of its paragraph: templates break lines for the shortest values.
fn wrapped(text: &str) -> String {
    let (mut lines, mut ends_in_rest) = (Vec::<String>::new(), false);
    for line in text.trim_end().lines() {
        let rest = lines.pop_if(|_| ends_in_rest && goes_on(line));
        let line = rest.map_or_else(|| line.to_owned(), |rest| format!("{rest} {line}"));
        let broken = if columns(&line) > COLUMNS { broken(&line) } else { vec![line] };
        ends_in_rest = broken.len() > 1;
        lines.extend(broken);
    }
    lines.join("\n") + "\n"
}

fn goes_on(line: &str) -> bool {
    line.starts_with(char::is_alphanumeric) && !line.contains("://")
}

fn broken(line: &str) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for word in line.split_whitespace() {
        for (place, part) in word.split_inclusive(WIDE_PUNCTUATION).enumerate() {
            let gap = if place == 0 { " " } else { "" };
            match lines.last_mut() {
                Some(last) if columns(last) + gap.len() + columns(part) <= COLUMNS => last.extend([gap, part]),
                _ => lines.push(part.to_owned()),
            }
        }
    }
    lines
}

/// Where texts without spaces can be broken.
const WIDE_PUNCTUATION: [char; 7] = ['，', '。', '、', '；', '：', '！', '？'];

/// Chinese and Korean characters take two columns (Unicode, annex 11).
fn columns(text: &str) -> usize {
    let is_wide = |character| matches!(character, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}');
    text.chars().map(|character| if is_wide(character) { 2 } else { 1 }).sum()
}

/// Characters of a subject: mail programs show fewer, and some servers refuse longer headers.
const SUBJECT_LIMIT: usize = 200;

/// Joins the words of a subject, and cuts a long one. It is a mail header: a line break would begin another header.
fn one_line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SUBJECT_LIMIT) {
        Some(_) => line.chars().take(SUBJECT_LIMIT - 1).chain(['…']).collect(),
        None => line,
    }
}

/// Removes control characters, which mail servers may refuse, and which can rewrite what a terminal shows.
fn printable(text: &str) -> String {
    text.replace(|character: char| character.is_control() && !matches!(character, '\n' | '\t'), "")
}

#[cfg(test)]
mod language_tests;
#[cfg(test)]
mod tests;
