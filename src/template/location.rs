//! Values of `--template`: a directory, a repository, or a template that comes with the program.

use std::fmt;
use std::path::{self, Component, Path, PathBuf};

use super::choice;
use super::embedded;
use super::walk::is_inside;
use crate::failure::{Failure, Kind};
use crate::near;
use crate::platform;

const SCHEMES: [&str; 4] = ["file://", "git@", "https://", "ssh://"];
const SUFFIX: &str = ".git";
/// Separates a repository from a folder in it.
const FOLDER: &str = "//";
const FORMS: &str = "a template is a directory, a name that `jwt-allauth templates list` shows, `gh:OWNER/REPOSITORY[//FOLDER][@REF]`, \
                     or the URL of a repository that ends with `.git[//FOLDER][@REF]`: `https://…`, `ssh://…`, `git@…`, `file://…`";
/// cargo-generate's abbreviations, and their URLs.
const OTHERS: [(&str, &str); 3] =
    [("gl:", "https://gitlab.com/"), ("bb:", "https://bitbucket.org/"), ("sr:", "https://git.sr.ht/")];

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Location {
    Embedded(&'static str),
    Directory(PathBuf),
    Repository(Repository),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    pub(super) url: String,
    /// The template's folder, if it is not at the top.
    pub(super) folder: Option<String>,
    /// A branch, a tag or a commit.
    pub(super) reference: Option<String>,
}

impl Location {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(short) = text.strip_prefix("gh:") {
            return github(short).map(Self::Repository).ok_or_else(|| not_a_template(text, "is not of that form"));
        }
        if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
            return repository(text).map(Self::Repository).ok_or_else(|| {
                not_a_template(&without_password(text), "does not end with `.git`, or with `.git@` and a reference")
            });
        }
        // A directory takes precedence over an embedded template of the same name, if it can be a template.
        if let Some(name) = embedded::names().find(|name| *name == text && !holds_files(text)) {
            return Ok(Self::Embedded(name));
        }
        match in_bare(text)? {
            Some(repository) => Ok(Self::Repository(repository)),
            None => directory(text).map(Self::Directory),
        }
    }
}

/// Which one is meant where a path and a template of the program have the same name.
pub(super) fn remark(text: &str) -> Option<String> {
    let name = embedded::names().find(|name| *name == text && Path::new(text).exists())?;
    Some(if holds_files(text) {
        format!(
            "`{name}` is the directory here, not the template of this name that comes with the program (`./{name}` says so)"
        )
    } else {
        format!("`{name}` is the template that comes with the program; what is called so here is empty or no directory")
    })
}

fn holds_files(directory: &str) -> bool {
    Path::new(directory).read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether it is a bare repository: its directory is not a template, but its commits may contain one.
fn is_bare(directory: &Path) -> bool {
    let there = |name: &str| directory.join(name);
    there("HEAD").is_file() && there("objects").is_dir() && there("refs").is_dir() && !there(SUFFIX).exists()
}

/// The bare repository that a path begins with, and the folder of it and the reference that the rest names.
pub(super) fn in_bare(text: &str) -> Result<Option<Repository>, Failure> {
    let is_end = |c: char| c == '@' || path::is_separator(c);
    let ends = text.match_indices(is_end).map(|(at, _)| at).chain([text.len()]);
    let mut heads = ends.filter(|end| *end > 0).map(|end| text.split_at(end));
    let Some((head, rest)) = heads.find(|(head, _)| is_bare(Path::new(head))) else { return Ok(None) };
    // A bare repository can hold working copies of itself, which are directories like any other.
    if Path::new(text).ancestors().any(|part| part.starts_with(head) && part.join(SUFFIX).exists()) {
        return Ok(None);
    }
    let rest = rest.replace(path::is_separator, "/");
    let rest = match rest.trim_matches('/') {
        folder if rest.starts_with('/') && !folder.is_empty() => format!("{FOLDER}{folder}"),
        rest => rest.to_owned(),
    };
    let Some((folder, reference)) = folder_and_reference(&rest) else { return Ok(None) };
    let head = directory(head)?;
    match head.to_str() {
        Some(path) => Ok(Some(Repository { url: path.to_owned(), folder, reference })),
        None => Err(not_a_template(&head.display().to_string(), "has a path that is not UTF-8")),
    }
}

impl Location {
    /// Parses a location from a stamp, which an attacker may have written: never a local directory.
    pub(super) fn recorded(text: &str) -> Result<Self, Failure> {
        if let Some(name) = embedded::names().find(|name| *name == text) {
            return Ok(Self::Embedded(name));
        }
        if let Ok(Self::Repository(repository)) = Self::parse(text) {
            return Ok(Self::Repository(repository));
        }
        let why = "is what the project's stamp names, and no template that every machine can have";
        Err(not_a_template(text, why).hint("if it is yours, say so: `--template PATH|URL`"))
    }
}

fn github(short: &str) -> Option<Repository> {
    let end = [FOLDER, "@"].into_iter().filter_map(|end| short.find(end)).min().unwrap_or(short.len());
    let (path, rest) = short.split_at(end);
    let mut parts = path.splitn(3, '/');
    let (owner, name, folder) = (parts.next()?, parts.next()?, parts.next());
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(['-', '.'])
            && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
    };
    let name = name.strip_suffix(SUFFIX).unwrap_or(name);
    let rest = folder.map_or_else(|| rest.to_owned(), |folder| format!("{FOLDER}{folder}{rest}"));
    let (folder, reference) = folder_and_reference(&rest)?;
    let url = format!("https://github.com/{owner}/{name}{SUFFIX}");
    (is_name(owner) && is_name(name)).then_some(Repository { url, folder, reference })
}

fn repository(text: &str) -> Option<Repository> {
    let ends = [format!("{SUFFIX}{FOLDER}"), format!("{SUFFIX}@")];
    let end = ends.iter().filter_map(|end| text.rfind(end)).min().map_or(text.len(), |at| at + SUFFIX.len());
    let (url, rest) = text.split_at(end);
    let (folder, reference) = folder_and_reference(rest)?;
    url.ends_with(SUFFIX).then(|| Repository { url: url.to_owned(), folder, reference })
}

/// Parses `//FOLDER` and `@REF`, each optional.
fn folder_and_reference(rest: &str) -> Option<(Option<String>, Option<String>)> {
    let (folder, reference) = match (rest.strip_prefix(FOLDER), rest.strip_prefix('@')) {
        (Some(rest), _) => rest.split_once('@').map_or((Some(rest), None), |(folder, rest)| (Some(folder), Some(rest))),
        (None, Some(rest)) => {
            rest.split_once(FOLDER).map_or((None, Some(rest)), |(reference, folder)| (Some(folder), Some(reference)))
        }
        (None, None) if rest.is_empty() => (None, None),
        (None, None) => return None,
    };
    let folder = folder.map(|folder| folder.trim_matches('/'));
    let is_valid =
        folder.is_none_or(|folder| !folder.is_empty() && is_inside(folder)) && reference.is_none_or(is_reference);
    is_valid.then(|| (folder.map(str::to_owned), reference.map(str::to_owned)))
}

/// Refuses options of git and characters with a meaning in a shell.
fn is_reference(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-_./+".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(allowed)
}

pub(super) fn directory(text: &str) -> Result<PathBuf, Failure> {
    let found = platform::canonical(Path::new(text)).map_err(|error| unreadable(text, &error.to_string()))?;
    if found.is_dir() { Ok(found) } else { Err(not_a_template(text, "is a file, not a directory")) }
}

/// A path that does not exist was often meant as a remote location.
fn unreadable(text: &str, error: &str) -> Failure {
    if let Some((host, path)) = OTHERS.iter().find_map(|(short, host)| Some((host, text.strip_prefix(short)?))) {
        let hint = format!("write the whole address: `{host}{}{SUFFIX}`", path.trim_end_matches(SUFFIX));
        return Failure::new(Kind::Template, format!("the template `{text}` is not of a form that is known"))
            .naming_template()
            .hint(hint);
    }
    let failure =
        Failure::new(Kind::Template, format!("the template `{text}` cannot be read: {error}")).naming_template();
    if let Some((place, missing)) = existing_part(text) {
        let why = format!("the template `{text}` cannot be read: there is no folder `{missing}` in `{place}`");
        return Failure::new(Kind::Template, why).naming_template().hint(choice::there_is(Path::new(place), place));
    }
    let failure = match near::nearest(text, embedded::names()) {
        Some(name) => failure.hint(format!("did you mean `{name}`?")),
        None => failure,
    };
    let on_github = text.strip_prefix("github.com/").unwrap_or(text);
    match github(on_github) {
        Some(_) => {
            let short = on_github.replacen(SUFFIX, "", 1);
            failure.hint(format!("for the repository on GitHub write `gh:{short}`")).hint(FORMS)
        }
        None => failure.hint(FORMS),
    }
}

/// The directory that exists, by name, and the rest of the path, which does not.
fn existing_part(text: &str) -> Option<(&str, &str)> {
    let names = |path: &Path| path.components().any(|part| matches!(part, Component::Normal(_)));
    let place = Path::new(text).ancestors().skip(1).find(|place| place.is_dir())?.to_str()?;
    let missing = text.get(place.len()..)?.trim_matches('/');
    (names(Path::new(place)) && !missing.is_empty()).then_some((place, missing))
}

fn not_a_template(text: &str, why: &str) -> Failure {
    Failure::new(Kind::Template, format!("the template `{text}` {why}")).naming_template().hint(FORMS)
}

impl Repository {
    /// The location in a form to which a folder can be appended.
    pub(super) fn before_a_folder(&self) -> String {
        let reference = self.reference.iter().map(|reference| format!("@{reference}"));
        let folder = self.folder.iter().map(|folder| format!("{FOLDER}{folder}"));
        [without_password(&self.url)].into_iter().chain(reference).chain(folder).collect()
    }

    pub(super) fn has_short_commit(&self) -> bool {
        let is_short =
            |text: &String| text.len() >= 4 && text.len() < 40 && text.chars().all(|c| c.is_ascii_hexdigit());
        self.reference.as_ref().is_some_and(is_short)
    }

    pub(super) fn name(&self) -> &str {
        let end = self.url.strip_suffix(SUFFIX).unwrap_or(&self.url);
        end.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or("template")
    }
}

/// For display and for the stamp: without a password.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.url))?;
        if let Some(folder) = &self.folder {
            write!(f, "{FOLDER}{folder}")?;
        }
        self.reference.iter().try_for_each(|reference| write!(f, "@{reference}"))
    }
}

pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    match host.rsplit_once('@') {
        Some((credentials, _)) => format!("{scheme}://{}", &rest[credentials.len() + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository_of(text: &str) -> (String, Option<String>) {
        match Location::parse(text).unwrap_or_else(|failure| panic!("{text}: {failure}")) {
            Location::Repository(repository) => (repository.url, repository.reference),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_form_of_a_repository_is_understood_with_and_without_a_reference() {
        for (text, url, reference) in [
            ("gh:us/skeleton", "https://github.com/us/skeleton.git", None),
            ("gh:us/skeleton@v1.2", "https://github.com/us/skeleton.git", Some("v1.2")),
            ("https://a.example/b.git", "https://a.example/b.git", None),
            ("https://me@a.example/b.git@feature/x", "https://me@a.example/b.git", Some("feature/x")),
            ("git@a.example:us/b.git", "git@a.example:us/b.git", None),
            ("git@a.example:us/b.git@main", "git@a.example:us/b.git", Some("main")),
            ("file:///srv/b.git", "file:///srv/b.git", None),
        ] {
            assert_eq!(repository_of(text), (url.to_owned(), reference.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn a_folder_of_a_repository_is_named_after_two_slashes_before_or_after_a_reference() {
        for (text, url, folder, reference) in [
            ("gh:us/skeleton//a/b", "https://github.com/us/skeleton.git", "a/b", None),
            ("gh:us/skeleton/a/b@v1", "https://github.com/us/skeleton.git", "a/b", Some("v1")),
            ("gh:us/skeleton@feature/x//a", "https://github.com/us/skeleton.git", "a", Some("feature/x")),
            ("https://a.example/b.git//c", "https://a.example/b.git", "c", None),
            ("git@a.example:us/b.git//c@v1", "git@a.example:us/b.git", "c", Some("v1")),
            ("file:///srv/b.git@v1//c", "file:///srv/b.git", "c", Some("v1")),
        ] {
            let Location::Repository(found) = Location::parse(text).unwrap() else { panic!("{text}") };
            assert_eq!(
                (&found.url[..], found.folder.as_deref(), found.reference.as_deref()),
                (url, Some(folder), reference)
            );
            let Location::Repository(again) = Location::parse(&found.to_string()).unwrap() else { panic!("{text}") };
            assert_eq!(again, found, "{text}");
        }
        for text in ["gh:us/x//../y", "https://a.example/b.git///etc/../..", "gh:us/x//", "file:///b.git//a@-x"] {
            assert_eq!(Location::parse(text).unwrap_err().kind, Kind::Template, "{text}");
        }
    }

    #[test]
    fn what_is_meant_for_elsewhere_is_said() {
        let hint = |text: &str| Location::parse(text).unwrap_err().hints.remove(0);
        assert!(hint("foo/bar").contains("`gh:foo/bar`"));
        assert!(hint("github.com/foo/bar").contains("`gh:foo/bar`"));
        assert!(hint("github.com/foo/bar.git@v1").contains("`gh:foo/bar@v1`"));
        assert!(hint("company-skelton").contains("did you mean `company-skeleton`?"));
        assert!(hint("gl:us/x").contains("`https://gitlab.com/us/x.git`"));
        assert!(hint("sr:~us/x").contains("`https://git.sr.ht/~us/x.git`"));
    }

    #[test]
    fn what_git_could_take_for_an_option_or_another_place_is_refused() {
        for text in [
            "gh:us",
            "gh:us/x@--upload-pack=y",
            "gh:-us/x",
            "gh:us/../x",
            "https://a.example/b",
            "file:///b.git@-x",
            "gh:",
        ] {
            assert_eq!(Location::parse(text).unwrap_err().kind, Kind::Template, "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let Location::Repository(repository) = Location::parse("https://me:pass@a.example/b.git@v1").unwrap() else {
            panic!("a repository")
        };
        assert_eq!(repository.to_string(), "https://a.example/b.git@v1");
        assert_eq!(repository.name(), "b");
        assert!(!Location::parse("https://me:pass@a.example/b").unwrap_err().message.contains("pass"));
    }
}
