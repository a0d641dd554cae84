//! Built-in files that stay below an overlay: all, or those matching `keep`, with the syntax of `.gitignore`.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::manifest;
use crate::failure::Failure;
use crate::template::source::Source;

pub(in crate::template) struct Keep(Option<Gitignore>);

impl Keep {
    pub(in crate::template) fn all() -> Self {
        Self(None)
    }

    /// Refuses a pattern without a match: the file has probably moved.
    pub(in crate::template) fn of(patterns: Option<&[String]>, below: &[Source]) -> Result<Self, Failure> {
        let Some(patterns) = patterns else { return Ok(Self::all()) };
        Failure::collected(patterns.iter().map(|pattern| {
            let meant = built(std::slice::from_ref(pattern))?;
            if below.iter().any(|source| is_meant(&meant, source.target())) {
                return Ok(());
            }
            let message = format!("`{pattern}` in `keep` matches no file of the built-in project");
            Err(Failure::at(manifest::PATH, None, &message).hint("see `jwt-allauth templates show built-in`"))
        }))?;
        built(patterns).map(Some).map(Self)
    }

    pub(super) fn has(&self, target: &str) -> bool {
        self.0.as_ref().is_none_or(|patterns| patterns.matched_path_or_any_parents(target, false).is_ignore())
    }
}

/// Whether a pattern matches a path, even if `!` excludes it again.
fn is_meant(pattern: &Gitignore, target: &str) -> bool {
    !pattern.matched_path_or_any_parents(target, false).is_none()
}

fn built(patterns: &[String]) -> Result<Gitignore, Failure> {
    let refused = |error: ignore::Error| {
        let hint = "write `keep` as lines of a `.gitignore` would be, each for what stays";
        Failure::at(manifest::PATH, None, &error.to_string()).hint(hint)
    };
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(refused)?;
    }
    builder.build().map_err(refused)
}
