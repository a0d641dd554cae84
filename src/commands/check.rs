//! `check`: reports whether the template has changes for the project, or which security fixes are missing.

use anyhow::Result;

use super::anew::Anew;
use super::{BEHIND, CONFLICTS, DONE, FIX_MISSING};
use crate::cli;
use crate::report::Report;
use crate::signals::Signals;
use crate::update::security::Fixes;
use crate::update::{self, Project};

pub(super) fn run(arguments: &cli::Check, report: &Report, signals: &Signals) -> Result<i32> {
    let root = Project::directory(&arguments.directory)?;
    Project::refuse_half_done(&root)?;
    let project = Project::at(&root)?;
    if arguments.security {
        return security(&project, &Fixes::listed()?, report);
    }
    let unresolved = project.unresolved()?;
    let anew = Anew::of(&project, &arguments.template, false, signals)?;
    let behind = anew.tree.map_or_else(Vec::new, |tree| update::behind(&project.stamp, &tree));
    report.checked(&project, &behind, &unresolved);
    Ok(match (behind.is_empty(), unresolved.is_empty()) {
        (false, _) => BEHIND,
        (true, false) => CONFLICTS,
        (true, true) => DONE,
    })
}

fn security(project: &Project, fixes: &Fixes, report: &Report) -> Result<i32> {
    let missing = fixes.missing(project)?;
    report.checked_security(project, &missing);
    Ok(if missing.is_empty() { DONE } else { FIX_MISSING })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::cli::{Color, Format, Output};

    #[test]
    fn a_security_fix_that_is_missing_is_10_and_one_that_is_there_is_0() {
        let home = TempDir::new().unwrap();
        let report = Report::new(Output { format: Format::Json, quiet: true, verbose: false, color: Color::Never });
        let fixes = Fixes::parse("[[fix]]\nversion = \"0.0.2\"\nfiles = [\"a.rs\"]\nproblem = \"one\"").unwrap();
        fs::write(home.path().join("a.rs"), "").unwrap();
        for (version, code) in [("0.0.1", FIX_MISSING), ("0.0.2", DONE)] {
            let stamp = format!(
                "[template]\nid = \"built-in\"\nversion = \"{version}\"\n[answers]\nname = \"shop\"\n[files]\n\"a.rs\" = \"sha256:0\""
            );
            fs::write(home.path().join(".jwt-allauth.toml"), stamp).unwrap();
            assert_eq!(security(&Project::at(home.path()).unwrap(), &fixes, &report).unwrap(), code);
        }
    }
}
