//! The text that the owner and the template both began with, looked for wherever it may be and known by its hash.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::Project;
use crate::ends;
use crate::project;
use crate::tree::Tree;
use crate::vcs::gap::Gap;
use crate::vcs::history;

/// Where an update leaves what the next one will not find in the project's history: the template's text of each file that
/// was merged, which the project has never had as it is.
pub(super) const LEFT: &str = ".jwt-allauth/base/";

pub(crate) struct Bases<'a> {
    pub(crate) project: &'a Project,
    /// What this program renders with the answers of old, in case the template has not changed since.
    pub(crate) rendered: &'a dyn Fn() -> Vec<Tree>,
    /// What the old program renders, where somebody has it.
    pub(crate) directory: Option<&'a Path>,
}

/// The texts by their paths.
pub(super) type Found = BTreeMap<String, Vec<u8>>;

impl Bases<'_> {
    /// `wanted` are paths with their hashes; what is found nowhere is missing from the answer, with the repository's excuse.
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
