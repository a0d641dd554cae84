//! Paths and patterns that mean no file, or mean one elsewhere.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use toml::Spanned;
use toml::de::DeValue;

use super::keys::{LISTS, table};
use super::{Findings, Rule, Subject};
use crate::template::Template;
use crate::template::overlay::manifest;
use crate::template::page::{Entry, Page, entries};
use crate::template::source::Source;
use crate::template::walk::is_inside;

/// Made by tools, and left out of repositories.
const WORKING_COPY: [&str; 5] = [".DS_Store", ".git", "Cargo.lock", "node_modules", "target"];
const IGNORE: &str = "ignore";

/// Answers with what is to be left out when the template is read.
pub(super) fn of_overlay(root: &Path, page: &Page, top: &[Entry], findings: &mut Findings) -> Vec<String> {
    let template = table(top, "template");
    let listed = template.iter().filter(|field| field.key == IGNORE);
    for field in listed.clone() {
        ignored(root, page, field, findings);
    }
    for field in template.iter().filter(|field| field.key == "keep") {
        patterns(None, &Template::built_in().sources, "of the built-in project", page, field, findings);
    }
    let paths = listed.flat_map(texts).map(|(text, _)| text.trim_start_matches("./").trim_end_matches('/').to_owned());
    paths.chain([manifest::PATH.to_owned()]).collect()
}

pub(super) fn of_complete(subject: &Subject, page: &Page, top: &[Entry], findings: &mut Findings) {
    lists(subject, page, &table(top, "template"), findings);
    for condition in table(top, "conditional") {
        lists(subject, page, &condition.value.as_table().map(entries).unwrap_or_default(), findings);
    }
}

/// The folders that are there.
pub(super) fn sub_templates(root: &Path, page: &Page, top: &[Entry], findings: &mut Findings) -> Vec<String> {
    let mut folders = Vec::new();
    for field in table(top, "template").iter().filter(|field| field.key == "sub_templates") {
        for (folder, at) in texts(field) {
            if is_inside(folder) && root.join(folder).is_dir() {
                folders.push(folder.trim_end_matches('/').to_owned());
            } else {
                let message = format!("there is no directory `{folder}` to be a template");
                findings.at(page, &at, Rule::MatchesNothing, &message, "create it, or take it out of the list");
            }
        }
    }
    folders
}

fn lists(subject: &Subject, page: &Page, fields: &[Entry], findings: &mut Findings) {
    for field in fields.iter().filter(|field| LISTS.contains(&field.key)) {
        if field.key == IGNORE {
            ignored(subject.root, page, field, findings);
        } else {
            patterns(Some(subject.root), subject.sources, "of the template", page, field, findings);
        }
    }
    let has = |key: &str| fields.iter().find(|field| field.key == key);
    if let (Some(_), Some(exclude)) = (has("include"), has("exclude")) {
        let message = "beside `include`, `exclude` is not read";
        findings.at(page, &exclude.at, Rule::WithoutEffect, message, "keep one of the two");
    }
}

fn ignored(root: &Path, page: &Page, field: &Entry, findings: &mut Findings) {
    for (path, at) in texts(field) {
        if path.contains(['*', '?', '[', '{']) && root.join(path).symlink_metadata().is_err() {
            let message = format!("`{path}` is a pattern; `ignore` takes paths, and leaves out nothing here");
            let fix = "name the file, or the directory to leave out all that is in it";
            findings.at(page, &at, Rule::GlobInIgnore, &message, fix);
        } else if !is_inside(path) {
            let message = format!("`{path}` is not inside of the template");
            findings.at(page, &at, Rule::UnsafeFile, &message, "write a path relative to the template, without `..`");
        } else if root.join(path).symlink_metadata().is_err() && !is_of_a_working_copy(root, path) {
            let message = format!("there is no `{path}` to be left out");
            findings.at(page, &at, Rule::MatchesNothing, &message, "correct the path, or take it out of the list");
        }
    }
}

/// What lies in a directory that somebody works in, and not in a fresh clone of it.
fn is_of_a_working_copy(root: &Path, path: &str) -> bool {
    let path = path.trim_start_matches("./").trim_matches(['/', '*']);
    let (ignored, _) = Gitignore::new(root.join(".gitignore"));
    let by_git = !path.is_empty()
        && is_inside(path)
        && [true, false].iter().any(|directory| ignored.matched(root.join(path), *directory).is_ignore());
    by_git || path.rsplit('/').next().is_some_and(|name| WORKING_COPY.contains(&name))
}

fn patterns(
    working_copy: Option<&Path>,
    sources: &[Source],
    whose: &str,
    page: &Page,
    field: &Entry,
    findings: &mut Findings,
) {
    let is_expected = |pattern: &str| working_copy.is_some_and(|root| is_of_a_working_copy(root, pattern));
    for (pattern, at) in texts(field).filter(|(pattern, _)| !is_expected(pattern)) {
        let mut builder = GitignoreBuilder::new("");
        let built = builder.add_line(None, pattern).and_then(|builder| builder.build());
        let meant =
            |path: &str| built.as_ref().is_ok_and(|built| !built.matched_path_or_any_parents(path, false).is_none());
        if !sources.iter().any(|source| meant(source.target()) || meant(&source.path)) {
            let message = format!("`{pattern}` in `{}` matches no file {whose}", field.key);
            let fix = "write it as a line of a `.gitignore` at the top would be";
            findings.at(page, &at, Rule::MatchesNothing, &message, fix);
        }
    }
}

pub(super) fn texts<'e>(field: &'e Entry) -> impl Iterator<Item = (&'e str, std::ops::Range<usize>)> {
    let text = |item: &'e Spanned<DeValue>| Some((item.get_ref().as_str()?, item.span()));
    field.value.as_array().into_iter().flat_map(|items| items.iter()).filter_map(text)
}
