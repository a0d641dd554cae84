//! The owner's languages, in `languages.directory`: `TAG/texts.toml` is laid over the built-in texts, or is a new
//! language; a file in `TAG/email/` or `TAG/pages/` replaces that template in this language.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use super::Settings;
use super::settings::is_tag;
use crate::settings::Problem;

const KEY: &str = "languages.directory";
const TEXTS: &str = "texts.toml";

/// The folders of the languages that are offered, and that of English, whose texts fill what others lack.
pub(super) struct Own(Vec<Folder>);

pub(crate) struct Folder {
    tag: String,
    pub(super) texts: Texts,
    pub(super) templates: Vec<Replaced>,
}

pub(super) enum Texts {
    Missing,
    /// A problem says why.
    Unreadable,
    Read {
        path: PathBuf,
        text: String,
    },
}

/// A template that replaces a built-in one.
pub(crate) struct Replaced {
    /// That of the built-in one below `auth/templates/`.
    pub(crate) file: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Own {
    pub(super) fn read(settings: &Settings, problems: &mut Vec<Problem>) -> Self {
        let Some(directory) = &settings.directory else { return Self(Vec::new()) };
        let mut wanted: Vec<&str> = settings.offered.iter().map(String::as_str).collect();
        if !wanted.iter().any(|tag| tag.eq_ignore_ascii_case("en")) {
            wanted.push("en");
        }
        let paths = match listed(directory) {
            // Others are for people, such as `README.md`.
            Ok(paths) => paths.into_iter().filter(|path| path.is_dir()).collect::<Vec<_>>(),
            Err(error) => {
                let words = format_args!(
                    "which cannot be listed: {error}; correct the path (relative to the directory the program is \
                     started in), or remove the key"
                );
                problems.push(problem(directory, words));
                // A language that may be in there is not reported as missing, too.
                return Self(wanted.into_iter().map(|tag| Folder::empty(tag, Texts::Unreadable)).collect());
            }
        };
        for path in paths.iter().filter(|path| !is_tag(&name(path))) {
            problems.push(problem(path, "whose name is no language tag, such as `nl` or `pt-PT`; rename it"));
        }
        let mut folders = Vec::new();
        for tag in wanted {
            let mut of_language = paths.iter().filter(|path| name(path).eq_ignore_ascii_case(tag));
            let Some(path) = of_language.next() else { continue };
            for other in of_language {
                let words = format_args!(
                    "which is the same language as {}: the case of a tag does not count; keep one of them",
                    path.display()
                );
                problems.push(problem(other, words));
            }
            folders.push(Folder::read(path, tag, problems));
        }
        Self(folders)
    }

    /// The folder of a language, whatever the case of its name.
    pub(super) fn take(&mut self, tag: &str) -> Option<Folder> {
        let place = self.0.iter().position(|folder| folder.tag.eq_ignore_ascii_case(tag))?;
        Some(self.0.swap_remove(place))
    }
}

impl Folder {
    fn empty(tag: &str, texts: Texts) -> Self {
        Self { tag: tag.to_owned(), texts, templates: Vec::new() }
    }

    fn read(directory: &Path, tag: &str, problems: &mut Vec<Problem>) -> Self {
        let mut folder = Self::empty(tag, Texts::Missing);
        let Some(paths) = inside(directory, problems) else {
            folder.texts = Texts::Unreadable;
            return folder;
        };
        for path in paths {
            match name(&path).as_str() {
                TEXTS => {
                    let text = read(&path, problems);
                    folder.texts = text.map_or(Texts::Unreadable, |text| Texts::Read { path, text });
                }
                kind @ ("email" | "pages") if path.is_dir() => {
                    folder.templates.extend(templates(&path, kind, problems));
                }
                _ => {
                    let words = "which nothing reads; a language has `texts.toml`, `email/` and `pages/`";
                    problems.push(problem(&path, words));
                }
            }
        }
        folder
    }
}

fn templates(directory: &Path, kind: &str, problems: &mut Vec<Problem>) -> Vec<Replaced> {
    let mut templates = Vec::new();
    for path in inside(directory, problems).unwrap_or_default() {
        let file = format!("{kind}/{}", name(&path));
        templates.extend(read(&path, problems).map(|text| Replaced { file, path, text }));
    }
    templates
}

/// What is in a folder of a language.
fn inside(directory: &Path, problems: &mut Vec<Problem>) -> Option<Vec<PathBuf>> {
    let cannot =
        |error| problem(directory, format_args!("which cannot be listed: {error}; allow the program to read it"));
    listed(directory).map_err(|error| problems.push(cannot(error))).ok()
}

/// Without what is hidden, such as `.git` and `.DS_Store`, in the order of the names.
fn listed(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn read(path: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    let cannot = |error| {
        let words = format_args!("which cannot be read: {error}; it must be text in UTF-8 that the program may read");
        problem(path, words)
    };
    std::fs::read_to_string(path).map_err(|error| problems.push(cannot(error))).ok()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// In words that follow the name of a file or directory.
pub(crate) fn problem(path: &Path, words: impl Display) -> Problem {
    Problem::new(KEY, format_args!("has {}, {words}", path.display()))
}
