//! `jwt-allauth.toml` at the top of an overlay: its name, the files left out of projects, and its questions.

use crate::failure::{Failure, Failures};
use crate::template::page::{self, Page};
use crate::template::placeholders::{self, Dialect, Placeholder};

pub(in crate::template) const PATH: &str = "jwt-allauth.toml";

pub(in crate::template) const TABLES: [&str; 2] = ["template", "placeholders"];
pub(in crate::template) const KEYS: [&str; 5] = ["name", "version", "description", "ignore", "keep"];

#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    /// Files and directories of the template itself, such as its README.
    pub(super) ignore: Vec<String>,
    /// Patterns of the kept built-in files; None keeps all.
    pub(super) keep: Option<Vec<String>>,
    pub(super) placeholders: Vec<Placeholder>,
}

impl Manifest {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let page = Page { name: PATH, text };
        let (mut manifest, mut failures) = (Self::default(), Failures::default());
        for entry in page::entries(&page.parse()?) {
            match entry.key {
                "template" => {
                    failures.of(manifest.describe(&page, &entry));
                }
                "placeholders" => {
                    let all = failures.of(placeholders::all(&page, &entry, Dialect::Overlay));
                    manifest.placeholders = all.unwrap_or_default();
                }
                _ => failures.add([page.unknown(&entry, &TABLES)]),
            }
        }
        failures.unless_any(Some(manifest))
    }

    /// Paths that are left out of projects by a manifest with mistakes, if none is in what says so.
    pub(super) fn left_out_by(text: &str) -> Option<Vec<String>> {
        let page = Page { name: PATH, text };
        let top = page.parse().ok()?;
        let template = page::entries(&top).into_iter().find(|entry| entry.key == "template");
        let fields = template.map_or(Some(Vec::new()), |template| page.table_of(&template).ok())?;
        let ignore = fields.iter().find(|field| field.key == "ignore");
        let ignore = ignore.map_or(Some(Vec::new()), |field| ignored(&page, field).ok())?;
        Some(Self { ignore, ..Self::default() }.left_out())
    }

    /// Paths that are left out of projects.
    pub(super) fn left_out(&self) -> Vec<String> {
        self.ignore.iter().cloned().chain([PATH.to_owned()]).collect()
    }

    fn describe(&mut self, page: &Page, table: &page::Entry) -> Result<(), Failure> {
        let mut failures = Failures::default();
        for field in page.table_of(table)? {
            match field.key {
                "name" => self.name = failures.of(page.text_of(&field)),
                "version" => self.version = failures.of(page.text_of(&field)),
                "description" => self.description = failures.of(page.text_of(&field)),
                "ignore" => self.ignore = failures.of(ignored(page, &field)).unwrap_or_default(),
                "keep" => self.keep = failures.of(page.texts_of(&field)),
                _ => failures.add([page.unknown(&field, &KEYS)]),
            }
        }
        failures.unless_any(Some(()))
    }
}

/// Plain paths, so that the manifest shows exactly what is left out.
fn ignored(page: &Page, field: &page::Entry) -> Result<Vec<String>, Failure> {
    let path = |path: &String| {
        if path.contains(['*', '?', '[', '{']) {
            return Err(page
                .complaint(&field.at, &format!("`{path}` is a pattern; `ignore` takes paths"))
                .hint("name the directory to leave out all that is in it"));
        }
        Ok(path.trim_start_matches("./").trim_end_matches('/').to_owned())
    };
    Failure::collected(page.texts_of(field)?.iter().map(path))
}
