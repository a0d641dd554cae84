//! Which files cargo-generate renders, by the patterns of `include` and `exclude`.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::config::{FILE, Part};
use crate::failure::Failure;

pub(in crate::template) struct Files {
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
    folder: String,
}

impl Files {
    /// The patterns are those of the template in `folder`.
    pub(in crate::template) fn of(part: &Part, folder: &str) -> Result<Self, Failure> {
        let include = part.include.as_deref().map(patterns).transpose()?;
        // With `include`, cargo-generate ignores `exclude`.
        let exclude = part.exclude.as_deref().filter(|_| include.is_none()).map(patterns).transpose()?;
        Ok(Self { include, exclude, folder: folder.to_owned() })
    }

    pub(in crate::template) fn are_rendered(&self, path: &str) -> bool {
        let path = path.strip_prefix(&self.folder).unwrap_or(path).trim_start_matches('/');
        let matches = |patterns: &Gitignore| patterns.matched_path_or_any_parents(path, false).is_ignore();
        self.include.as_ref().is_none_or(matches) && !self.exclude.as_ref().is_some_and(matches)
    }
}

/// The files that cargo-generate removes: those of `ignore`, and of a `.genignore` at the top.
pub(in crate::template) fn left_out(ignore: &[String], genignore: Option<&str>) -> Result<Gitignore, Failure> {
    let paths = ignore.iter().map(|path| format!("/{}", path.trim_start_matches("./")));
    let lines: Vec<String> = paths.chain(genignore.unwrap_or_default().lines().map(str::to_owned)).collect();
    patterns(&lines)
}

fn patterns(lines: &[String]) -> Result<Gitignore, Failure> {
    let refused = |error: ignore::Error| {
        Failure::at(FILE, None, &error.to_string()).hint("write the patterns as lines of a `.gitignore` would be")
    };
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        builder.add_line(None, line).map_err(refused)?;
    }
    builder.build().map_err(refused)
}
