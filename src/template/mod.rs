//! Where a template comes from, what it holds, how it renders: `(Template, Answers, Secrets)` to a `Tree`, without the disk.
//!
//! Files named `*.liquid` are rendered and lose the suffix, all others are copied byte for byte. A file that begins with
//! `#!/` is executable: a binary remembers no modes, and a script says so in its first line anyway.

mod built_in;
mod engine;
mod escape;
mod lockfile;
mod stamp;
mod tags;
mod variables;
mod verify;

use std::borrow::Cow;

use crate::answers::Answers;
use crate::failure::Failure;
use crate::secrets::{self, Secrets};
use crate::tree::{File, Mode, Tree};
use engine::Output;
use variables::Variables;

const SUFFIX: &str = ".liquid";
const LOCK_FILE: &str = "Cargo.lock";

pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) version: String,
    sources: Vec<Source>,
}

#[derive(Debug, Clone)]
struct Source {
    path: String,
    contents: Cow<'static, [u8]>,
}

impl Template {
    pub(crate) fn built_in() -> Self {
        built_in::template()
    }

    /// The crates a rendered project contains or depends on; a project cannot have the name of one.
    pub(crate) fn crates(&self) -> Vec<&str> {
        let lock = self.sources.iter().find(|source| source.path == LOCK_FILE);
        lock.and_then(|lock| std::str::from_utf8(&lock.contents).ok()).map(lockfile::crates).unwrap_or_default()
    }

    /// Renders and verifies every file; what comes out is fit to be written.
    pub(crate) fn render(&self, answers: &Answers, secrets: &Secrets) -> Result<Tree, Failure> {
        let variables = variables::of(answers, secrets);
        let engine = engine::Engine::new(self.sources.clone(), &variables)?;
        let mut files = Vec::with_capacity(self.sources.len() + 1);
        for source in &self.sources {
            files.push(match source.path.strip_suffix(SUFFIX) {
                Some(path) => rendered(path, engine.render(source)?, &variables)?,
                None if source.path == LOCK_FILE => relocked(source, answers)?,
                None => copied(source),
            });
        }
        files.push(stamp::file(self, answers, &files));
        let tree = Tree::new(files);
        verify::project(&tree, answers, secrets)?;
        Ok(tree)
    }

    #[cfg(test)]
    fn of(sources: &[(&str, &str)]) -> Self {
        let sources = sources
            .iter()
            .map(|(path, contents)| Source { path: (*path).to_owned(), contents: contents.as_bytes().to_vec().into() });
        Self { id: "test".into(), version: "1.0.0".into(), sources: sources.collect() }
    }
}

fn rendered(path: &str, output: Output, variables: &Variables) -> Result<File, Failure> {
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    verify::no_tag_is_left(path, &output.text, &names)?;
    let contents = output.text.into_bytes();
    let mode = if output.secret { Mode::Secret } else { mode_of(path, &contents) };
    Ok(File { path: path.to_owned(), contents, mode })
}

fn relocked(source: &Source, answers: &Answers) -> Result<File, Failure> {
    let contents = lockfile::renamed(&source.contents, answers.name.as_str())?;
    Ok(File { path: source.path.clone(), contents, mode: Mode::Plain })
}

fn copied(source: &Source) -> File {
    let contents = source.contents.to_vec();
    File { path: source.path.clone(), mode: mode_of(&source.path, &contents), contents }
}

fn mode_of(path: &str, contents: &[u8]) -> Mode {
    if secrets::may_be_in(path) {
        Mode::Secret
    } else if contents.starts_with(b"#!/") {
        Mode::Executable
    } else {
        Mode::Plain
    }
}

#[cfg(test)]
mod tests;
