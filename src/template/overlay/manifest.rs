//! `jwt-allauth.toml` at the top of an overlay: its name, the files left out of projects, and its questions.

use crate::failure::Failure;
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
        let mut manifest = Self::default();
        for entry in page::entries(&page.parse()?) {
            match entry.key {
                "template" => manifest.describe(&page, &page.table_of(&entry)?)?,
                "placeholders" => manifest.placeholders = placeholders::all(&page, &entry, Dialect::Overlay)?,
                _ => return Err(page.unknown(&entry, &TABLES)),
            }
        }
        Ok(manifest)
    }

    /// Paths that are left out of projects.
    pub(super) fn left_out(&self) -> Vec<String> {
        self.ignore.iter().cloned().chain([PATH.to_owned()]).collect()
    }

    fn describe(&mut self, page: &Page, fields: &[page::Entry]) -> Result<(), Failure> {
        for field in fields {
            match field.key {
                "name" => self.name = Some(page.text_of(field)?),
                "version" => self.version = Some(page.text_of(field)?),
                "description" => self.description = Some(page.text_of(field)?),
                "ignore" => self.ignore = ignored(page, field)?,
                "keep" => self.keep = Some(page.texts_of(field)?),
                _ => return Err(page.unknown(field, &KEYS)),
            }
        }
        Ok(())
    }
}

/// Plain paths, so that the manifest shows exactly what is left out.
fn ignored(page: &Page, field: &page::Entry) -> Result<Vec<String>, Failure> {
    let paths = page.texts_of(field)?;
    match paths.iter().find(|path| path.contains(['*', '?', '[', '{'])) {
        Some(glob) => Err(page
            .complaint(&field.at, &format!("`{glob}` is a pattern; `ignore` takes paths"))
            .hint("name the directory to leave out all that is in it")),
        None => Ok(paths.iter().map(|path| path.trim_start_matches("./").trim_end_matches('/').to_owned()).collect()),
    }
}
