//! Searches the base text, which owner and template both started from, by its hash.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::Project;
use crate::ends;
use crate::project;
use crate::tree::Tree;
use crate::vcs::gap::Gap;
use crate::vcs::history;

/// Base texts for the next update: the template's text of each merged file, which the project's history has never
/// contained.
pub(super) const LEFT: &str = ".jwt-allauth/base/";

pub(crate) struct Bases<'a> {
    pub(crate) project: &'a Project,
    /// Renders the recorded answers with this program, in case the template has not changed since.
    pub(crate) rendered: &'a dyn Fn() -> Vec<Tree>,
    /// A directory rendered by the old program (`--base`).
    pub(crate) directory: Option<&'a Path>,
}

/// Texts by path.
pub(super) type Found = BTreeMap<String, Vec<u8>>;

impl Bases<'_> {
    /// `wanted` maps paths to hashes. Texts that were not found are missing in the result; the gap says why.
    pub(super) fn find(&self, wanted: &BTreeMap<String, String>) -> (Found, Option<Gap>) {
        let mut found = Found::new();
        let missing = |found: &Found| -> BTreeMap<String, String> {
            let missing = wanted.iter().filter(|(path, _)| !found.contains_key(*path));
            missing.map(|(path, hash)| (path.clone(), hash.clone())).collect()
        };
        if wanted.is_empty() {
            return (found, None);
        }
        for (path, hash) in wanted {
            let left = project::file_below(&self.project.root, &format!("{LEFT}{path}")).ok();
            found.extend(left.filter(|left| ends::has_hash(left, hash)).map(|left| (path.clone(), left)));
        }
        for tree in (self.rendered)() {
            for (path, hash) in missing(&found) {
                let file = tree.get(&path).filter(|file| file.hash() == hash);
                found.extend(file.map(|file| (path, file.contents.clone())));
            }
        }
        if let Some(directory) = self.directory {
            for (path, hash) in missing(&found) {
                let contents =
                    project::file_below(directory, &path).ok().filter(|contents| ends::has_hash(contents, &hash));
                found.extend(contents.map(|contents| (path, contents)));
            }
        }
        let (remembered, gap) = history::find(&self.project.root, &missing(&found));
        found.extend(remembered);
        (found, gap)
    }
}
