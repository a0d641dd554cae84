//! Tags of cargo-generate in a template without its settings file: nothing would render them.

use super::complete::config::FILE;
use super::source::{Form, MANIFEST, SUFFIX, Source};
use super::tags::{self, Tag};
use super::variables;

/// Variables of cargo-generate whose names are unlikely in any other language.
const VARIABLES: [&str; 5] = ["crate_name", "crate_type", "os-arch", "project-name", "within_cargo_project"];
/// The others, which are its own in a manifest only: pages and charts have users and authors, too.
const IN_MANIFEST: [&str; 2] = ["authors", "username"];
/// Templates that the project's server renders.
pub(super) const OF_THE_SERVER: &str = "auth/templates/";

pub(super) struct Found<'s> {
    pub(super) name: &'s str,
    /// In the text; None in the name of the file.
    pub(super) offset: Option<usize>,
}

/// The first tag of cargo-generate that an overlay would leave as it is.
pub(super) fn first(source: &Source) -> Option<Found<'_>> {
    if source.path.starts_with(OF_THE_SERVER) {
        return None;
    }
    let is_manifest = source.path.rsplit('/').next().is_some_and(|name| name.trim_end_matches(SUFFIX) == MANIFEST);
    // A variable of every project, which a file to be rendered may use.
    let is_ours = |name: &str| source.is_rendered() && variables::NAMES.contains(&name);
    let is_theirs = |name: &&str| VARIABLES.contains(name) || is_manifest && IN_MANIFEST.contains(name);
    let in_path = tags::tags(&source.path).iter().flat_map(Tag::uses).find(is_theirs);
    let in_path = in_path.map(|name| Found { name, offset: None });
    in_path.or_else(|| {
        let text = source.text().filter(|_| source.form != Form::Link)?;
        let tags = tags::tags(text);
        let defined = tags::defined(&tags);
        // `${{ … }}` belongs to workflows.
        tags.iter().filter(|tag| !text[..tag.offset].ends_with('$')).find_map(|tag| {
            let name = tag.uses().find(|name| is_theirs(name) && !is_ours(name) && !defined.contains(name))?;
            Some(Found { name, offset: Some(tag.offset) })
        })
    })
}

/// What to do about one.
pub(super) fn remedy(source: &Source, found: &Found) -> String {
    let complete = format!("put an empty `{FILE}` beside it to have all rendered as a complete template");
    if variables::NAMES.contains(&found.name) && found.offset.is_some() {
        format!("{complete}, or call the file `{}{SUFFIX}` to have it rendered in an overlay", source.path)
    } else {
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Option<(String, Option<usize>)> {
        let source = Source::embedded(path, text.as_bytes().to_vec());
        first(&source).map(|found| (found.name.to_owned(), found.offset))
    }

    #[test]
    fn tags_of_cargo_generate_are_found_wherever_they_are() {
        for (path, text, name, offset) in [
            ("README.md", "# {{project-name}}", "project-name", Some(2)),
            ("src/main.rs", "use {{ crate_name | snake_case }};", "crate_name", Some(4)),
            ("Cargo.toml", "authors = [\"{{authors}}\"]", "authors", Some(12)),
            ("a.rs", "{% if crate_type == \"lib\" %}{% endif %}", "crate_type", Some(0)),
            ("src/{{ crate_name }}.rs", "", "crate_name", None),
            ("a.md.liquid", "{{ crate_name }} {{ project-name }}", "project-name", Some(17)),
        ] {
            assert_eq!(found(path, text), Some((name.to_owned(), offset)), "{path}");
        }
    }

    #[test]
    fn tags_of_others_are_not() {
        for (path, text) in [
            (".github/workflows/ci.yml", "${{ github.event.repository.name }} ${{ matrix.os }} ${{ env.crate_name }}"),
            ("chart/templates/a.yaml", "{{ .Values.name }} {{ include \"app.fullname\" . }} {{- .Chart.AppVersion }}"),
            ("a.hbs", "{{#each users}}{{ username }}{{/each}} {{{ body }}} {{> partial}}"),
            ("page.html", "{{ authors }} {{ user.name }} {{ title }}"),
            ("a.md", "{% raw %}{{ project-name }}{% endraw %} {{ project_name }}"),
            ("a.liquid", "{{ crate_name }}{% assign project-name = 1 %}{{ project-name }}"),
            ("auth/templates/email/a.txt", "{{ project-name }}"),
        ] {
            assert_eq!(found(path, text), None, "{path}");
        }
    }
}
