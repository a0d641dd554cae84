//! A rendered project on disk, with its owner's changes.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::base::Bases;
use super::merge::{self, Markers};
use super::{both, env, files};
use crate::ends;
use crate::failure::{Failure, Kind, Place};
use crate::platform;
use crate::project;
use crate::secrets::Secrets;
use crate::template::stamp::{self, Stamp};
use crate::tree::{File, Mode, Tree, sha256};
use crate::vcs::history;
use crate::version::Version;

pub(super) const ENV: &str = ".env";

pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) stamp: Stamp,
}

/// A file, or a link whose contents are its target path.
#[derive(Clone, Debug)]
pub(super) struct Present {
    pub(super) contents: Vec<u8>,
    pub(super) is_link: bool,
    pub(super) is_executable: bool,
}

const THERE_IS_NONE: [ErrorKind; 3] = [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::IsADirectory];

impl Project {
    /// The project's directory, before anything in it is read.
    pub(crate) fn directory(given: &Path) -> Result<PathBuf, Failure> {
        let directory =
            platform::canonical(given).map_err(|error| no_project(given, &format!("cannot be read: {error}")))?;
        if directory.is_dir() { Ok(directory) } else { Err(no_project(given, "is a file")) }
    }

    pub(crate) fn at(root: &Path) -> Result<Self> {
        let text = match project::file_below(root, stamp::PATH) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(no_project(root, &format!("has no `{}`", stamp::PATH)).into());
            }
            text => text.map_err(|error| unreadable(stamp::PATH, &error))?,
        };
        let stamp = Stamp::parse(&String::from_utf8_lossy(&text))?;
        match stamp.version {
            Some(version) if version > Version::of_program() => Err(too_new(version).into()),
            _ => Ok(Self { root: root.to_owned(), stamp }),
        }
    }

    /// Refuses a project that an interrupted update left half-done.
    pub(crate) fn refuse_half_done(root: &Path, remedy: &str) -> Result<()> {
        if !project::is_half_done(root)? {
            return Ok(());
        }
        let message = "an earlier `jwt-allauth update` or `add` stopped half-way";
        Err(Failure::new(Kind::Destination, message).hint(format!("`{remedy}` undoes it, and begins anew")).into())
    }

    pub(super) fn read(&self, path: &str) -> Result<Option<Present>> {
        let place = self.root.join(path);
        match read(&place) {
            // A directory in its place is reported where the file would be written.
            Err(error) if THERE_IS_NONE.contains(&error.kind()) => Ok(None),
            present => Ok(present.map(Some).map_err(|error| unreadable(path, &error))?),
        }
    }

    /// Whether there is a directory at this path, where the template has a file.
    pub(super) fn has_directory(&self, path: &str) -> bool {
        fs::symlink_metadata(self.root.join(path)).is_ok_and(|there| there.is_dir())
    }

    /// The project's own secrets where they still look generated, and new ones otherwise.
    pub(crate) fn secrets(&self) -> Result<Secrets> {
        let env = self.read(ENV)?.map(|env| String::from_utf8_lossy(&env.contents).into_owned()).unwrap_or_default();
        let value = |name| env::value(&env, name);
        Ok(Secrets::generate(self.stamp.algorithm.unwrap_or_default())?
            .or_drawn_before(value("CRON_SECRET_KEY"), value("POSTGRES_PASSWORD")))
    }

    /// What conflicts of an earlier update have left: files with markers that the template's text has not, also where the
    /// owner has moved them, and the template's files beside the owner's.
    pub(crate) fn left_over(&self, tree: Option<&Tree>, bases: &Bases) -> Result<BTreeSet<String>> {
        let mut left = BTreeSet::new();
        let mut present = Vec::new();
        for path in self.stamp.files.keys() {
            present.extend(self.read(path)?.map(|file| (path.clone(), file)));
            let beside = format!("{path}{}", both::NEW);
            let is_there = self.stamp.hash(&beside).is_none() && matches!(self.read(&beside), Ok(Some(_)));
            left.extend(is_there.then_some(beside));
        }
        let elsewhere = history::with_line(&self.root, merge::LIKE_A_MARKER).into_iter();
        let elsewhere =
            elsewhere.chain(files::unknown_to_git(&self.root)).filter(|path| !self.stamp.files.contains_key(path));
        present.extend(elsewhere.filter_map(|path| Some((path.clone(), self.read(&path).ok().flatten()?))));
        left.extend(self.with_others(present, merge::of_update, tree, bases));
        Ok(left)
    }

    /// The same, and files of the template's with markers of git's that the template's text has not.
    pub(crate) fn unresolved(&self, tree: Option<&Tree>, bases: &Bases) -> Result<BTreeSet<String>> {
        let mut unresolved = self.left_over(tree, bases)?;
        let theirs = tree.into_iter().flat_map(Tree::files).map(|file| &file.path);
        let paths: BTreeSet<&String> = self.stamp.files.keys().chain(theirs).collect();
        let present = paths.into_iter().filter_map(|path| Some((path.clone(), self.read(path).ok().flatten()?)));
        unresolved.extend(self.with_others(present.collect(), merge::of_git, tree, bases));
        Ok(unresolved)
    }

    /// The files with markers that neither the base nor the template's present text has: those of one that has been moved
    /// are the texts of the files that are gone.
    fn with_others(
        &self,
        present: Vec<(String, Present)>,
        markers: Markers,
        tree: Option<&Tree>,
        bases: &Bases,
    ) -> Vec<String> {
        let is_theirs =
            |path: &str| self.stamp.hash(path).is_some() || tree.is_some_and(|tree| tree.get(path).is_some());
        let is_untouched = |path: &str, file: &Present| match self.stamp.hash(path) {
            None if !is_theirs(path) => self.stamp.files.values().any(|hash| file.is_as_stamped(Some(hash))),
            stamped => file.is_as_stamped(stamped),
        };
        let has_any = |file: &Present| file.text().is_some_and(|text| merge::has_others(text, markers, &[]));
        let mut suspects = present;
        suspects.retain(|(path, file)| has_any(file) && !is_untouched(path, file));
        if suspects.is_empty() {
            return Vec::new();
        }
        let is_gone = |path: &&String| matches!(self.read(path), Ok(None));
        let gone: Vec<&String> = self.stamp.files.keys().filter(is_gone).collect();
        let wanted = suspects.iter().map(|(path, _)| path).chain(gone.iter().copied());
        let wanted = wanted.filter_map(|path| Some((path.clone(), self.stamp.hash(path)?.to_owned())));
        let (found, _) = bases.find(&wanted.collect());
        let texts = |path: &String| {
            let base = found.get(path).and_then(|base| std::str::from_utf8(base).ok());
            base.into_iter().chain(tree.and_then(|tree| tree.get(path)?.text()))
        };
        let has_others = |(path, file): &(String, Present)| {
            let origins: Vec<&str> =
                if is_theirs(path) { texts(path).collect() } else { gone.iter().copied().flat_map(texts).collect() };
            file.text().is_some_and(|text| merge::has_others(text, markers, &origins))
        };
        suspects.into_iter().filter(has_others).map(|(path, _)| path).collect()
    }
}

impl Present {
    pub(super) fn hash(&self) -> String {
        sha256(&self.contents)
    }

    pub(super) fn is(&self, file: &File) -> bool {
        self.is_like(file) && ends::is_same(&self.contents, &file.contents)
    }

    /// Whether it matches the rendered file, apart from line endings.
    pub(super) fn is_as_stamped(&self, stamped: Option<&str>) -> bool {
        stamped.is_some_and(|stamped| ends::has_hash(&self.contents, stamped))
    }

    /// The given file with the line endings of this one.
    pub(super) fn with_ends(&self, file: &File) -> File {
        let texts = self.text().zip(std::str::from_utf8(&file.contents).ok());
        let contents = texts.map(|(yours, theirs)| ends::as_in(yours, theirs).into_bytes());
        File { contents: contents.unwrap_or_else(|| file.contents.clone()), ..file.clone() }
    }

    pub(super) fn is_like(&self, file: &File) -> bool {
        self.is_link == (file.mode == Mode::Link)
    }

    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.contents).ok().filter(|_| !self.is_link)
    }
}

fn read(place: &Path) -> io::Result<Present> {
    let there = fs::symlink_metadata(place)?;
    if there.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let contents = project::contents(place)?;
    let is_executable = platform::is_executable(&there, &contents);
    Ok(Present { contents, is_link: there.is_symlink(), is_executable })
}

fn unreadable(path: &str, error: &io::Error) -> Failure {
    Failure::new(Kind::Destination, format!("`{path}` cannot be read: {error}"))
        .hint("it has to be a file that you may read, of a size that a project's files have")
}

fn no_project(directory: &Path, why: &str) -> Failure {
    let file = directory.display().to_string();
    let message = format!("`{file}` is not a project of jwt-allauth: it {why}");
    Failure { place: Some(Box::new(Place { file, position: None })), ..Failure::new(Kind::Usage, message) }
        .hint(format!("name the directory of a rendered project, which has a `{}`", stamp::PATH))
}

fn too_new(version: Version) -> Failure {
    let message = format!("the project was rendered by jwt-allauth {version}, which is newer than this program");
    Failure::new(Kind::Template, message).hint("install that version, or a newer one")
}
