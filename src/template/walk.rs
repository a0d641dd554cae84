//! Reads a foreign directory, and refuses links that lead out of it and anything that is not a file.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

use walkdir::{DirEntry, WalkDir};

use super::source::{Form, SUFFIX, Source};
use super::stamp;
use crate::failure::Failure;
use crate::platform;
use crate::project::is_stage;
use crate::tree::Origin;

const REPOSITORY: &str = ".git";
/// Far more than any skeleton needs.
const MAX_FILES: usize = 10_000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_DEPTH: usize = 32;

/// Every file below `root`, except for its repository and the paths to leave out.
pub(super) fn read(root: &Path, left_out: &[String]) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    let mut bytes = 0;
    let walk = WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !is_left_out(entry, root, left_out)) {
        let entry = entry.map_err(|error| refused(root, &error.to_string()))?;
        let path = path_of(&entry, root)?;
        if entry.depth() > MAX_DEPTH {
            return Err(refused(path, &format!("more than {MAX_DEPTH} directories deep")));
        }
        if entry.file_type().is_dir() {
            continue;
        }
        sources.push(source(&entry, &path, MAX_BYTES - bytes)?);
        bytes += sources.last().map_or(0, |source| source.contents.len() as u64);
        if sources.len() > MAX_FILES {
            return Err(too_much(&path, &format!("more than {MAX_FILES} files")));
        }
    }
    Ok(sources)
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
        None => Err(refused(path, "its name is not UTF-8")),
        Some(_) if name.chars().any(char::is_control) => Err(refused(path, "its name has control characters")),
        Some(_) if name.eq_ignore_ascii_case(REPOSITORY) => {
            let why = "a repository or a submodule inside of a template, which would take over the project's";
            Err(refused(path, why).hint("copy the template's directory, remove this `.git`, and name the copy"))
        }
        Some(_) if name == SUFFIX => Err(refused(path, "nothing would be left of its name")),
        Some(_) if is_stage(&name) => Err(refused(path, "a name that this program clears away")),
        Some(stamp::PATH) => Err(refused(path, "the stamp of a rendered project is written by this program alone")),
        Some(path) => Ok(path.to_owned()),
    }
}

fn source(entry: &DirEntry, path: &str, room: u64) -> Result<Source, Failure> {
    let unreadable = |error: io::Error| refused(path, &error.to_string());
    let (contents, form) = if entry.path_is_symlink() {
        (link(entry.path(), path)?.into_bytes(), Form::Link)
    } else if entry.file_type().is_file() {
        let file = File::open(entry.path()).map_err(unreadable)?;
        let there = file.metadata().map_err(unreadable)?;
        let contents = contents(file, room).map_err(unreadable)?.ok_or_else(too_large(path))?;
        let executable = platform::is_executable(&there, &contents);
        (contents, Form::File { executable })
    } else {
        return Err(refused(path, "it is neither a file nor a directory nor a link"));
    };
    Ok(Source { path: path.to_owned(), contents: contents.into(), form, origin: Origin::Added })
}

/// None if the file is larger than `room`. The size in its metadata cannot be trusted.
fn contents(file: File, room: u64) -> io::Result<Option<Vec<u8>>> {
    let mut contents = Vec::new();
    let read = file.take(room + 1).read_to_end(&mut contents)?;
    Ok((read as u64 <= room).then_some(contents))
}

fn link(place: &Path, path: &str) -> Result<String, Failure> {
    let target = fs::read_link(place).map_err(|error| refused(path, &error.to_string()))?;
    if !stays_inside(path, &target) {
        return Err(refused(path, &format!("a link out of the template, to `{}`", target.display())));
    }
    target.into_os_string().into_string().map_err(|_| refused(path, "where it leads is not UTF-8"))
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

fn too_large(path: &str) -> impl FnOnce() -> Failure {
    move || too_much(path, &format!("with it the template is larger than {} MiB", MAX_BYTES / 1024 / 1024))
}

fn too_much(path: &str, what: &str) -> Failure {
    refused(path, what).hint("leave out what projects do not need: `ignore = [\"target\"]` in `jwt-allauth.toml`")
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
