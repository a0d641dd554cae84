//! The owner's languages, in `languages.directory`: `TAG/texts.toml` is laid over the built-in texts, or is a new
//! language; a file in `TAG/email/` or `TAG/pages/` replaces that template in this language.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::settings::is_tag;
use crate::settings::Problem;

const KEY: &str = "languages.directory";
const TEXTS: &str = "texts.toml";

pub(crate) struct Folder {
    pub(super) tag: String,
    pub(super) texts: Option<(PathBuf, String)>,
    pub(super) templates: Vec<Replaced>,
}

/// A template that replaces a built-in one.
pub(crate) struct Replaced {
    /// That of the built-in one below `auth/templates/`.
    pub(crate) file: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

pub(super) fn folders(directory: &Path, problems: &mut Vec<Problem>) -> Vec<Folder> {
    let mut folders = Vec::new();
    for path in listed(directory, problems) {
        let name = name(&path);
        // Such as `.gitignore` and `README.md`.
        if !path.is_dir() {
            continue;
        }
        if is_tag(&name) {
            folders.push(folder(&path, name, problems));
        } else {
            let words = "whose name is no language tag, such as `nl` or `pt-PT`; rename it";
            problems.push(problem(&path, words));
        }
    }
    folders
}

fn folder(directory: &Path, tag: String, problems: &mut Vec<Problem>) -> Folder {
    let mut folder = Folder { tag, texts: None, templates: Vec::new() };
    for path in listed(directory, problems) {
        match name(&path).as_str() {
            TEXTS => folder.texts = read(&path, problems).map(|text| (path, text)),
            kind @ ("email" | "pages") if path.is_dir() => folder.templates.extend(templates(&path, kind, problems)),
            hidden if hidden.starts_with('.') => {}
            _ => {
                let words = "which nothing reads; a language has `texts.toml`, `email/` and `pages/`";
                problems.push(problem(&path, words));
            }
        }
    }
    folder
}

fn templates(directory: &Path, kind: &str, problems: &mut Vec<Problem>) -> Vec<Replaced> {
    let mut templates = Vec::new();
    for path in listed(directory, problems) {
        let file = format!("{kind}/{}", name(&path));
        templates.extend(read(&path, problems).map(|text| Replaced { file, path, text }));
    }
    templates
}

/// In the order of their names.
fn listed(directory: &Path, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>());
    match entries {
        Ok(mut paths) => {
            paths.sort();
            paths
        }
        Err(error) => {
            let words = format_args!(
                "which cannot be listed: {error}; correct the path (relative to the directory the program is started \
                 in), or remove the key"
            );
            problems.push(problem(directory, words));
            Vec::new()
        }
    }
}

fn read(path: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => {
            problems.push(problem(path, format_args!("which cannot be read: {error}")));
            None
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// In words that follow the name of a file or directory.
pub(crate) fn problem(path: &Path, words: impl Display) -> Problem {
    Problem::new(KEY, format_args!("has {}, {words}", path.display()))
}
