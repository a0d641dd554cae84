//! Final checks before anything is written, for mistakes that would otherwise appear in a failing build.

use saphyr_parser::{Parser, ScanError};

use super::source::{MANIFEST, Source};
use super::{lenient, tags};
use crate::failure::Failure;
use crate::secrets::{self, Secrets};
use crate::tree::{File, Mode, Origin};

/// Checks files against what they were rendered from.
pub(super) struct Verifier<'a> {
    secrets: &'a Secrets,
    /// The sources' own paths begin with it.
    folder: &'a str,
    sources: Vec<&'a Source>,
}

impl<'a> Verifier<'a> {
    pub(super) fn of_project(sources: &'a [Source], secrets: &'a Secrets) -> Self {
        Self { secrets, folder: "", sources: sources.iter().collect() }
    }

    /// Of a complete template: its contents are the author's, but its files must parse.
    pub(super) fn of_complete(sources: &'a [Source], folder: &'a str, secrets: &'a Secrets) -> Self {
        Self { secrets, folder, sources: sources.iter().collect() }
    }

    /// Everything that is wrong with these files, and warnings.
    pub(super) fn faults(&self, files: &[File]) -> (Vec<Failure>, Vec<String>) {
        let (mut failures, mut warnings) = (Vec::new(), Vec::new());
        for file in files {
            failures.extend(hides_secrets(file, self.secrets).err());
            let Err(mistake) = parses(file) else { continue };
            // A file that was copied unchanged is as its author wants it.
            let is_same = |source: &Source| !source.is_rendered() && source.contents[..] == file.contents[..];
            let is_copied = self.theirs().any(is_same);
            let is_theirs = is_copied
                || self.theirs().any(|source| self.relative(source.target()) == Some(&file.path))
                || file.origin != Origin::BuiltIn;
            if is_theirs && lenient::is_readable(&file.path, &String::from_utf8_lossy(&file.contents)) {
                continue;
            }
            if is_copied {
                warnings.push(format!("{} (copied as it is)", mistake.in_file(&file.path, None).message));
            } else {
                failures.push(mistake.in_file(&file.path, self.source_of(&file.path)));
            }
        }
        (failures, warnings)
    }

    fn theirs(&self) -> impl Iterator<Item = &'a Source> {
        self.sources.iter().copied().filter(|source| source.origin != Origin::BuiltIn)
    }

    fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.folder.is_empty() { Some(path) } else { path.strip_prefix(self.folder)?.strip_prefix('/') }
    }

    /// The file of the template that a file was rendered from, if there is only one that it can be.
    fn source_of(&self, path: &str) -> Option<&'a str> {
        let found = |is_it: &dyn Fn(&str) -> bool| {
            let target = |source: &&Source| self.relative(source.target()).is_some_and(is_it);
            let mut found = self.sources.iter().copied().filter(target);
            found.next().filter(|_| found.next().is_none()).map(|source| source.path.as_str())
        };
        found(&|target| target == path).or_else(|| found(&|target| may_become(target, path)))
    }
}

/// Whether a path with tags may be rendered as this one.
fn may_become(template: &str, path: &str) -> bool {
    let (mut rest, mut end) = (path, 0);
    for tag in tags::tags(template) {
        let literal = &template[end..tag.offset];
        let after = if end == 0 {
            rest.strip_prefix(literal)
        } else {
            rest.find(literal).map(|at| &rest[at + literal.len()..])
        };
        let Some(after) = after else { return false };
        (rest, end) = (after, tag.offset + tag.text.len() + "{{}}".len());
    }
    end > 0 && rest.ends_with(&template[end..])
}

/// Finds a tag of ours that is left after rendering, as nested or quoted tags are.
pub(super) fn no_tag_is_left(source: &Source, text: &str, variables: &[&str]) -> Result<(), Failure> {
    let left = tags::tags(text).into_iter().find(|tag| tag.uses().any(|name| variables.contains(&name)));
    let Some(tag) = left else { return Ok(()) };
    let message = format!("a tag is left over: `{}`", tag.text.trim());
    let mistake = Mistake { position: Some(tags::position(text, tag.offset)), message };
    Err(mistake.in_file(source.target(), Some(&source.path)))
}

/// The parse error of a file, with its place, if there is one.
pub(crate) fn complaint(file: &File) -> Option<String> {
    parses(file).err().map(|mistake| mistake.in_file(&file.path, None).message)
}

struct Mistake {
    /// Line and column, counted from 1.
    position: Option<(usize, usize)>,
    message: String,
}

impl Mistake {
    /// `source` is the file that somebody can correct.
    fn in_file(&self, path: &str, source: Option<&str>) -> Failure {
        let from = source.filter(|source| *source != path).map(|source| format!(" (rendered from `{source}`)"));
        let message = format!("{}{}", self.message, from.unwrap_or_default());
        let failure = Failure::at(path, self.position, &message);
        failure.hint(format!("correct `{}`, or the answer that it takes up", source.unwrap_or(path)))
    }
}

fn parses(file: &File) -> Result<(), Mistake> {
    if file.mode == Mode::Link {
        return Ok(());
    }
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let Some(parse) = parser_of(name, extension) else {
        return Ok(());
    };
    match std::str::from_utf8(&file.contents) {
        Ok(text) => parse(text),
        Err(error) => Err(Mistake { position: None, message: error.to_string() }),
    }
}

type Parse = fn(&str) -> Result<(), Mistake>;

fn parser_of(name: &str, extension: Option<&str>) -> Option<Parse> {
    match extension {
        _ if name == "Cargo.lock" => Some(toml),
        Some("toml") => Some(toml),
        Some("json") => Some(json),
        Some("yaml" | "yml") => Some(yaml),
        _ => None,
    }
}

fn toml(text: &str) -> Result<(), Mistake> {
    text.parse::<toml::Table>().map(drop).map_err(|error| {
        let position = error.span().map(|span| tags::position(text, span.start.min(text.len())));
        Mistake { position, message: error.message().lines().collect::<Vec<_>>().join("; ") }
    })
}

fn json(text: &str) -> Result<(), Mistake> {
    serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|error| {
        let (line, byte) = (error.line(), error.column());
        let said = error.to_string();
        let message = said.strip_suffix(&format!(" at line {line} column {byte}")).unwrap_or(&said).to_owned();
        let before = text.lines().nth(line.saturating_sub(1)).and_then(|line| line.get(..byte.saturating_sub(1)));
        let column = before.map_or(byte, |before| before.chars().count() + 1);
        Mistake { position: Some((line.max(1), column.max(1))), message }
    })
}

fn yaml(text: &str) -> Result<(), Mistake> {
    let events: Result<Vec<_>, ScanError> = Parser::new_from_str(text).collect();
    events.map(drop).map_err(|error| {
        let marker = error.marker();
        Mistake { position: Some((marker.line().max(1), marker.col() + 1)), message: error.info().to_owned() }
    })
}

fn hides_secrets(file: &File, secrets: &Secrets) -> Result<(), Failure> {
    if !secrets::may_be_in(&file.path) && (file.is_secret() || secrets.appear_in(&file.contents)) {
        return Err(Failure::at(&file.path, None, "a secret has no place here, only in `.env` and under `keys/`")
            .hint("leave it out: the project reads its secrets from there"));
    }
    Ok(())
}

/// Of a manifest that cannot be parsed, nothing more is said.
pub(super) fn manifest_carries_the_name(files: &[File], name: &str) -> Result<(), Failure> {
    let manifest = files.iter().find(|file| file.path == MANIFEST);
    if manifest.is_some_and(|manifest| parses(manifest).is_err()) {
        return Ok(());
    }
    let manifest = manifest.and_then(File::text).and_then(|text| text.parse::<toml::Table>().ok());
    let found = manifest.as_ref().and_then(|manifest| manifest.get("package")?.get("name")?.as_str());
    if found == Some(name) {
        return Ok(());
    }
    Err(Failure::at(MANIFEST, None, &format!("the package has to be called `{name}`"))
        .hint("write `name = \"{{ project_name }}\"`, and call the file `Cargo.toml.liquid`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parse_error_has_the_line_and_the_column_that_an_editor_shows() {
        for (path, text, place) in [
            ("a.toml", "a = 1\n\"é\" = = 2\n", (2, 7)),
            ("a.json", "{\n  \"é\": }\n", (2, 8)),
            ("a.json", "", (1, 1)),
            ("a.yaml", "a: 1\nb: [\n", (3, 1)),
        ] {
            let contents = text.as_bytes().to_vec();
            let file = File { path: path.to_owned(), contents, mode: Mode::Plain, origin: Origin::Added };
            let mistake = parses(&file).err().unwrap();
            let said = complaint(&file).unwrap();
            assert_eq!(mistake.position, Some(place), "{said}");
            assert!(!said.contains('\n') && !mistake.message.contains(" line "), "{said}");
        }
    }

    #[test]
    fn a_path_with_tags_may_become_what_fits_between_them() {
        for (template, path) in [
            ("{{ a }}.toml", "x.toml"),
            ("src/{{ a }}/{{ b | upcase }}.json", "src/one/two.json"),
            ("{% if a %}x{% endif %}.yml", "x.yml"),
        ] {
            assert!(may_become(template, path), "{template}");
        }
        for (template, path) in [("{{ a }}.toml", "x.json"), ("src/{{ a }}.toml", "x.toml"), ("a.toml", "b.toml")] {
            assert!(!may_become(template, path), "{template}");
        }
    }
}
