//! A rendered project in memory.

use std::fmt::Write;

use sha2::{Digest, Sha256};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Executable,
    /// Readable by its owner alone, and never part of a hash or a commit.
    Secret,
    /// A symbolic link; the contents are its target path.
    Link,
}

impl Mode {
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Plain => 0o644,
            Self::Executable => 0o755,
            Self::Secret => 0o600,
            Self::Link => 0o777,
        }
    }
}

/// Origin of a file, for authors of overlays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Origin {
    #[default]
    BuiltIn,
    /// From the template; the built-in project has no such file.
    Added,
    /// From the template, replacing a built-in file.
    Replaced,
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Added => "added",
            Self::Replaced => "replaced",
        }
    }
}

#[derive(Clone)]
pub(crate) struct File {
    /// Relative to the project, separated by `/`.
    pub(crate) path: String,
    pub(crate) contents: Vec<u8>,
    pub(crate) mode: Mode,
    pub(crate) origin: Origin,
}

impl File {
    pub(crate) fn is_secret(&self) -> bool {
        self.mode == Mode::Secret
    }

    pub(crate) fn hash(&self) -> String {
        sha256(&self.contents)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.contents).ok().filter(|_| self.mode != Mode::Link)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    pub(crate) fn new(mut files: Vec<File>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Depends only on version and answers: of secret files only the path counts.
    pub(crate) fn hash(&self) -> String {
        let lines = self.files.iter().fold(String::new(), |mut lines, file| {
            let contents = if file.is_secret() { "secret".to_owned() } else { file.hash() };
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{:o} {contents} {}", file.mode.bits(), file.path);
            lines
        });
        sha256(lines.as_bytes())
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, contents: &str, mode: Mode) -> File {
        File { path: path.into(), contents: contents.into(), mode, origin: Origin::BuiltIn }
    }

    #[test]
    fn the_order_of_the_files_does_not_matter_to_the_hash() {
        let (a, b) = (file("a", "1", Mode::Plain), file("b", "2", Mode::Plain));
        assert_eq!(Tree::new(vec![a.clone(), b.clone()]).hash(), Tree::new(vec![b, a]).hash());
    }

    #[test]
    fn contents_paths_and_modes_change_the_hash() {
        let of = |path, contents, mode| Tree::new(vec![file(path, contents, mode)]).hash();
        let first = of("a", "1", Mode::Plain);
        assert_ne!(first, of("a", "2", Mode::Plain));
        assert_ne!(first, of("b", "1", Mode::Plain));
        assert_ne!(first, of("a", "1", Mode::Executable));
    }

    #[test]
    fn a_secret_counts_by_its_path_alone() {
        let of = |contents| Tree::new(vec![file(".env", contents, Mode::Secret)]).hash();
        assert_eq!(of("one"), of("other"));
    }
}
