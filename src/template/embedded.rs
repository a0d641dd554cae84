//! What travels in the binary: the built-in project, and the templates of `custom-templates` to take or to copy.

use include_dir::{Dir, include_dir};

use super::source::Source;
use super::{Template, overlay};
use crate::failure::Failure;
use crate::tree::{File, Mode, Origin, Tree};

static PROJECT: Dir = include_dir!("$CARGO_MANIFEST_DIR/project-template");
static EXAMPLES: Dir = include_dir!("$CARGO_MANIFEST_DIR/custom-templates");

pub(crate) const BUILT_IN: &str = "built-in";

pub(super) fn built_in() -> Template {
    let (id, version) = (BUILT_IN.into(), env!("CARGO_PKG_VERSION").into());
    Template { id, version, sources: files(&PROJECT), ..Template::default() }
}

/// Names that `--template` knows beside paths and addresses.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    [BUILT_IN].into_iter().chain(EXAMPLES.dirs().filter_map(|directory| directory.path().to_str()))
}

/// A template as it lies in its directory, to be copied and changed.
pub(crate) fn export(name: &str) -> Option<Tree> {
    // Nothing in a template is a secret, whatever it is called: its author's friends are to read it.
    let plain = |file: File| if file.is_secret() { File { mode: Mode::Plain, ..file } } else { file };
    Some(Tree::new(raw(name)?.iter().map(Source::raw).map(plain).collect()))
}

fn raw(name: &str) -> Option<Vec<Source>> {
    if name == BUILT_IN {
        return Some(files(&PROJECT));
    }
    let directory = EXAMPLES.dirs().find(|directory| directory.path().to_str() == Some(name))?;
    let mut sources = files(directory);
    for source in &mut sources {
        source.path = source.path.split_off(name.len() + 1);
        source.origin = Origin::Added;
    }
    Some(sources)
}

pub(super) fn template(name: &str) -> Option<Result<Template, Failure>> {
    if name == BUILT_IN {
        return Some(Ok(built_in()));
    }
    let sources = raw(name)?;
    Some(overlay::embedded(name, sources).and_then(|(overlay, sources)| built_in().below(overlay, sources)))
}

fn files(directory: &Dir<'static>) -> Vec<Source> {
    let mut sources = Vec::new();
    collect(directory, &mut sources);
    sources
}

fn collect(directory: &Dir<'static>, sources: &mut Vec<Source>) {
    for file in directory.files() {
        sources.push(Source::embedded(file.path().to_string_lossy().replace('\\', "/"), file.contents()));
    }
    for inner in directory.dirs() {
        collect(inner, sources);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_has_a_manifest_with_its_name_and_a_description() {
        for name in names().filter(|name| *name != BUILT_IN) {
            let overlay = template(name).unwrap().unwrap().overlay.unwrap();
            assert_eq!(overlay.name, name);
            assert!(overlay.description.is_some() && overlay.version.is_some(), "{name}");
        }
    }

    #[test]
    fn only_whole_names_are_names() {
        for text in ["company", "company-skeleton/", "company-skeleton/src", "README.md", "", "."] {
            assert!(template(text).is_none(), "{text}");
        }
    }
}
