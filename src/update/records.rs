//! The program's own files in a project: the stamp, and base texts for the next update.

use std::collections::BTreeMap;

use anyhow::Result;

use super::base;
use super::change::{Change, Outcome};
use super::project::Project;
use crate::template::stamp;
use crate::tree::{File, Mode, Origin, Tree};

pub(super) fn of(project: &Project, tree: &Tree, changes: &[Change]) -> Result<Vec<Change>> {
    let mut wanted: BTreeMap<String, Option<File>> = BTreeMap::new();
    for path in project.stamp.files.keys() {
        wanted.insert(format!("{}{path}", base::LEFT), None);
    }
    for change in changes {
        let path = format!("{}{}", base::LEFT, change.path);
        if let Some(base) = &change.base {
            let contents = base.as_bytes().to_vec();
            let file = File { path: path.clone(), contents, mode: Mode::Plain, origin: Origin::BuiltIn };
            wanted.insert(path, Some(file));
        } else if let Some((left, theirs)) = project.read(&path)?.zip(tree.get(&change.path))
            && matches!(change.outcome, Outcome::Unchanged | Outcome::Deleted)
            && left.is(theirs)
        {
            wanted.remove(&path);
        }
    }
    wanted.insert(stamp::PATH.to_owned(), tree.get(stamp::PATH).cloned());
    let mut records = Vec::new();
    for (path, file) in wanted {
        let was = project.read(&path)?;
        let is_right = match (&was, &file) {
            (Some(was), Some(file)) => was.is(file),
            (was, file) => was.is_none() && file.is_none(),
        };
        if !is_right {
            let file = was.as_ref().zip(file.as_ref()).map(|(was, file)| was.with_ends(file)).or(file);
            let was = was.map(|was| was.hash());
            records.push(Change { file, was, ..Change::of(&path, Outcome::Updated) });
        }
    }
    Ok(records)
}
