//! The project that comes with the program.

use include_dir::{Dir, include_dir};

use super::{Source, Template};

static PROJECT: Dir = include_dir!("$CARGO_MANIFEST_DIR/project-template");

pub(super) fn template() -> Template {
    let mut sources = Vec::new();
    collect(&PROJECT, &mut sources);
    Template { id: "built-in".into(), version: env!("CARGO_PKG_VERSION").into(), sources }
}

fn collect(directory: &Dir<'static>, sources: &mut Vec<Source>) {
    for file in directory.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        sources.push(Source { path, contents: file.contents().into() });
    }
    for inner in directory.dirs() {
        collect(inner, sources);
    }
}
