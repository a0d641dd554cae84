//! What a project's repository remembers of its files. It is only read, and where there is none nothing is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::git;
use crate::tree::sha256;

/// The texts, by their paths, that had these hashes at some commit.
pub(crate) fn find(directory: &Path, wanted: &BTreeMap<String, String>) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for (path, blob) in versions(directory, wanted.keys()) {
        if found.contains_key(&path) {
            continue;
        }
        let contents = output(directory, &["cat-file", "blob", &blob]);
        if let Some(contents) = contents.filter(|contents| wanted.get(&path) == Some(&sha256(contents))) {
            found.insert(path, contents);
        }
    }
    found
}

/// Whether a file's contents are those of the last commit.
pub(crate) fn is_committed(directory: &Path, path: &str, hash: &str) -> bool {
    let contents = output(directory, &["cat-file", "blob", &format!("HEAD:./{path}")]);
    contents.is_some_and(|contents| sha256(&contents) == hash)
}

/// Every version of these files, each once, the latest first.
fn versions<'p>(directory: &Path, paths: impl Iterator<Item = &'p String>) -> Vec<(String, String)> {
    // What somebody has configured for their own eyes is not for ours.
    let mut arguments = vec!["-c", "log.follow=false", "-c", "log.showSignature=false"];
    arguments.extend(["--literal-pathspecs", "log", "-m", "--root", "--raw", "-z", "--format=", "--no-abbrev"]);
    arguments.extend(["--no-renames", "--full-history", "--relative", "HEAD", "--"]);
    let fixed = arguments.len();
    arguments.extend(paths.map(String::as_str));
    if arguments.len() == fixed {
        return Vec::new();
    }
    let log = output(directory, &arguments).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let mut seen = BTreeSet::new();
    let mut versions = Vec::new();
    // `:100644 100644 OLD NEW M`, and then the path.
    let mut fields = log.split('\0');
    while let Some(field) = fields.next() {
        let Some(change) = field.trim_start().strip_prefix(':') else { continue };
        let Some(path) = fields.next() else { break };
        let mut blobs: Vec<&str> = change.split(' ').skip(2).take(2).collect();
        blobs.reverse();
        for blob in blobs.into_iter().filter(|blob| blob.contains(|c| c != '0')) {
            let version = (path.to_owned(), blob.to_owned());
            if seen.insert(version.clone()) {
                versions.push(version);
            }
        }
    }
    versions
}

/// Nothing where git is missing, or has nothing to say.
fn output(directory: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = git(directory).args(arguments).stdin(std::process::Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout)
}
