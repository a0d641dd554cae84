//! The parts of `cargo-generate.toml` that are needed before cargo-generate runs: questions, and the files they affect.

use std::collections::BTreeMap;

use rhai::{Dynamic, Engine};

use crate::answers::Value;
use crate::failure::{Failure, Failures};
use crate::template::page::{self, Entry, Page};
use crate::template::placeholders::{self, Dialect, Placeholder};
use crate::template::walk;

pub(in crate::template) const FILE: &str = "cargo-generate.toml";

/// The only hook that is not a script: cargo-generate formats the result.
pub(in crate::template) const FORMAT: &str = "fmt";

/// The phase of a script that a tag runs while its file is rendered.
pub(super) const FILTER: &str = "filter";

#[derive(Debug, Clone, Default)]
pub(in crate::template) struct Config {
    pub(in crate::template) sub_templates: Vec<String>,
    pub(in crate::template) hooks: Vec<Hook>,
    pub(in crate::template) part: Part,
    pub(in crate::template) conditionals: Vec<(String, Part)>,
}

/// A script and its phase: `init`, `pre`, `post` or `filter`.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) phase: String,
    pub(crate) script: String,
}

/// What a condition can add.
#[derive(Debug, Clone, Default)]
pub(in crate::template) struct Part {
    pub(in crate::template) include: Option<Vec<String>>,
    pub(in crate::template) exclude: Option<Vec<String>>,
    /// Paths that are removed before anything is rendered.
    pub(in crate::template) ignore: Vec<String>,
    pub(in crate::template) placeholders: Vec<Placeholder>,
}

impl Config {
    pub(in crate::template) fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let page = Page { name, text };
        let (mut config, mut failures) = (Self::default(), Failures::default());
        for entry in page::entries(&page.parse()?) {
            let read = match entry.key {
                "template" => config.describe(&page, &entry),
                "placeholders" => placeholders::all(&page, &entry, Dialect::CargoGenerate)
                    .map(|placeholders| config.part.placeholders = placeholders),
                "hooks" => hooks(&page, &entry).map(|hooks| config.hooks = hooks),
                "conditional" => conditionals(&page, &entry).map(|conditionals| config.conditionals = conditionals),
                _ => Ok(()),
            };
            failures.of(read);
        }
        failures.unless_any(Some(config))
    }

    fn describe(&mut self, page: &Page, table: &Entry) -> Result<(), Failure> {
        let mut failures = Failures::default();
        let fields = page.table_of(table)?;
        failures.of(self.part.files(page, &fields));
        if let Some(field) = fields.iter().find(|field| field.key == "sub_templates") {
            self.sub_templates = failures.of(paths(page, field)).unwrap_or_default();
        }
        failures.unless_any(Some(()))
    }

    /// Names of all questions under any condition. A question that was not asked leaves its name undefined, which the
    /// author expects.
    pub(in crate::template) fn declared(&self) -> impl Iterator<Item = &str> {
        let parts = self.conditionals.iter().map(|(_, part)| part).chain([&self.part]);
        parts.flat_map(|part| &part.placeholders).map(|placeholder| placeholder.name.as_str())
    }

    /// Questions and file lists that apply to the known answers, in order.
    pub(in crate::template) fn under(&self, known: &BTreeMap<String, Value>) -> Part {
        let mut part = self.part.clone();
        for (condition, more) in &self.conditionals {
            if is_true(condition, known) {
                part.add(more);
            }
        }
        part
    }
}

impl Part {
    fn files(&mut self, page: &Page, fields: &[Entry]) -> Result<(), Failure> {
        let mut failures = Failures::default();
        for field in fields {
            match field.key {
                "include" => self.include = failures.of(page.texts_of(field)),
                "exclude" => self.exclude = failures.of(page.texts_of(field)),
                "ignore" => self.ignore = failures.of(paths(page, field)).unwrap_or_default(),
                _ => {}
            }
        }
        failures.unless_any(Some(()))
    }

    fn add(&mut self, more: &Self) {
        for (list, more) in [(&mut self.include, &more.include), (&mut self.exclude, &more.exclude)] {
            if let Some(more) = more {
                list.get_or_insert_default().extend(more.iter().cloned());
            }
        }
        self.ignore.extend(more.ignore.iter().cloned());
        self.placeholders.extend(more.placeholders.iter().cloned());
    }
}

/// Paths that cargo-generate removes or runs, which must be inside the template.
fn paths(page: &Page, field: &Entry) -> Result<Vec<String>, Failure> {
    Failure::collected(page.texts_of(field)?.into_iter().map(|path| {
        if walk::is_inside(&path) {
            return Ok(path);
        }
        Err(page
            .complaint(&field.at, &format!("`{path}` is not inside of the template"))
            .hint("write a path relative to the template, without `..`"))
    }))
}

fn hooks(page: &Page, entry: &Entry) -> Result<Vec<Hook>, Failure> {
    let of_phase = |field: &Entry| {
        let scripts = paths(page, field)?.into_iter().filter(|script| script != FORMAT);
        let plain = |script: String| script.trim_start_matches("./").to_owned();
        let hook = |script| Hook { phase: field.key.to_owned(), script: plain(script) };
        Ok(scripts.map(hook).collect::<Vec<_>>())
    };
    let hooks = Failure::collected(page.table_of(entry)?.iter().map(of_phase))?;
    Ok(hooks.into_iter().flatten().collect())
}

fn conditionals(page: &Page, entry: &Entry) -> Result<Vec<(String, Part)>, Failure> {
    let conditional = |entry: &Entry| {
        let fields = page.table_of(entry)?;
        let (mut part, mut failures) = (Part::default(), Failures::default());
        failures.of(part.files(page, &fields));
        if let Some(field) = fields.iter().find(|field| field.key == "placeholders") {
            let all = failures.of(placeholders::all(page, field, Dialect::CargoGenerate));
            part.placeholders = all.unwrap_or_default();
        }
        failures.unless_any(Some((entry.key.to_owned(), part)))
    };
    Failure::collected(page.table_of(entry)?.iter().map(conditional))
}

/// Like cargo-generate: a condition that cannot be evaluated does not hold.
fn is_true(condition: &str, known: &BTreeMap<String, Value>) -> bool {
    let mut engine = Engine::new();
    // A condition may compute anything, but not without limits.
    engine.set_max_operations(100_000).set_max_string_size(1 << 20).set_max_array_size(10_000).set_max_map_size(10_000);
    let known = known.clone();
    #[expect(deprecated, reason = "the way to look a name up when it is met is called unstable, not bad")]
    engine.on_var(move |name, _, _| Ok(known.get(name).map(dynamic)));
    engine.eval_expression::<bool>(condition).unwrap_or_default()
}

fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Text(text) => text.clone().into(),
        Value::List(texts) => Dynamic::from_array(texts.iter().map(|text| text.clone().into()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
        [template]
        include = ["*.md"]
        [hooks]
        pre = ["ask.rhai"]
        post = ["fmt"]
        [placeholders]
        kind = { prompt = "Kind", choices = [{ value = "web", label = "A web service" }, "cli"] }
        [conditional.'kind == "web"']
        include = ["*.toml"]
        [conditional.'kind == "web"'.placeholders]
        port = { prompt = "Port", default = "80" }
        [conditional.'port != "80"'.placeholders]
        why = { prompt = "Why" }
    "#;

    fn names(known: &[(&str, &str)]) -> Vec<String> {
        let known = known.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned()))).collect();
        let part = Config::parse(FILE, CONFIG).unwrap().under(&known);
        part.placeholders.into_iter().map(|placeholder| placeholder.name).collect()
    }

    #[test]
    fn a_question_comes_up_when_its_condition_holds() {
        assert_eq!(names(&[]), ["kind"]);
        assert_eq!(names(&[("kind", "cli")]), ["kind"]);
        assert_eq!(names(&[("kind", "web")]), ["kind", "port"]);
        assert_eq!(names(&[("kind", "web"), ("port", "81")]), ["kind", "port", "why"]);
    }

    #[test]
    fn a_condition_adds_to_the_lists_of_files() {
        let known = BTreeMap::from([("kind".to_owned(), Value::Text("web".into()))]);
        let part = Config::parse(FILE, CONFIG).unwrap().under(&known);
        assert_eq!(part.include.unwrap(), ["*.md", "*.toml"]);
        assert_eq!(part.exclude, None);
    }

    #[test]
    fn what_would_be_removed_or_run_outside_of_the_template_is_refused() {
        for text in [
            "[template]\nignore = [\"/etc\"]",
            "[template]\nignore = [\"a/../../b\"]",
            "[template]\nsub_templates = [\"../b\"]",
            "[conditional.true]\nignore = [\"../b\"]",
            "[hooks]\npost = [\"/tmp/x.rhai\"]",
        ] {
            let failure = Config::parse(FILE, text).unwrap_err();
            assert!(failure.message.starts_with("cargo-generate.toml:2:1: `"), "{text}: {failure}");
        }
        assert!(Config::parse(FILE, "[template]\nignore = [\"./a/b\"]").is_ok());
    }

    #[test]
    fn a_condition_that_would_take_all_memory_does_not_hold() {
        for condition in
            ["{ let s = \"x\"; s.pad(100000000000, \"x\"); true }", "\"x\".pad(100000000000, \"x\") == \"\""]
        {
            assert!(!is_true(condition, &BTreeMap::new()), "{condition}");
        }
    }

    #[test]
    fn formatting_is_no_script() {
        let hooks = Config::parse(FILE, CONFIG).unwrap().hooks;
        assert_eq!(hooks.iter().map(|hook| hook.script.as_str()).collect::<Vec<_>>(), ["ask.rhai"]);
    }
}
