//! Finds mistakes in a template that would go unnoticed, such as a key that nothing reads, a pattern that matches
//! nothing, or a question whose answer is not used. Each finding has its place, its rule and a remedy.
//!
//! Reading a template stops at the first mistake; lint continues. If no rule finds anything, the template is rendered
//! on trial.

mod conditions;
mod contents;
mod findings;
mod hooks;
mod keys;
mod paths;
mod questions;
mod trial;

use std::path::Path;

use anyhow::Result;

use super::choice::{self, Named};
use super::complete::config::FILE;
use super::description::Kind;
use super::fetch::Checkout;
use super::overlay::{self, manifest};
use super::page::{self, Page};
use super::source::Source;
use super::walk::{self, Whole};
use super::{Template, location, of_template, portable};
use crate::signals::Signals;
use findings::Findings;
pub(crate) use findings::{Finding, Rule};

const LINT: &str = "jwt-allauth templates lint";

pub(crate) struct Linted {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) findings: Vec<Finding>,
    /// Variables whose values come from whoever renders it. They are no mistakes.
    pub(crate) circumstances: Vec<String>,
}

/// A template as in its directory.
struct Subject<'a> {
    root: &'a Path,
    sources: &'a [Source],
}

pub(crate) fn lint(directory: &Path, signals: &Signals) -> Result<Linted> {
    let named = directory.display().to_string();
    if let Some(repository) = location::in_bare(&named)? {
        // All of it is held, since the checkout has to be removed after a signal.
        return signals.hold(|writing| {
            let checkout = Checkout::of(&repository, writing).map_err(|error| of_template(error, &named))?;
            let named = Named { by: LINT, name: &checkout.location, joint: checkout.joint };
            linted(&checkout.folder, named, signals)
        });
    }
    let root = location::directory(&named).map_err(|failure| failure.of_template(&named))?;
    linted(&root, Named { by: LINT, name: named.trim_end_matches('/'), joint: "/" }, signals)
}

fn linted(root: &Path, named: Named, signals: &Signals) -> Result<Linted> {
    let kind = choice::of(root, named)?;
    let mut findings = by_rules(root, kind);
    if findings.is_empty() {
        trial::render(root, kind, signals, &mut findings)?;
    }
    let circumstances = Template::whole(root, kind).map(|template| template.circumstances().into_keys().collect());
    let (name, circumstances) = (overlay::name_of(root), circumstances.unwrap_or_default());
    Ok(Linted { name, kind, findings: findings.in_order(), circumstances })
}

fn by_rules(root: &Path, kind: Kind) -> Findings {
    let mut findings = Findings::default();
    let text = |name: &str| walk::text(&root.join(name)).unwrap_or_default().unwrap_or_default();
    match kind {
        Kind::Complete => complete(root, &text(FILE), &mut findings),
        Kind::Overlay | Kind::BuiltIn => overlay(root, &text(manifest::PATH), &mut findings),
    }
    findings
}

fn overlay(root: &Path, text: &str, findings: &mut Findings) {
    let page = Page { name: manifest::PATH, text };
    let table = match page.parse() {
        Ok(table) => table,
        Err(failure) => return findings.of_failure(&failure, Rule::InvalidToml, "write it as TOML"),
    };
    let entries = page::entries(&table);
    let left_out = paths::of_overlay(root, &page, &entries, findings);
    let sources = match walk::read(root, Whole::Overlay, &left_out) {
        Ok(sources) => sources,
        Err(failure) => return findings.of_failure(&failure, Rule::UnsafeFile, "leave it out of the template"),
    };
    not_portable(&sources, findings);
    like_a_built_in_file(root, &sources, findings);
    keys::of_overlay(&page, &entries, findings);
    let asked = questions::of_overlay(&page, &entries, findings);
    contents::of_overlay(&sources, &asked, findings);
    let used = contents::names_in_overlay(&sources);
    questions::all_are_used(&page, &asked, &used, findings);
}

fn complete(root: &Path, text: &str, findings: &mut Findings) {
    let sources = match walk::read(root, Whole::Complete, &[]) {
        Ok(sources) => sources,
        Err(failure) => return findings.of_failure(&failure, Rule::UnsafeFile, "leave it out of the template"),
    };
    not_portable(&sources, findings);
    let page = Page { name: FILE, text };
    let folders = match page.parse() {
        Ok(table) => paths::sub_templates(root, &page, &page::entries(&table), findings),
        Err(_) => Vec::new(),
    };
    if folders.is_empty() {
        return one_complete(&Subject { root, sources: &sources }, &page, findings);
    }
    for folder in folders {
        let inside: Vec<Source> = sources.iter().filter_map(|source| within(source, &folder)).collect();
        let file = format!("{folder}/{FILE}");
        let text = inside.iter().find(|source| source.path == FILE).and_then(Source::text).unwrap_or(text);
        let page = Page { name: &file, text };
        let mut of_folder = Findings::default();
        one_complete(&Subject { root: &root.join(&folder), sources: &inside }, &page, &mut of_folder);
        findings.add(of_folder, &folder);
    }
}

fn not_portable(sources: &[Source], findings: &mut Findings) {
    // The final name of a path with a tag is not known yet.
    let paths = sources.iter().map(Source::target).filter(|path| !path.contains('{'));
    for (path, why) in portable::complaints(paths) {
        findings.of_file(path, Rule::NotPortable, &why, "give it another name");
    }
}

/// A file beside a built-in one whose name differs in capitals only.
fn like_a_built_in_file(root: &Path, sources: &[Source], findings: &mut Findings) {
    // Of a template that cannot be put together, another rule tells.
    let Ok(whole) = Template::whole(root, Kind::Overlay) else { return };
    for path in sources.iter().map(Source::target) {
        let is_like = |other: &&Source| other.target() != path && other.target().to_lowercase() == path.to_lowercase();
        let others: Vec<&str> = whole.sources.iter().filter(is_like).map(Source::target).collect();
        for other in others.into_iter().filter(|other| sources.iter().all(|source| source.target() != *other)) {
            let message = format!(
                "only capitals tell it from the built-in `{other}`, which it does not replace: Windows and macOS keep one \
                 of the two"
            );
            findings.of_file(path, Rule::NotPortable, &message, &format!("call it `{other}`, or something else"));
        }
    }
}

/// The file with its path relative to a folder that is a template of its own.
fn within(source: &Source, folder: &str) -> Option<Source> {
    let path = source.path.strip_prefix(folder)?.strip_prefix('/')?;
    Some(Source { path: path.to_owned(), ..source.clone() })
}

fn one_complete(subject: &Subject, page: &Page, findings: &mut Findings) {
    let table = match page.parse() {
        Ok(table) => table,
        Err(failure) => return findings.of_failure(&failure, Rule::InvalidToml, "write it as TOML"),
    };
    let entries = page::entries(&table);
    keys::of_complete(page, &entries, findings);
    paths::of_complete(subject, page, &entries, findings);
    let scripts = hooks::check(subject, page, &entries, findings);
    let asked = questions::of_complete(page, &entries, findings);
    let known = contents::known_in_complete(subject, &asked);
    conditions::check(page, &entries, &known, findings);
    contents::of_complete(subject, page, &known, &scripts, findings);
    let used = contents::names_in_complete(subject, page, &scripts);
    questions::all_are_used(page, &asked, &used, findings);
}

#[cfg(test)]
mod tests;
