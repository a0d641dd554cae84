//! What `--template` can name: a directory, a repository, or a template that comes with the program.

use std::fmt;
use std::path::{Path, PathBuf};

use super::embedded;
use crate::failure::{Failure, Kind};

const SCHEMES: [&str; 4] = ["file://", "git@", "https://", "ssh://"];
const SUFFIX: &str = ".git";
const FORMS: &str = "a template is a directory, a name that `jwt-allauth templates list` shows, `gh:OWNER/REPOSITORY[@REF]`, or \
                     the URL of a repository that ends with `.git`: `https://…`, `ssh://…`, `git@…`, `file://…`";

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Location {
    Embedded(&'static str),
    Directory(PathBuf),
    Repository(Repository),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repository {
    pub(super) url: String,
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
        // What is on the disk goes before what only has the same name.
        let embedded = || embedded::names().find(|name| *name == text && !Path::new(text).exists());
        embedded().map_or_else(|| directory(text).map(Self::Directory), |name| Ok(Self::Embedded(name)))
    }
}

impl Location {
    /// What a stamp names, which may be somebody else's word: never a directory of this machine.
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
    let (path, reference) = short.split_once('@').map_or((short, None), |(path, reference)| (path, Some(reference)));
    let (owner, name) = path.split_once('/')?;
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with(['-', '.'])
            && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
    };
    let name = name.strip_suffix(SUFFIX).unwrap_or(name);
    let is_valid = is_name(owner) && is_name(name) && reference.is_none_or(is_reference);
    is_valid.then(|| Repository {
        url: format!("https://github.com/{owner}/{name}{SUFFIX}"),
        reference: reference.map(str::to_owned),
    })
}

fn repository(text: &str) -> Option<Repository> {
    if text.ends_with(SUFFIX) {
        return Some(Repository { url: text.to_owned(), reference: None });
    }
    let (url, reference) = text.rsplit_once(".git@")?;
    is_reference(reference).then(|| Repository { url: format!("{url}{SUFFIX}"), reference: Some(reference.to_owned()) })
}

/// Not an option of git's, and nothing that only a shell would want.
fn is_reference(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "-_./+".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(allowed)
}

pub(super) fn directory(text: &str) -> Result<PathBuf, Failure> {
    let found =
        Path::new(text).canonicalize().map_err(|error| not_a_template(text, &format!("cannot be read: {error}")))?;
    if found.is_dir() { Ok(found) } else { Err(not_a_template(text, "is a file, not a directory")) }
}

fn not_a_template(text: &str, why: &str) -> Failure {
    Failure::new(Kind::Template, format!("the template `{text}` {why}")).hint(FORMS)
}

impl Repository {
    pub(super) fn name(&self) -> &str {
        let end = self.url.strip_suffix(SUFFIX).unwrap_or(&self.url);
        end.rsplit(['/', ':']).next().unwrap_or(end)
    }
}

/// Fit to be shown and kept: without a password, should there be one in it.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.url))?;
        self.reference.iter().try_for_each(|reference| write!(f, "@{reference}"))
    }
}

fn without_password(url: &str) -> String {
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
