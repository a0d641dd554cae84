//! Reads a foreign directory, and refuses links that lead out of it and anything that is not a file.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

use walkdir::{DirEntry, WalkDir};

use super::source::{Form, SUFFIX, Source};
use super::stamp;
use crate::failure::{Failure, Kind};
use crate::platform;
use crate::project::is_stage;
use crate::tree::Origin;

const REPOSITORY: &str = ".git";
/// Far more than any skeleton needs.
const MAX_FILES: usize = 10_000;
const MAX_MIB: u64 = 64;
const MAX_BYTES: u64 = MAX_MIB * 1024 * 1024;
const MAX_DEPTH: usize = 32;
/// Nobody reads more of them.
const MAX_REFUSED: usize = 50;
const RENAME: &str = "give it another name";
const READABLE: &str = "let it be readable, or leave it out of the template";
const REMEDY: &str = "leave it out of the template";

/// What is read, which decides how it becomes smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Overlay,
    Complete,
    /// What cargo-generate has made of a complete template.
    Project,
}

/// Every file below `root`, except for its repository and the paths to leave out, or everything that is wrong with them.
pub(super) fn read(root: &Path, whole: Whole, left_out: &[String]) -> Result<Vec<Source>, Failure> {
    let (sources, failures) = found(root, whole, left_out);
    Failure::gathered(failures).map(|()| sources)
}

/// The same files as far as they can be read, and what is wrong with the others.
pub(super) fn found(root: &Path, whole: Whole, left_out: &[String]) -> (Vec<Source>, Vec<Failure>) {
    let (mut sources, mut failures) = (Vec::new(), Vec::new());
    let mut space = Space { whole, bytes: MAX_BYTES, is_left: true };
    let walk = WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter();
    let mut walk = walk.filter_entry(|entry| !is_left_out(entry, root, left_out));
    while let Some(entry) = walk.next() {
        let is_directory = entry.as_ref().is_ok_and(|entry| entry.file_type().is_dir());
        match entry.map_err(|error| unreadable(root, &error)).and_then(|entry| one(&entry, root, &mut space)) {
            Ok(source) => sources.extend(source.filter(|_| space.is_left)),
            Err(failure) => {
                failures.push(failure);
                if is_directory {
                    walk.skip_current_dir();
                }
            }
        }
        if sources.len() > MAX_FILES {
            let last = sources.pop().map_or_else(String::new, |source| source.path);
            failures.push(whole.too_much(&last, &format!("more than {MAX_FILES} files")));
            break;
        }
        if failures.len() == MAX_REFUSED {
            let message = format!("these are the first {MAX_REFUSED} problems; there may be more");
            failures.push(Failure::new(Kind::Template, message).hint("correct these first"));
            break;
        }
    }
    // What was not read may be what the rest depends on.
    let is_cut = !space.is_left || sources.len() >= MAX_FILES || failures.len() >= MAX_REFUSED;
    if is_cut && !failures.is_empty() && whole != Whole::Project {
        sources.clear();
    }
    (sources, failures)
}

/// What a template may still hold.
struct Space {
    whole: Whole,
    bytes: u64,
    /// Once there is none, no further file is read, which would be too much as well.
    is_left: bool,
}

/// The file at an entry; None for a directory.
fn one(entry: &DirEntry, root: &Path, space: &mut Space) -> Result<Option<Source>, Failure> {
    let path = path_of(entry, root)?;
    if entry.depth() > MAX_DEPTH {
        return Err(refused(path, &format!("more than {MAX_DEPTH} directories deep")).hint(REMEDY));
    }
    if entry.file_type().is_dir() { Ok(None) } else { source(entry, &path, space).map(Some) }
}

/// Reads a text file, if it exists. A link could read another file, and a pipe would block.
pub(super) fn text(path: &Path) -> io::Result<Option<String>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(there) if !there.is_file() || there.len() > MAX_BYTES => {
            Err(io::Error::other("it is not a file to be read"))
        }
        Ok(_) => fs::read_to_string(path).map(Some),
    }
}

fn is_left_out(entry: &DirEntry, root: &Path, left_out: &[String]) -> bool {
    let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
    path == Path::new(REPOSITORY) || left_out.iter().any(|left_out| path == Path::new(left_out))
}

/// Refuses a name with control characters, and names used by git or this program.
fn path_of(entry: &DirEntry, root: &Path) -> Result<String, Failure> {
    let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
    let name = entry.file_name().to_string_lossy();
    match platform::slashed(path).as_deref() {
        None => Err(refused(path, "its name is not UTF-8").hint(RENAME)),
        Some(_) if name.chars().any(char::is_control) => {
            Err(refused(path, "its name has control characters").hint(RENAME))
        }
        Some(_) if name.eq_ignore_ascii_case(REPOSITORY) => {
            let why = "a repository or a submodule inside of a template, which would take over the project's";
            Err(refused(path, why).hint("copy the template's directory, remove this `.git`, and name the copy"))
        }
        Some(_) if name == SUFFIX => Err(refused(path, "nothing would be left of its name").hint(RENAME)),
        Some(_) if is_stage(&name) => Err(refused(path, "a name that this program clears away").hint(RENAME)),
        Some(stamp::PATH) => {
            Err(refused(path, "the stamp of a rendered project is written by this program alone").hint(REMEDY))
        }
        Some(path) => Ok(path.to_owned()),
    }
}

fn source(entry: &DirEntry, path: &str, space: &mut Space) -> Result<Source, Failure> {
    let unreadable = |error: io::Error| refused(path, &error.to_string()).hint(READABLE);
    let (contents, form) = if entry.path_is_symlink() {
        (link(entry.path(), path)?.into_bytes(), Form::Link)
    } else if entry.file_type().is_file() {
        let file = File::open(entry.path()).map_err(unreadable)?;
        let there = file.metadata().map_err(unreadable)?;
        if there.len() > MAX_BYTES {
            return Err(space.whole.too_much(path, &format!("it is larger than {MAX_MIB} MiB")));
        }
        let contents = contents(file, space, path).map_err(unreadable)??;
        let executable = platform::is_executable(&there, &contents);
        (contents, Form::File { executable })
    } else {
        return Err(refused(path, "it is neither a file nor a directory nor a link").hint(REMEDY));
    };
    Ok(Source { path: path.to_owned(), contents: contents.into(), form, origin: Origin::Added })
}

/// Refuses what is larger than the space that is left. The size in its metadata cannot be trusted.
fn contents(file: File, space: &mut Space, path: &str) -> io::Result<Result<Vec<u8>, Failure>> {
    let mut contents = Vec::new();
    if !space.is_left {
        return Ok(Ok(contents));
    }
    let read = file.take(space.bytes + 1).read_to_end(&mut contents)? as u64;
    space.is_left = read <= space.bytes;
    space.bytes = space.bytes.saturating_sub(read);
    Ok(if space.is_left {
        Ok(contents)
    } else {
        Err(space.whole.too_much(path, &format!("with it the {} is larger than {MAX_MIB} MiB", space.whole.name())))
    })
}

fn link(place: &Path, path: &str) -> Result<String, Failure> {
    let target = fs::read_link(place).map_err(|error| refused(path, &error.to_string()).hint(READABLE))?;
    if !stays_inside(path, &target) {
        let why = format!("a link out of the template, to `{}`", target.display());
        return Err(refused(path, &why).hint("put a copy of what it leads to in its place, or leave it out"));
    }
    target.into_os_string().into_string().map_err(|_| refused(path, "where it leads is not UTF-8").hint(REMEDY))
}

/// The error names the whole path, and may be about the directory itself.
fn unreadable(root: &Path, error: &walkdir::Error) -> Failure {
    let path = error.path().and_then(|path| path.strip_prefix(root).ok()).filter(|path| !path.as_os_str().is_empty());
    let why = error.io_error().map_or_else(|| error.to_string(), io::Error::to_string);
    let failure = match path {
        Some(path) => refused(path, &format!("it cannot be read: {why}")),
        None => Failure::new(Kind::Template, format!("it cannot be read: {why}")),
    };
    failure.hint(READABLE)
}

/// Whether a path in a template's settings stays inside the template.
pub(super) fn is_inside(path: &str) -> bool {
    stays_inside("", Path::new(path))
}

/// Allows `..` only at the beginning: after a name that is itself a link it would start elsewhere.
fn stays_inside(path: &str, target: &Path) -> bool {
    let depth = path.matches('/').count();
    let ups = target.components().take_while(|part| *part == Component::ParentDir).count();
    let rest = target.components().skip(ups);
    ups <= depth && rest.into_iter().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

impl Whole {
    fn name(self) -> &'static str {
        if self == Self::Project { "rendered project" } else { "template" }
    }

    fn too_much(self, path: &str, what: &str) -> Failure {
        refused(path, what).hint(match self {
            Self::Overlay => "leave out what projects do not need: `ignore = [\"target\"]` in `jwt-allauth.toml`",
            // All of it is read, whatever it ignores.
            Self::Complete => "take what projects do not need, such as `target`, out of the template's directory",
            Self::Project => "let the template render less: see the loops in its files, and what its scripts write",
        })
    }
}

pub(super) fn refused(path: impl AsRef<Path>, why: &(impl Display + ?Sized)) -> Failure {
    Failure::at(&path.as_ref().display().to_string(), None, &why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_may_go_up_as_far_as_the_template_and_no_further() {
        for (path, target) in [("a", "b"), ("a/b", "../c"), ("a/b", "./c/d"), ("a/b/c", "../../d/e")] {
            assert!(stays_inside(path, Path::new(target)), "{path} -> {target}");
        }
        for (path, target) in
            [("a", "../b"), ("a", "/etc/passwd"), ("a/b", "../../c"), ("a/b", "c/../../.."), ("a", "./../b")]
        {
            assert!(!stays_inside(path, Path::new(target)), "{path} -> {target}");
        }
    }
}
