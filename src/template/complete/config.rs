//! `cargo-generate.toml`, as far as its questions and the files they concern are known before cargo-generate is asked.

use std::collections::BTreeMap;

use rhai::{Dynamic, Engine};

use crate::answers::Value;
use crate::failure::Failure;
use crate::template::page::{self, Entry, Page};
use crate::template::placeholders::{self, Placeholder};

pub(super) const FILE: &str = "cargo-generate.toml";

/// The one hook that is no script of the template's: cargo-generate formats what it has rendered.
const FORMAT: &str = "fmt";

#[derive(Debug, Clone, Default)]
pub(super) struct Config {
    pub(super) sub_templates: Vec<String>,
    pub(super) hooks: Vec<String>,
    pub(super) part: Part,
    conditionals: Vec<(String, Part)>,
}

/// What a condition can add.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) include: Option<Vec<String>>,
    pub(super) exclude: Option<Vec<String>>,
    pub(super) placeholders: Vec<Placeholder>,
}

impl Config {
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let page = Page { name, text };
        let mut config = Self::default();
        for entry in page::entries(&page.parse()?) {
            match entry.key {
                "template" => {
                    let fields = page.table_of(&entry)?;
                    config.part.files(&page, &fields)?;
                    if let Some(field) = fields.iter().find(|field| field.key == "sub_templates") {
                        config.sub_templates = page.texts_of(field)?;
                    }
                }
                "placeholders" => config.part.placeholders = placeholders::of_cargo_generate(&page, &entry)?,
                "hooks" => config.hooks = hooks(&page, &entry)?,
                "conditional" => config.conditionals = conditionals(&page, &entry)?,
                _ => {}
            }
        }
        Ok(config)
    }

    /// Every name it asks for under whatever condition; one that was not asked for stands for nothing, as its author knows.
    pub(super) fn declared(&self) -> impl Iterator<Item = &str> {
        let parts = self.conditionals.iter().map(|(_, part)| part).chain([&self.part]);
        parts.flat_map(|part| &part.placeholders).map(|placeholder| placeholder.name.as_str())
    }

    /// The questions and lists that hold for what is known, in the order in which they come up.
    pub(super) fn under(&self, known: &BTreeMap<String, Value>) -> Part {
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
        for field in fields {
            match field.key {
                "include" => self.include = Some(page.texts_of(field)?),
                "exclude" => self.exclude = Some(page.texts_of(field)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, more: &Self) {
        for (list, more) in [(&mut self.include, &more.include), (&mut self.exclude, &more.exclude)] {
            if let Some(more) = more {
                list.get_or_insert_default().extend(more.iter().cloned());
            }
        }
        self.placeholders.extend(more.placeholders.iter().cloned());
    }
}

fn hooks(page: &Page, entry: &Entry) -> Result<Vec<String>, Failure> {
    let scripts: Result<Vec<Vec<String>>, Failure> =
        page.table_of(entry)?.iter().map(|field| page.texts_of(field)).collect();
    Ok(scripts?.into_iter().flatten().filter(|script| script != FORMAT).collect())
}

fn conditionals(page: &Page, entry: &Entry) -> Result<Vec<(String, Part)>, Failure> {
    let conditional = |entry: &Entry| {
        let fields = page.table_of(entry)?;
        let mut part = Part::default();
        part.files(page, &fields)?;
        if let Some(field) = fields.iter().find(|field| field.key == "placeholders") {
            part.placeholders = placeholders::of_cargo_generate(page, field)?;
        }
        Ok((entry.key.to_owned(), part))
    };
    page.table_of(entry)?.iter().map(conditional).collect()
}

/// As cargo-generate does: one that cannot be evaluated, for want of an answer or otherwise, does not hold.
fn is_true(condition: &str, known: &BTreeMap<String, Value>) -> bool {
    let mut engine = Engine::new();
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
    fn formatting_is_no_script() {
        assert_eq!(Config::parse(FILE, CONFIG).unwrap().hooks, ["ask.rhai"]);
    }
}
