//! Security fixes for what earlier versions rendered, as listed in `security-fixes.toml`.

use toml::{Table, Value};

use super::merge;
use super::project::Project;
use crate::ends;
use crate::failure::{Failure, Kind};
use crate::template::Template;
use crate::version::Version;

const LISTED: &str = include_str!("../../security-fixes.toml");

pub(crate) struct Fixes(Vec<Fix>);

pub(crate) struct Fix {
    /// The first version with the fix.
    pub(crate) version: Version,
    /// Paths in the rendered project.
    pub(crate) files: Vec<String>,
    /// What an attacker could have done, in one sentence.
    pub(crate) problem: String,
}

/// A fix that a project lacks, and the files concerned.
pub(crate) struct Missing<'f> {
    pub(crate) fix: &'f Fix,
    pub(crate) files: Vec<&'f str>,
}

impl Fixes {
    pub(crate) fn listed() -> Result<Self, Failure> {
        Self::parse(LISTED)
            .ok_or_else(|| Failure::new(Kind::Template, "the list of security fixes in this program cannot be read"))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let page: Table = text.parse().ok()?;
        let fixes = page.get("fix").map_or(Some(&[][..]), |fixes| fixes.as_array().map(Vec::as_slice))?;
        fixes.iter().map(Fix::of).collect::<Option<_>>().map(Self)
    }

    /// Ignores files that the project was not rendered with, or that its owner has deleted.
    pub(crate) fn missing(&self, project: &Project) -> anyhow::Result<Vec<Missing<'_>>> {
        let template = Template::built_in();
        let mut missing = Vec::new();
        for fix in &self.0 {
            let mut files = Vec::new();
            for path in &fix.files {
                if lacks(project, fix, path, &template)? {
                    files.push(path.as_str());
                }
            }
            if !files.is_empty() {
                missing.push(Missing { fix, files });
            }
        }
        Ok(missing)
    }
}

/// A file that equals this program's version was fixed by hand. A file with unresolved conflicts lacks the fix, since
/// resolving them may discard it.
fn lacks(project: &Project, fix: &Fix, path: &str, template: &Template) -> anyhow::Result<bool> {
    if project.stamp.hash(path).is_none() {
        return Ok(false);
    }
    let is_older = project.stamp.version.is_some_and(|version| version < fix.version);
    let Some(present) = project.read(path)? else { return Ok(false) };
    let is_fixed = template.copied(path).is_some_and(|right| ends::is_same(right, &present.contents));
    let has_conflict = present.text().is_some_and(|text| merge::has_others(text, merge::of_update, &[]));
    Ok(has_conflict || (is_older && !is_fixed))
}

impl Fix {
    fn of(value: &Value) -> Option<Self> {
        let files = value.get("files")?.as_array()?.iter().map(|file| file.as_str().map(str::to_owned));
        Some(Self {
            version: value.get("version")?.as_str()?.parse().ok()?,
            files: files.collect::<Option<_>>()?,
            problem: value.get("problem")?.as_str()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::template::Template;
    use crate::template::stamp::Stamp;

    const FIXES: &str = "\
[[fix]]
version = \"0.2.0\"
files = [\"a.rs\", \"b.rs\", \"gone.rs\", \"never.rs\"]
problem = \"one\"

[[fix]]
version = \"0.0.9\"
files = [\"a.rs\"]
problem = \"two\"
";

    fn project(version: &str) -> (TempDir, Project) {
        let home = TempDir::new().unwrap();
        let files = "\"a.rs\" = \"sha256:0\"\n\"b.rs\" = \"sha256:0\"\n\"gone.rs\" = \"sha256:0\"\n";
        let template = format!("[template]\nid = \"built-in\"\nversion = \"{version}\"\n");
        let stamp = format!("{template}[answers]\nname = \"shop\"\n[files]\n{files}");
        for name in ["a.rs", "b.rs", "never.rs"] {
            fs::write(home.path().join(name), "mine").unwrap();
        }
        let stamp = Stamp::parse(&stamp).unwrap();
        let project = Project { root: home.path().to_owned(), stamp };
        (home, project)
    }

    #[test]
    fn what_is_older_than_a_fix_lacks_it_in_the_files_it_has() {
        let fixes = Fixes::parse(FIXES).unwrap();
        let (_home, project) = project("0.1.0");
        let missing = fixes.missing(&project).unwrap();
        assert_eq!(missing.len(), 1);
        assert_eq!((missing[0].fix.problem.as_str(), &missing[0].files), ("one", &vec!["a.rs", "b.rs"]));
    }

    #[test]
    fn what_was_fixed_by_hand_is_not_missing() {
        let path = "auth/src/clock.rs";
        let fixes = Fixes::parse(&FIXES.replace("b.rs", path)).unwrap();
        let (home, mut project) = project("0.1.0");
        project.stamp.files.insert(path.into(), "sha256:0".into());
        fs::create_dir_all(home.path().join("auth/src")).unwrap();
        fs::write(home.path().join(path), "old").unwrap();
        assert_eq!(fixes.missing(&project).unwrap()[0].files, ["a.rs", path]);
        fs::write(home.path().join(path), Template::built_in().copied(path).unwrap()).unwrap();
        assert_eq!(fixes.missing(&project).unwrap()[0].files, ["a.rs"]);
    }

    #[test]
    fn what_is_as_new_lacks_it_only_between_markers() {
        let fixes = Fixes::parse(FIXES).unwrap();
        let (home, project) = project("0.2.0");
        assert!(fixes.missing(&project).unwrap().is_empty());
        fs::write(home.path().join("b.rs"), "<<<<<<< yours\n=======\n>>>>>>> jwt-allauth 0.2.0\n").unwrap();
        assert_eq!(fixes.missing(&project).unwrap()[0].files, ["b.rs"]);
    }

    #[test]
    fn the_list_can_be_read_and_names_files_that_projects_have() {
        let built_in = Template::built_in().targets();
        for fix in Fixes::listed().unwrap().0 {
            assert!(fix.version <= Version::of_program() && !fix.problem.is_empty());
            assert!(!fix.files.is_empty());
            for file in &fix.files {
                assert!(built_in.contains(file), "{}: {file}", fix.version);
            }
        }
    }

    #[test]
    fn a_list_that_lacks_something_is_no_list() {
        for text in ["fix = 1", "[[fix]]", "[[fix]]\nversion = \"x\"\nfiles = []\nproblem = \"\"", "= "] {
            assert!(Fixes::parse(text).is_none(), "{text}");
        }
        assert!(Fixes::parse("").unwrap().0.is_empty());
    }
}
