//! What a project's repository remembers of its files. It is only read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;
use std::thread;

use super::{complaint, gap::Gap, git};
use crate::ends;

/// The texts, by their paths, that had these hashes at some commit; and why, if some were not found for want of a past.
pub(crate) fn find(directory: &Path, wanted: &BTreeMap<String, String>) -> (BTreeMap<String, Vec<u8>>, Option<Gap>) {
    let mut found = BTreeMap::new();
    if wanted.is_empty() {
        return (found, None);
    }
    let versions = versions(directory, wanted.keys());
    for (path, blob) in versions.iter().flatten() {
        let Some(hash) = wanted.get(path).filter(|_| !found.contains_key(path)) else { continue };
        // What is missing of a partial clone is.
        let contents = output(directory, &["cat-file", "blob", blob], "").ok();
        found.extend(contents.filter(|contents| ends::has_hash(contents, hash)).map(|text| (path.clone(), text)));
    }
    let gap = || Gap::of(directory).or_else(|| Some(Gap::Refused(versions.err()?.to_string())));
    let gap = if found.len() < wanted.len() { gap() } else { None };
    (found, gap)
}

/// Whether a file's contents are those of the last commit, line ends aside: git may have changed them in the working copy.
pub(crate) fn is_committed(directory: &Path, path: &str, contents: &[u8]) -> bool {
    let committed = output(directory, &["cat-file", "blob", &format!("HEAD:./{path}")], "");
    committed.is_ok_and(|committed| ends::is_same(&committed, contents))
}

/// Those of the paths that git ignores: none where there is no git, or it knows of none.
pub(crate) fn ignored<'p>(directory: &Path, paths: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    let paths: Vec<&str> = paths.collect();
    if paths.is_empty() {
        return BTreeSet::new();
    }
    // Where it ignores none it ends with an error.
    lines(&output(directory, &["check-ignore", "-z", "--stdin"], &paths.join("\0")).unwrap_or_default())
}

/// Every file below the directory that git knows of.
pub(crate) fn tracked(directory: &Path) -> BTreeSet<String> {
    lines(&output(directory, &["ls-files", "-z"], "").unwrap_or_default())
}

fn lines(output: &[u8]) -> BTreeSet<String> {
    String::from_utf8_lossy(output).split('\0').filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Every version of these files, each once, the latest first.
fn versions<'p>(directory: &Path, paths: impl Iterator<Item = &'p String>) -> io::Result<Vec<(String, String)>> {
    // What somebody has configured for their own eyes is not for ours.
    let mut arguments = vec!["-c", "log.follow=false", "-c", "log.showSignature=false"];
    arguments.extend(["--literal-pathspecs", "log", "-m", "--root", "--raw", "-z", "--format=", "--no-abbrev"]);
    arguments.extend(["--no-renames", "--full-history", "--relative", "HEAD", "--"]);
    arguments.extend(paths.map(String::as_str));
    let log = output(directory, &arguments, "")?;
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
    Ok(versions)
}

fn output(directory: &Path, arguments: &[&str], input: &str) -> io::Result<Vec<u8>> {
    let mut command = git(directory);
    // What a partial clone lacks would be fetched by whatever its configuration says.
    command.args(arguments).env("GIT_NO_LAZY_FETCH", "1");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // If git has ended early its exit status says more than the closed pipe.
        scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = complaint(&String::from_utf8_lossy(&output.stderr));
    Err(io::Error::other(said.unwrap_or_else(|| output.status.to_string())))
}
