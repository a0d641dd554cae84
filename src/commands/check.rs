//! `check`: reports whether the template has changes for the project, or which security fixes are missing.

use std::path::Path;

use anyhow::{Error, Result};

use super::anew::{Anew, is_interrupted};
use super::{BEHIND, CONFLICTS, DONE, FIX_MISSING, update_of, with_the_values};
use crate::cli::{self, TemplateArguments};
use crate::failure::Failure;
use crate::report::{Checked, Report};
use crate::signals::Signals;
use crate::update::security::Fixes;
use crate::update::{self, Bases, Project};
use crate::vcs::gap::Gap;

pub(super) fn run(arguments: &cli::Check, report: &Report, signals: &Signals) -> Result<i32> {
    let with_the_values = || with_the_values(&arguments.template);
    let root = Project::directory(&arguments.directory).map_err(Error::from).map_err(with_the_values())?;
    Project::refuse_half_done(&root, &TemplateArguments::default().update(&arguments.directory))?;
    let project = Project::at(&root).map_err(with_the_values())?;
    if arguments.security {
        return security(&project, &arguments.directory, &Fixes::listed()?, report);
    }
    let anew = Anew::of(&project, &arguments.template, (false, &|_| {}), signals);
    let tree = anew.as_ref().ok().and_then(|anew| anew.tree.as_ref());
    let rendered = || anew.as_ref().map(|anew| anew.of_old(&project, signals)).unwrap_or_default();
    let bases = Bases { project: &project, rendered: &rendered, directory: None };
    let unresolved = project.unresolved(tree, &bases)?;
    let behind = tree.map_or_else(Vec::new, |tree| update::behind(&project.stamp, tree));
    // A conflict is one whatever the template has become.
    let unknown = match anew {
        Err(error) if unresolved.is_empty() || is_interrupted(&error) => return Err(error),
        anew => anew.err().map(|error| reason(&error)),
    };
    let refused = Gap::of(&project.root).filter(|gap| matches!(gap, Gap::Refused(_)));
    let refused = refused
        .map(|gap| format!("conflicts in files that were moved are not looked for: {}; {}", gap.why(), gap.remedy()));
    let (directory, template) = (&arguments.directory, &arguments.template);
    let code = match (behind.is_empty(), unresolved.is_empty()) {
        (_, false) => CONFLICTS,
        (false, true) => BEHIND,
        (true, true) => DONE,
    };
    report.checked(&Checked {
        code,
        project: &project,
        behind: &behind,
        unresolved: &unresolved,
        unknown: unknown.as_deref(),
        refused: refused.as_deref(),
        update: &template.update(directory),
    });
    Ok(code)
}

fn reason(error: &Error) -> String {
    match error.downcast_ref::<Failure>() {
        Some(failure) => [failure.to_string()].iter().chain(&failure.hints).cloned().collect::<Vec<_>>().join("; "),
        None => format!("{error:#}"),
    }
}

fn security(project: &Project, directory: &Path, fixes: &Fixes, report: &Report) -> Result<i32> {
    let missing = fixes.missing(project)?;
    let code = if missing.is_empty() { DONE } else { FIX_MISSING };
    report.checked_security(project, &missing, &update_of(project, directory), code);
    Ok(code)
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
            assert_eq!(security(&Project::at(home.path()).unwrap(), Path::new("."), &fixes, &report).unwrap(), code);
        }
    }
}
