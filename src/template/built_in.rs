//! The project that comes with the program.

use include_dir::{Dir, include_dir};

use super::Template;
use super::source::Source;

static PROJECT: Dir = include_dir!("$CARGO_MANIFEST_DIR/project-template");

pub(super) const ID: &str = "built-in";

pub(super) fn template() -> Template {
    let mut sources = Vec::new();
    collect(&PROJECT, &mut sources);
    Template {
        id: ID.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        sources,
        replaced: Vec::new(),
        overlay: None,
        complete: None,
    }
}

fn collect(directory: &Dir<'static>, sources: &mut Vec<Source>) {
    for file in directory.files() {
        sources.push(Source::embedded(file.path().to_string_lossy().replace('\\', "/"), file.contents()));
    }
    for inner in directory.dirs() {
        collect(inner, sources);
    }
}
