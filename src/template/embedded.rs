//! Templates in the binary: the built-in project, and those of `custom-templates`.

use std::sync::LazyLock;

use lz4_flex::block::decompress_size_prepended;

use super::source::Source;
use super::{Template, overlay};
use crate::failure::Failure;
use crate::tree::{File, Mode, Origin, Tree};

static PROJECT: LazyLock<Vec<u8>> =
    LazyLock::new(|| unpacked(include_bytes!(concat!(env!("OUT_DIR"), "/project-template"))));
static EXAMPLES: LazyLock<Vec<u8>> =
    LazyLock::new(|| unpacked(include_bytes!(concat!(env!("OUT_DIR"), "/custom-templates"))));

pub(crate) const BUILT_IN: &str = "built-in";

pub(super) fn built_in() -> Template {
    let (id, version) = (BUILT_IN.into(), env!("CARGO_PKG_VERSION").into());
    Template { id, version, sources: files(&PROJECT).collect(), ..Template::default() }
}

/// Names that `--template` accepts besides paths and URLs.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<&str> = entries(&EXAMPLES).filter_map(|(path, _)| Some(path.split_once('/')?.0)).collect();
    names.dedup();
    [BUILT_IN].into_iter().chain(names)
}

/// A template as in its directory, to be copied and changed.
pub(crate) fn export(name: &str) -> Option<Tree> {
    // Nothing in a template is a secret, so its files stay readable for others.
    let plain = |file: File| if file.is_secret() { File { mode: Mode::Plain, ..file } } else { file };
    Some(Tree::new(raw(name)?.iter().map(Source::raw).map(plain).collect()))
}

fn raw(name: &str) -> Option<Vec<Source>> {
    if name == BUILT_IN {
        return Some(files(&PROJECT).collect());
    }
    let inside = |mut source: Source| {
        let (directory, path) = source.path.split_once('/')?;
        source.path = (directory == name).then(|| path.to_owned())?;
        source.origin = Origin::Added;
        Some(source)
    };
    let sources: Vec<Source> = files(&EXAMPLES).filter_map(inside).collect();
    (!sources.is_empty()).then_some(sources)
}

pub(super) fn template(name: &str) -> Option<Result<Template, Failure>> {
    if name == BUILT_IN {
        return Some(Ok(built_in()));
    }
    let sources = raw(name)?;
    Some(overlay::embedded(name, sources).and_then(|(overlay, sources)| built_in().below(overlay, sources)))
}

fn files(bundle: &'static [u8]) -> impl Iterator<Item = Source> {
    entries(bundle).map(|(path, contents)| Source::embedded(path, contents))
}

/// The format of `build.rs`: lines of lengths and paths, an empty line, the contents.
fn entries(bundle: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let end = bundle.windows(2).position(|bytes| bytes == b"\n\n").unwrap_or_default();
    let (index, mut contents) = (&bundle[..end], &bundle[end + 2..]);
    let index = std::str::from_utf8(index).unwrap_or_default().lines();
    index.filter_map(|line| line.split_once(' ')).map_while(move |(length, path)| {
        let (file, rest) = contents.split_at_checked(length.parse().ok()?)?;
        contents = rest;
        Some((path, file))
    })
}

#[expect(clippy::expect_used, reason = "build.rs has packed it; a test unpacks it")]
fn unpacked(packed: &[u8]) -> Vec<u8> {
    decompress_size_prepended(packed).expect("what was packed can be unpacked")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_template_travels_to_the_byte() {
        for (directory, bundle) in [("project-template", &PROJECT), ("custom-templates", &EXAMPLES)] {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
            let on_disk = walkdir::WalkDir::new(&directory).into_iter().map(Result::unwrap);
            assert_eq!(entries(bundle).count(), on_disk.filter(|entry| !entry.path().is_dir()).count());
            for (path, contents) in entries(bundle) {
                assert!(fs::read(directory.join(path)).unwrap() == contents, "{path}");
            }
        }
    }

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
        for text in ["company", "company-skeleton/", "company-skeleton/src", "README.md", "", ".", "/"] {
            assert!(template(text).is_none(), "{text}");
        }
    }
}
