//! Contents of files: tags that cannot be rendered, undefined names, and tags in files that are only copied.

use std::collections::BTreeSet;

use ignore::gitignore::Gitignore;

use super::hooks::filters;
use super::keys::table;
use super::questions::Asked;
use super::{Findings, Rule, Subject};
use crate::template::complete::config::{Config, FILE};
use crate::template::complete::files::{self, Files};
use crate::template::complete::{mistakes, render, scripts, stage, undefined};
use crate::template::page::{Page, entries};
use crate::template::source::{Form, SUFFIX, Source};
use crate::template::tags::{self, Tag};
use crate::template::{engine, theirs, variables};

/// Variables whose names are unlikely in any other language.
const OURS: [&str; 4] = ["project_name", "crate_name", "signing_key", "cron_secret"];
const LISTS_OF_CARGO_GENERATE: [&str; 2] = [FILE, ".genignore"];

pub(super) fn of_overlay(sources: &[Source], asked: &[Asked], findings: &mut Findings) {
    let asked: Vec<&str> = asked.iter().map(|asked| asked.name.as_str()).collect();
    let known: Vec<String> = variables::NAMES.iter().chain(&asked).map(|name| (*name).to_owned()).collect();
    for source in sources.iter().filter(|source| source.form != Form::Link) {
        // Where it is rendered, it is a variable that is not defined.
        if let Some(found) = theirs::first(source).filter(|_| !source.is_rendered()) {
            let message = format!("`{{{{{}}}}}` is a variable of cargo-generate's: it is not rendered", found.name);
            let fix = theirs::remedy(source, &found);
            let text = source.text().unwrap_or_default();
            match found.offset {
                Some(offset) => findings.in_text(&source.path, text, offset, Rule::NotRendered, &message, &fix),
                None => findings.of_file(&source.path, Rule::NotRendered, &message, &fix),
            }
            continue;
        }
        if source.path.contains("{{") {
            let message = "tags in the names of an overlay's files are not rendered";
            findings.of_file(&source.path, Rule::NotRendered, message, "write the name out");
        }
        match source.text() {
            None if source.is_rendered() => {
                let message = "a file to be rendered has to be text";
                findings.of_file(&source.path, Rule::BinaryRendered, message, "take `.liquid` off its name");
            }
            Some(text) if source.is_rendered() => {
                parses(&source.path, text, text, findings);
                let tags = tags::tags(text);
                let defined = tags::defined(&tags);
                let is_known = |name: &str| defined.contains(name) || known.iter().any(|known| known == name);
                for tag in &tags {
                    tag.uses()
                        .filter(|name| !is_known(name))
                        .for_each(|name| not_defined(source, text, tag, name, findings));
                }
            }
            Some(text) if !source.path.starts_with(theirs::OF_THE_SERVER) => {
                is_only_copied(source, text, &asked, findings);
            }
            _ => {}
        }
    }
}

fn is_only_copied(source: &Source, text: &str, asked: &[&str], findings: &mut Findings) {
    let all = tags::tags(text);
    let ours = |tag: &&Tag| tag.uses().any(|name| OURS.contains(&name) || asked.contains(&name));
    if let Some(tag) = all.iter().find(ours) {
        let message = "a tag in a file that is copied as it is";
        let fix = format!("call the file `{}{SUFFIX}` to have it rendered", source.path);
        findings.in_text(&source.path, text, tag.offset, Rule::NotRendered, message, &fix);
    }
}

pub(super) fn of_complete(subject: &Subject, page: &Page, known: &[String], hooks: &[String], findings: &mut Findings) {
    let Some((files, left_out)) = lists(subject, page) else { return };
    // A name that a script computes is known only once the script has run.
    let scripts_define = !hooks.is_empty() && scripts::set(subject.sources).others;
    for source in subject.sources.iter().filter(|source| !is_left_out(source, &left_out)) {
        for name in undefined::undefined_in_path(&source.path, known).into_iter().filter(|_| !scripts_define) {
            let message = undefined::not_defined_in_name(name);
            findings.of_file(&source.path, Rule::UndefinedVariable, &message, &declare(name));
        }
        for (path, name) in mistakes::tagged(&source.path, "") {
            if let Some(message) = mistakes::in_name(name, known) {
                findings.of_file(path, Rule::LiquidSyntax, &message, mistakes::IN_NAME);
            }
        }
        let is_script = source.path.ends_with(stage::SCRIPT);
        if source.form == Form::Link || is_script || !files.are_rendered(source.target()) {
            continue;
        }
        let Some(text) = source.text() else {
            let name = source.path.rsplit_once('.').map_or(source.path.clone(), |(_, suffix)| format!("*.{suffix}"));
            let message = "not text, which cargo-generate cannot render and stops at";
            findings.of_file(&source.path, Rule::BinaryRendered, message, &format!("add \"{name}\" to `exclude`"));
            continue;
        };
        parses(&source.path, text, &undefined::in_plain_liquid(text, known), findings);
        filters(subject, source, hooks, findings);
        for (tag, name) in undefined::undefined(text, known).into_iter().filter(|_| !scripts_define) {
            not_defined(source, text, &tag, name, findings);
        }
    }
}

/// Names that have a value when files are rendered.
pub(super) fn known_in_complete(subject: &Subject, asked: &[Asked]) -> Vec<String> {
    let asked = asked.iter().map(|asked| asked.name.clone());
    render::OWN.into_iter().map(str::to_owned).chain(scripts::set(subject.sources).names).chain(asked).collect()
}

pub(super) fn names_in_overlay(sources: &[Source]) -> BTreeSet<String> {
    let texts = sources.iter().filter(|source| source.is_rendered()).filter_map(Source::text);
    texts.flat_map(names).collect()
}

/// Names used in files, paths, conditions and scripts; in scripts every string literal counts as a name.
pub(super) fn names_in_complete(subject: &Subject, page: &Page, scripts: &[String]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for source in subject.sources {
        used.extend(names(&source.path));
        let Some(text) = source.text() else { continue };
        if scripts.contains(&source.path) || source.path.ends_with(stage::SCRIPT) {
            used.extend(text.split(['"', '\'', '`']).map(str::to_owned));
        }
        used.extend(names(text));
    }
    let conditions = page.parse().map(|top| {
        let conditions = table(&entries(&top), "conditional");
        conditions.iter().flat_map(|condition| tags::names(condition.key)).map(str::to_owned).collect::<Vec<_>>()
    });
    used.extend(conditions.unwrap_or_default());
    used
}

fn names(text: &str) -> Vec<String> {
    tags::tags(text).iter().flat_map(Tag::uses).map(str::to_owned).collect()
}

fn lists(subject: &Subject, page: &Page) -> Option<(Files, Gitignore)> {
    let config = Config::parse(page.name, page.text).ok()?;
    let files = Files::of(&config.part, "").ok()?;
    let genignore = subject.sources.iter().find(|source| source.path == ".genignore").and_then(Source::text);
    Some((files, files::left_out(&config.part.ignore, genignore).ok()?))
}

fn is_left_out(source: &Source, left_out: &Gitignore) -> bool {
    LISTS_OF_CARGO_GENERATE.contains(&source.path.as_str())
        || left_out.matched_path_or_any_parents(&source.path, false).is_ignore()
}

/// `shown` is the text without what this parser does not support.
fn parses(path: &str, text: &str, shown: &str, findings: &mut Findings) {
    if let Some((offset, message)) = engine::mistake(shown) {
        findings.in_text(path, text, offset, Rule::LiquidSyntax, &message, engine::REMEDY);
    }
}

fn not_defined(source: &Source, text: &str, tag: &Tag, name: &str, findings: &mut Findings) {
    let message = format!("`{name}` is not a variable of this template");
    findings.in_text(&source.path, text, tag.offset, Rule::UndefinedVariable, &message, &declare(name));
}

fn declare(name: &str) -> String {
    format!("correct the name, or add [placeholders.{name}]")
}
