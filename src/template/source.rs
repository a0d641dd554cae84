//! A file of a template before it is rendered.

use std::borrow::Cow;

use super::tags::{self, Tag};
use super::{embedded, lockfile};
use crate::answers::Answers;
use crate::failure::Failure;
use crate::secrets;
use crate::tree::{File, Mode, Origin};

pub(super) const SUFFIX: &str = ".liquid";
pub(super) const LOCK_FILE: &str = lockfile::NAME;
pub(super) const MANIFEST: &str = "Cargo.toml";

#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) contents: Cow<'static, [u8]>,
    pub(super) form: Form,
    pub(super) origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// From the binary, which stores no modes: a file that begins with `#!/` is executable.
    Embedded,
    /// From a disk.
    File { executable: bool },
    /// A symbolic link; the contents are its target path.
    Link,
}

impl Source {
    pub(super) fn embedded(path: impl Into<String>, contents: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { path: path.into(), contents: contents.into(), form: Form::Embedded, origin: Origin::BuiltIn }
    }

    /// The path in the rendered project.
    pub(super) fn target(&self) -> &str {
        if self.is_rendered() { self.path.strip_suffix(SUFFIX).unwrap_or(&self.path) } else { &self.path }
    }

    pub(super) fn is_rendered(&self) -> bool {
        self.form != Form::Link && self.path.ends_with(SUFFIX)
    }

    /// Whether its rendered text depends on a variable.
    pub(super) fn uses(&self, variable: &str) -> bool {
        let text = self.text().filter(|_| self.is_rendered());
        text.is_some_and(|text| tags::tags(text).iter().flat_map(Tag::uses).any(|name| name == variable))
    }

    /// Whether it includes a replaced built-in file.
    pub(super) fn includes(&self, replaced: &Self) -> bool {
        let name = format!("{}/{}", embedded::BUILT_IN, replaced.target());
        self.is_rendered() && self.text().is_some_and(|text| text.contains(&name))
    }

    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.contents).ok()
    }

    pub(super) fn rendered(&self, contents: Vec<u8>, secret: bool) -> File {
        let mode = if secret { Mode::Secret } else { self.mode(&contents) };
        File { path: self.target().to_owned(), contents, mode, origin: self.origin }
    }

    /// The file as in the template.
    pub(super) fn raw(&self) -> File {
        let contents = self.contents.to_vec();
        File { path: self.path.clone(), mode: self.mode(&contents), contents, origin: self.origin }
    }

    pub(super) fn copied(&self, answers: &Answers) -> Result<File, Failure> {
        let contents = if self.path == LOCK_FILE && self.form != Form::Link {
            lockfile::renamed(&self.contents, answers.name.as_str())?
        } else {
            self.contents.to_vec()
        };
        Ok(self.rendered(contents, false))
    }

    fn mode(&self, contents: &[u8]) -> Mode {
        match self.form {
            Form::Link => Mode::Link,
            _ if secrets::may_be_in(self.target()) => Mode::Secret,
            Form::Embedded if contents.starts_with(b"#!/") => Mode::Executable,
            Form::File { executable: true } => Mode::Executable,
            Form::Embedded | Form::File { executable: false } => Mode::Plain,
        }
    }
}
