//! Reads earlier versions of a project's files from its repository.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;
use std::thread;

use super::{complaint, gap::Gap, git};
use crate::ends;

/// The file contents with these hashes in any commit, and the reason if history was incomplete.
pub(crate) fn find(directory: &Path, wanted: &BTreeMap<String, String>) -> (BTreeMap<String, Vec<u8>>, Option<Gap>) {
    let mut found = BTreeMap::new();
    if wanted.is_empty() {
        return (found, None);
    }
    let versions = versions(directory, wanted.keys());
    for (path, blob) in versions.iter().flatten() {
        let Some(hash) = wanted.get(path).filter(|_| !found.contains_key(path)) else { continue };
        // Blobs missing in a partial clone stay missing.
        let contents = output(directory, &["cat-file", "blob", blob], "").ok();
        found.extend(contents.filter(|contents| ends::has_hash(contents, hash)).map(|text| (path.clone(), text)));
    }
    let gap = || Gap::of(directory).or_else(|| Some(Gap::Refused(versions.err()?.to_string())));
    let gap = if found.len() < wanted.len() { gap() } else { None };
    (found, gap)
}

/// Whether the contents match the last commit. Line endings are ignored, since git may convert them.
pub(crate) fn is_committed(directory: &Path, path: &str, contents: &[u8]) -> bool {
    let committed = output(directory, &["cat-file", "blob", &format!("HEAD:./{path}")], "");
    committed.is_ok_and(|committed| ends::is_same(&committed, contents))
}

/// The paths that git ignores; empty without git or a repository.
pub(crate) fn ignored<'p>(directory: &Path, paths: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    let paths: Vec<&str> = paths.collect();
    if paths.is_empty() {
        return BTreeSet::new();
    }
    // git exits with an error if it ignores none of them.
    lines(&output(directory, &["check-ignore", "-z", "--stdin"], &paths.join("\0")).unwrap_or_default())
}

/// Every file below the directory with such a line, unless git ignores it; none without git or a repository.
pub(crate) fn with_line(directory: &Path, pattern: &str) -> BTreeSet<String> {
    let grep = ["-c", "grep.fullName=false", "-c", "submodule.recurse=false", "grep", "-lzIE", "--untracked", "-e"];
    // git exits with an error if there is none.
    lines(&output(directory, &[&grep[..], &[pattern]].concat(), "").unwrap_or_default())
}

/// Every file below the directory that git tracks.
pub(crate) fn tracked(directory: &Path) -> BTreeSet<String> {
    lines(&output(directory, &["ls-files", "-z"], "").unwrap_or_default())
}

/// Every file below the directory that git neither tracks nor ignores.
pub(crate) fn untracked(directory: &Path) -> BTreeSet<String> {
    lines(&output(directory, &["ls-files", "-z", "--others", "--exclude-standard"], "").unwrap_or_default())
}

fn lines(output: &[u8]) -> BTreeSet<String> {
    String::from_utf8_lossy(output).split('\0').filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Every version of these files, each once, the latest first.
fn versions<'p>(directory: &Path, paths: impl Iterator<Item = &'p String>) -> io::Result<Vec<(String, String)>> {
    // The user's display settings must not affect the output.
    let mut arguments = vec!["-c", "log.follow=false", "-c", "log.showSignature=false"];
    arguments.extend(["--literal-pathspecs", "log", "-m", "--root", "--raw", "-z", "--format=", "--no-abbrev"]);
    arguments.extend(["--no-renames", "--full-history", "--relative", "HEAD", "--"]);
    arguments.extend(paths.map(String::as_str));
    let log = output(directory, &arguments, "")?;
    let log = String::from_utf8_lossy(&log);
    let mut seen = BTreeSet::new();
    let mut versions = Vec::new();
    // Format: `:100644 100644 OLD NEW M`, then the path.
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
    Ok(versions)
}

fn output(directory: &Path, arguments: &[&str], input: &str) -> io::Result<Vec<u8>> {
    let mut command = git(directory);
    // A lazy fetch from a partial clone would run whatever its configuration says.
    command.args(arguments).env("GIT_NO_LAZY_FETCH", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // If git exits early, its exit status says more than the closed pipe.
        scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = complaint(&String::from_utf8_lossy(&output.stderr));
    Err(io::Error::other(said.unwrap_or_else(|| output.status.to_string())))
}
