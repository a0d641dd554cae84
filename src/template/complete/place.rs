//! The part of this machine that cargo-generate sees, and what a person sees of it.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::Result;

use crate::failure::Failure;
use crate::scratch::Scratch;

pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) template: PathBuf,
    pub(super) out: PathBuf,
    pub(super) temporary: PathBuf,
    pub(super) values: PathBuf,
    /// The shell of scripts.
    pub(super) programs: PathBuf,
    pub(super) answer: PathBuf,
    /// The answer to a question of a script.
    pub(super) reply: PathBuf,
    /// A script of ours. It is not in the template, where scripts would see it.
    pub(super) inquiry: PathBuf,
    /// What the template and the project are called by the person.
    names: [String; 2],
}

impl Place {
    pub(super) fn in_directory(root: &Path, template_name: &str, project: &Path) -> Result<Self> {
        let [template, out, temporary, programs] = ["template", "out", "tmp", "bin"].map(|name| root.join(name));
        let [values, answer, reply, inquiry] =
            ["values.toml", "answer", "reply", "inquiry.rhai"].map(|name| root.join(name));
        for directory in [&template, &out, &temporary, &programs] {
            fs::create_dir(directory).map_err(|error| Scratch::failed(directory, &error))?;
        }
        // cargo-generate reads its settings from beside `out`.
        written(&out.with_extension("toml"), b"")?;
        let names = [template_name.to_owned(), project.display().to_string()];
        Ok(Self { root: root.to_owned(), template, out, temporary, values, programs, answer, reply, inquiry, names })
    }

    /// A text with the paths that the person knows: those of the template's files are relative to it, those below the
    /// destination begin with the project's path.
    pub(super) fn seen(&self, text: &str) -> String {
        let [template, project] = &self.names;
        let text = replaced(text, &self.template, 0, template, "");
        let text = replaced(&text, &self.temporary, 1, template, "");
        let below = format!("{project}{MAIN_SEPARATOR}");
        let text = replaced(&text, &self.out, 1, project, &below);
        text.replace(&self.root.display().to_string(), "…")
    }
}

/// Replaces a directory, with so many folders of one name below it: by `itself`, or by `before` if a path goes on.
fn replaced(text: &str, directory: &Path, below: usize, itself: &str, before: &str) -> String {
    let is_of_a_name = |c: char| c.is_alphanumeric() || "-_.{%$@+".contains(c);
    let directory = directory.display().to_string();
    let mut parts = text.split(&directory);
    let mut seen = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut rest = part;
        for _ in 0..below {
            let name = rest.strip_prefix(MAIN_SEPARATOR).unwrap_or(rest);
            rest = &name[name.find(|c: char| !is_of_a_name(c)).unwrap_or(name.len())..];
        }
        let inside = rest.trim_start_matches(MAIN_SEPARATOR).trim_start_matches("./");
        let goes_on = rest.starts_with(MAIN_SEPARATOR) && inside.starts_with(is_of_a_name);
        seen.push_str(if goes_on { before } else { itself });
        seen.push_str(inside);
    }
    seen
}

pub(super) fn written(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    fs::write(path, contents).map_err(|error| Scratch::failed(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_sees_the_paths_of_the_template_and_of_the_project() {
        let root = tempfile::TempDir::new().unwrap();
        let place = Place::in_directory(root.path(), "t", Path::new("../shop")).unwrap();
        let root = root.path().display();
        for (text, seen) in [
            ("ROOT/tmp/cargo-generateAb12/pre.rhai: no", "pre.rhai: no"),
            ("ROOT/tmp/cargo-generateAb12/./a/b.rhai", "a/b.rhai"),
            ("from ROOT/tmp/cargo-generateAb12/ to ROOT/out/shop?", "from t to ../shop?"),
            ("[\"ROOT/tmp/cargo-generateAb12\", \"ROOT/out/shop/.env\"]", "[\"t\", \"../shop/.env\"]"),
            ("ROOT/template/pre.rhai and ROOT/template", "pre.rhai and t"),
            ("ROOT/values.toml", "…/values.toml"),
            ("/tmp/other", "/tmp/other"),
        ] {
            assert_eq!(place.seen(&text.replace("ROOT", &root.to_string())), seen);
        }
    }
}
