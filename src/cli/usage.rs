//! Everything that is wrong with a command line at once. clap stops at the first mistake, so that is taken away, and the rest is
//! parsed again.

use std::env;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, CommandFactory, Parser};

use super::{Cli, Command, StartProject, Vcs, definition};
use crate::failure::{Failure, Kind};
use crate::report;

/// A command line that cannot be carried out, or that asks for help.
pub(crate) struct Refused {
    errors: Vec<Error>,
    /// What it says apart from its mistakes, if that is certain.
    pub(crate) rest: Option<Cli>,
}

impl Cli {
    pub(crate) fn read() -> Result<Self, Box<Refused>> {
        Self::of(env::args_os().collect())
    }

    fn of(mut words: Vec<OsString>) -> Result<Self, Box<Refused>> {
        let (mut errors, mut is_certain) = (Vec::new(), true);
        loop {
            let error = match Self::try_parse_from(&words) {
                Err(error) => error,
                Ok(cli) => {
                    errors.extend(cli.contradictions());
                    return if errors.is_empty() {
                        Ok(cli)
                    } else {
                        Err(Box::new(Refused { errors, rest: is_certain.then_some(cli) }))
                    };
                }
            };
            let shorter = if error.use_stderr() { without(&words, &error) } else { None };
            // Among mistakes nobody is helped. And a word may have been meant for a flag that is not known.
            let is_said = errors.is_empty() || (error.use_stderr() && (is_certain || !is_of_a_word(&error)));
            errors.extend(is_said.then_some(error));
            let Some((shorter, is_sure)) = shorter else { return Err(Box::new(Refused { errors, rest: None })) };
            (words, is_certain) = (shorter, is_certain && is_sure);
        }
    }

    /// Mistakes that depend on a flag's value, which clap cannot express.
    fn contradictions(&self) -> Vec<Error> {
        let (name, template) = match &self.command {
            Command::Startproject(arguments) => ("startproject", &arguments.template),
            Command::Update(arguments) => ("update", &arguments.template),
            Command::Check(arguments) => ("check", &arguments.template),
            _ => return Vec::new(),
        };
        let mut program = Self::command();
        program.build();
        // For its usage.
        let mut error = |kind, message: String| match program.find_subcommand_mut(name) {
            Some(command) => command.error(kind, message),
            None => Self::command().error(kind, message),
        };
        let malformed = template.define.iter().filter(|text| definition(text).is_none());
        let mut errors: Vec<Error> = malformed
            .map(|text| {
                format!("invalid value '{}' for '--define <KEY=VALUE>': write it as `-d key=value`", report::line(text))
            })
            .map(|message| error(ErrorKind::ValueValidation, message))
            .collect();
        if let Command::Startproject(StartProject { no_commit: true, vcs: Some(Vcs::None), .. }) = &self.command {
            let message = "the argument '--no-commit' cannot be used with '--vcs none'";
            errors.push(error(ErrorKind::ArgumentConflict, message.to_owned()));
        }
        errors
    }
}

impl Refused {
    /// Prints what is wrong, or the help, and returns the exit code. `faults` are what is wrong apart from the command line.
    pub(crate) fn reported(mut self, faults: Option<Failure>) -> i32 {
        self.errors.iter_mut().for_each(escape);
        let code = self.errors.first().map_or(Kind::Usage.exit_code(), Error::exit_code);
        if self.errors.iter().all(Error::use_stderr) && wants_json(env::args_os()) {
            let errors = self.errors.iter().map(|error| failure(&error.render().to_string()));
            errors.chain(faults).reduce(Failure::and).iter().for_each(report::refused);
        } else if let ([only], None) = (&self.errors[..], &faults) {
            report::help(only);
        } else {
            let texts: Vec<String> = self.errors.iter().map(|error| error.render().to_string()).collect();
            let parts: Vec<(&str, &str)> = texts.iter().map(|text| parted(text)).collect();
            let problems: Vec<&str> = parts.iter().map(|(problem, _)| *problem).collect();
            let with_usage = parts.iter().find(|(_, rest)| rest.starts_with(USAGE)).or(parts.last());
            report::misused(&problems, faults.as_ref(), with_usage.map_or("", |(_, rest)| rest));
        }
        code
    }
}

/// Escapes what was given, since rendering would drop what commands a terminal.
fn escape(error: &mut Error) {
    let escaped = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(text) => Some((kind, ContextValue::String(report::line(text)))),
        ContextValue::Strings(texts) => {
            Some((kind, ContextValue::Strings(texts.iter().map(|text| report::line(text)).collect())))
        }
        _ => None,
    };
    for (kind, value) in error.context().filter_map(escaped).collect::<Vec<_>>() {
        error.insert(kind, value);
    }
}

/// Whether the mistake is about a word that is no flag.
fn is_of_a_word(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::InvalidSubcommand | ErrorKind::MissingRequiredArgument => true,
        ErrorKind::UnknownArgument => text(error, ContextKind::InvalidArg).is_none_or(|word| !word.starts_with('-')),
        _ => false,
    }
}

/// The command line without this mistake, and whether it is sure what the rest means.
fn without(words: &[OsString], error: &Error) -> Option<(Vec<OsString>, bool)> {
    let wrong = text(error, ContextKind::InvalidArg)?;
    // As in `--vcs <VCS>`.
    let flag = wrong.split(' ').next()?;
    match error.kind() {
        ErrorKind::UnknownArgument => without_unknown(words, wrong),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = text(error, ContextKind::InvalidValue)?;
            without_value(words, &spelled(flag), value).map(|rest| (rest, true))
        }
        ErrorKind::ArgumentConflict => without_last(words, flag).map(|rest| (rest, true)),
        _ => None,
    }
}

fn without_unknown(words: &[OsString], wrong: &str) -> Option<(Vec<OsString>, bool)> {
    let words_of = flags(words);
    if !wrong.starts_with('-') {
        // The same word may be the value of a flag.
        let mut places = (1..words_of.len()).filter(|at| words_of[*at] == Some(wrong));
        let place = places.next().filter(|_| places.next().is_none())?;
        return Some((removed(words, place, 1), true));
    }
    let with_value = format!("{wrong}=");
    let is_it = |word: &str| word == wrong || word.starts_with(&with_value);
    let place = words_of.iter().position(|word| word.is_some_and(is_it))?;
    let is_alone = words_of[place] == Some(wrong);
    let has_word = words_of.get(place + 1).is_some_and(|next| next.is_none_or(|next| !next.starts_with('-')));
    Some((removed(words, place, 1), !is_alone || !has_word))
}

/// Without the flag that has this value; an empty one is missing.
fn without_value(words: &[OsString], names: &[String], value: &str) -> Option<Vec<OsString>> {
    let words_of = flags(words);
    let next = |place: usize| words_of.get(place + 1).copied().flatten();
    (1..words_of.len()).find_map(|place| {
        let word = words_of[place]?;
        names.iter().find_map(|name| {
            let rest = word.strip_prefix(name.as_str())?;
            // `-dVALUE` is possible as well.
            let is_joined = rest.strip_prefix('=') == Some(value) || (!name.starts_with("--") && rest == value);
            let count = match rest {
                "" if next(place) == Some(value) => 2,
                "" if value.is_empty() && next(place).is_none_or(|next| next.starts_with('-')) => 1,
                "" => return None,
                _ if is_joined => 1,
                _ => return None,
            };
            Some(removed(words, place, count))
        })
    })
}

/// Without the flag where it is for the last time.
fn without_last(words: &[OsString], flag: &str) -> Option<Vec<OsString>> {
    let words_of = flags(words);
    let names = spelled(flag);
    let is_it = |word: &str| {
        names
            .iter()
            .any(|name| word.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    let place = words_of.iter().rposition(|word| word.is_some_and(is_it))?;
    let takes_value = argument(&Cli::command(), flag).is_some_and(|argument| argument.get_action().takes_values());
    let is_alone = words_of[place].is_some_and(|word| !word.contains('='));
    let has_word = words_of.get(place + 1).is_some_and(|next| next.is_none_or(|next| !next.starts_with('-')));
    Some(removed(words, place, if takes_value && is_alone && has_word { 2 } else { 1 }))
}

/// The words before `--`; None where one is not UTF-8.
fn flags(words: &[OsString]) -> Vec<Option<&str>> {
    words.iter().take_while(|word| *word != "--").map(|word| word.to_str()).collect()
}

fn removed(words: &[OsString], place: usize, count: usize) -> Vec<OsString> {
    [&words[..place], &words[place + count..]].concat()
}

/// A flag, with its short form.
fn spelled(flag: &str) -> Vec<String> {
    let short = argument(&Cli::command(), flag).and_then(|argument| argument.get_short());
    [flag.to_owned()].into_iter().chain(short.map(|short| format!("-{short}"))).collect()
}

/// The argument of this long name, which means the same in every command.
fn argument(command: &clap::Command, flag: &str) -> Option<Arg> {
    let long = flag.strip_prefix("--")?;
    let own = command.get_arguments().find(|argument| argument.get_long() == Some(long)).cloned();
    own.or_else(|| command.get_subcommands().find_map(|below| argument(below, flag)))
}

fn text(error: &Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        _ => None,
    }
}

/// Searches the raw arguments, because the command line did not parse.
fn wants_json(arguments: impl Iterator<Item = OsString>) -> bool {
    let arguments: Vec<OsString> = arguments.take_while(|argument| argument != "--").collect();
    let pair = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    arguments.iter().any(|argument| argument == "--format=json") || arguments.windows(2).any(pair)
}

/// Before a problem in a text of clap's, and after it.
const ERROR: &str = "error: ";
const USAGE: &str = "Usage: ";
const AFTER: [&str; 2] = [USAGE, "For more information"];

/// A text of clap's as the problem, with its tips, and what to do in any case.
fn parted(text: &str) -> (&str, &str) {
    let text = text.trim();
    let text = text.strip_prefix(ERROR).unwrap_or(text);
    let ends = AFTER.iter().filter_map(|after| text.find(&format!("\n\n{after}")));
    ends.min().map_or((text, ""), |end| (&text[..end], text[end..].trim()))
}

/// Takes clap's text apart: the first paragraph has the problem, the others have what to do.
fn failure(text: &str) -> Failure {
    let text = text.trim();
    // Without a command clap prints the whole help, which has no problem.
    let Some(text) = text.strip_prefix(ERROR) else {
        return Failure::new(Kind::Usage, "a command is missing").hint("`jwt-allauth --help` lists them");
    };
    let (problem, remedies) = text.split_once("\n\n").unwrap_or((text, ""));
    let (choices, said): (Vec<_>, Vec<_>) = problem.lines().map(str::trim).partition(|line| line.starts_with('['));
    let remedies = remedies.lines().map(str::trim).filter(|line| !line.is_empty());
    choices.into_iter().chain(remedies).fold(Failure::new(Kind::Usage, said.join(" ")), Failure::hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Cli, Box<Refused>> {
        Cli::of(["jwt-allauth"].into_iter().chain(line.split_whitespace()).map(OsString::from).collect())
    }

    /// What is said of each mistake, and the rest as it was understood.
    fn refused(line: &str) -> (Vec<String>, Option<String>) {
        let refused = of(line).err().unwrap_or_else(|| panic!("{line} is accepted"));
        let problems = refused.errors.iter().map(|error| failure(&error.render().to_string()).message).collect();
        let rest = refused.rest.map(|cli| match cli.command {
            Command::Startproject(arguments) => format!("{:?} {:?}", arguments.name, arguments.directory),
            other => format!("{other:?}"),
        });
        (problems, rest)
    }

    #[test]
    fn every_mistake_is_found_and_the_rest_is_still_understood() {
        for (line, problems) in [
            ("startproject shop --vcs hg --database=mysql", &["invalid value 'hg'", "invalid value 'mysql'"][..]),
            ("startproject shop --colour --if-exists never -d b", &["'--colour' found", "'never'", "'b' for"]),
            ("startproject --email perhaps shop --vcs", &["invalid value 'perhaps'", "a value is required for '--vcs"]),
            (
                "startproject shop --vcs git --no-commit --vcs none --database x",
                &["'x'", "'--vcs <VCS>' cannot be used mult"],
            ),
            (
                "--format xml startproject shop -q -v --vcs none --no-commit",
                &["'xml'", "cannot be used with", "'--no-commit'"],
            ),
            ("startproject shop --colour=red --vcs hg", &["'--colour' found", "'hg'"]),
        ] {
            let (found, rest) = refused(line);
            assert_eq!(found.len(), problems.len(), "{line}: {found:?}");
            for problem in problems {
                assert!(found.iter().any(|found| found.contains(problem)), "{line}: {found:?}");
            }
            assert_eq!(rest.as_deref(), Some("Some(\"shop\") None"), "{line}");
        }
    }

    #[test]
    fn a_word_that_may_belong_to_a_flag_that_is_not_known_is_no_mistake() {
        assert_eq!(
            refused("startproject shop --colour red"),
            (vec!["unexpected argument '--colour' found".into()], None)
        );
        let (found, rest) = refused("startproject a b --colour red --vcs hg");
        assert!(found.len() == 2 && rest.is_none(), "{found:?}");
        assert_eq!(refused("--colour red startproject shop").0, ["unexpected argument '--colour' found"]);
    }

    #[test]
    fn what_is_behind_two_dashes_is_no_flag() {
        let (found, rest) = refused("startproject --vcs hg -- --vcs");
        assert_eq!((found.len(), rest.as_deref()), (1, Some("Some(\"--vcs\") None")), "{found:?}");
    }

    #[test]
    fn help_is_help_unless_there_are_mistakes() {
        assert!(!of("startproject --help").err().unwrap().errors[0].use_stderr());
        assert_eq!(refused("startproject --vcs hg --help").0.len(), 1);
        assert_eq!(refused("").0, ["a command is missing"]);
    }
}
