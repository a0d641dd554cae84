//! Detects a project inside another Cargo workspace: cargo refuses a package that the workspace does not list.

use std::fs;
use std::path::Path;

use ignore::gitignore::GitignoreBuilder;
use toml::{Table, Value};

use super::Rendered;
use crate::platform::slashed;
use crate::project::Written;

const MANIFEST: &str = "Cargo.toml";

/// What to add to the workspace's manifest before cargo works in the project.
pub(super) fn advice(rendered: &Rendered, written: &Written) -> Option<String> {
    let manifest: Table = std::str::from_utf8(&rendered.tree.get(MANIFEST)?.contents).ok()?.parse().ok()?;
    let names_one = manifest.get("package").and_then(|package| package.get("workspace")).is_some();
    if manifest.contains_key("workspace") || names_one {
        return None;
    }
    let (directory, workspace) = written.root.ancestors().skip(1).find_map(workspace_in)?;
    let member = &*slashed(written.root.strip_prefix(directory).ok()?)?;
    let lists = |key: &str| is_listed(workspace.get(key), member);
    if lists("members") || lists("exclude") {
        return None;
    }
    let manifest = directory.join(MANIFEST);
    Some(format!("add \"{member}\" to `members`, or to `exclude`, of the workspace in {}", manifest.display()))
}

fn workspace_in(directory: &Path) -> Option<(&Path, Table)> {
    let manifest: Table = fs::read_to_string(directory.join(MANIFEST)).ok()?.parse().ok()?;
    Some((directory, manifest.get("workspace")?.as_table()?.clone()))
}

/// Whether a list names the member, a pattern for it, or a parent directory.
fn is_listed(list: Option<&Value>, member: &str) -> bool {
    let patterns = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        // An invalid pattern matches nothing in cargo either.
        let _ = builder.add_line(None, &format!("/{}", pattern.trim_start_matches("./")));
    }
    builder.build().is_ok_and(|built| built.matched_path_or_any_parents(member, true).is_ignore())
}
