//! Output of `templates …`: the result on stdout, as lines or as one object, and further steps on stderr.

use std::path::Path;

use serde_json::{Value, json};

use super::{Report, document, json, next_steps, path, plain, result};
use crate::answers;
use crate::cli::Format;
use crate::project::Written;
use crate::template::description::{Described, Description, Kind, Question};
use crate::template::lint::Linted;
use crate::template::{Placeholder, PlaceholderKind};

impl Report {
    pub(crate) fn templates(&self, templates: &[Description]) {
        if self.format == Format::Json {
            let list: Vec<Value> = templates.iter().map(head).collect();
            return document(&format!("{:#}", json!(list)));
        }
        let width = templates.iter().map(|template| template.name.len()).max().unwrap_or_default();
        for template in templates {
            let summary = template.summary.as_deref().unwrap_or_default();
            result(&format!("{:width$}  {:8}  {summary}", template.name, template.kind.name()));
        }
        self.say("\n`jwt-allauth templates show NAME` describes one, `startproject --template NAME` takes it");
    }

    pub(crate) fn template(&self, template: &Description) {
        if self.format == Format::Json {
            return document(&format!("{:#}", whole(template)));
        }
        let version = template.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let summary = template.summary.as_ref().map(|summary| format!(": {summary}")).unwrap_or_default();
        result(&format!("{}{version}{summary}", template.name));
        result(match template.kind {
            Kind::BuiltIn => "built-in: what `startproject` renders without `--template`",
            Kind::Overlay => "overlay: its files are laid over the built-in project",
            Kind::Complete => "complete template: rendered by cargo-generate, nothing of the built-in project is in it",
        });
        if let Some(fetched) = &template.fetched {
            result(&format!("from {}, commit {}", fetched.repository, fetched.commit));
        }
        section("Questions", template.questions.iter().map(question));
        section(
            "Scripts it runs with --allow-commands",
            template.hooks.iter().map(|h| format!("  {}: {}", h.phase, h.script)),
        );
        section("Files", template.files.iter().map(file));
        let keep = template.keep.iter().flatten();
        section("Built-in files that stay; all others are left out", keep.map(|pattern| format!("  {pattern}")));
    }

    pub(crate) fn linted(&self, linted: &Linted, code: i32) {
        if self.format == Format::Json {
            let findings = linted.findings.iter().map(|finding| {
                let (file, line, column) = (&finding.file, finding.line, finding.column);
                let (message, fix) = (&finding.message, &finding.fix);
                let rule = finding.rule.name();
                json!({ "file": file, "line": line, "column": column, "rule": rule, "message": message, "fix": fix })
            });
            let findings: Vec<Value> = findings.collect();
            let object = json!({
                "code": code,
                "template": linted.name,
                "kind": linted.kind.name(),
                "findings": findings,
                "circumstances": linted.circumstances,
            });
            return document(&format!("{object:#}"));
        }
        for finding in &linted.findings {
            let (line, column, rule) = (finding.line, finding.column, finding.rule.name());
            let what = plain::line(&format!("{}:{line}:{column}: {rule}: {}", finding.file, finding.message));
            result(&format!("{what}\n  {}", plain::line(&finding.fix)));
        }
        self.say(&match linted.findings.len() {
            0 => format!("`{}`, {}: nothing found", linted.name, linted.kind.with_article()),
            1 => "1 finding".to_owned(),
            number => format!("{number} findings"),
        });
        if !linted.circumstances.is_empty() {
            let names = linted.circumstances.join(", ");
            self.say(&format!("A project remembers who rendered it, where or when: {names}"));
        }
    }

    pub(crate) fn exported(&self, name: &str, given: &Path, written: &Written) {
        if self.format == Format::Json {
            let path = written.root.display().to_string();
            return document(&format!("{:#}", json!({ "template": name, "path": path, "files": written.created })));
        }
        self.say(&format!("Exported `{name}`: {} files", written.created));
        self.say("\nNext steps");
        // Otherwise it would be parsed as an option.
        let dash = if given.to_string_lossy().starts_with('-') { "./" } else { "" };
        let given = next_steps::quoted(&format!("{dash}{}", given.display()));
        self.say(&format!("  jwt-allauth templates lint {given}"));
        self.say(&format!("  jwt-allauth startproject myproject --template {given} --dry-run"));
        path(&written.root);
    }
}

fn section(heading: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        result(&format!("\n{heading}\n{}", lines.join("\n")));
    }
}

/// The form of an answer on the command line, and the default.
fn question(question: &Question) -> String {
    let placeholder = &question.placeholder;
    let default = match &placeholder.default {
        None => "required".to_owned(),
        Some(answers::Value::Text(text)) if text.is_empty() => "default: empty".to_owned(),
        Some(default) => format!("default: {default}"),
    };
    let pattern = placeholder.pattern().map(|pattern| format!(", matches {pattern}")).unwrap_or_default();
    let template = question.sub_template.as_ref().map(|name| format!(", of {name}")).unwrap_or_default();
    let condition = question.condition.as_ref().map(|text| format!(", asked if {text}")).unwrap_or_default();
    format!("  {}  [{default}{pattern}{template}{condition}]", placeholder.usage())
}

fn file(file: &Described) -> String {
    let replaces = if file.replaces { ", instead of built-in" } else { "" };
    format!("  {}  [{}{replaces}]", file.path, file.form)
}

fn head(template: &Description) -> Value {
    json!({
        "name": template.name,
        "version": template.version,
        "kind": template.kind.name(),
        "description": template.summary,
    })
}

fn whole(template: &Description) -> Value {
    let mut object = head(template);
    if let Some(fetched) = &template.fetched {
        object["source"] = json!({ "repository": fetched.repository, "commit": fetched.commit });
    }
    let hooks = template.hooks.iter().map(|hook| json!({ "phase": hook.phase, "script": hook.script }));
    let files = template.files.iter();
    let files = files.map(|file| json!({ "path": file.path, "form": file.form, "replaces": file.replaces }));
    object["placeholders"] = template.questions.iter().map(placeholder).collect();
    object["hooks"] = hooks.collect();
    object["files"] = files.collect();
    object["keep"] = json!(template.keep);
    object
}

fn placeholder(question: &Question) -> Value {
    let placeholder = &question.placeholder;
    json!({
        "name": placeholder.name,
        "type": placeholder.kind.name(),
        "prompt": placeholder.prompt,
        "default": placeholder.default.as_ref().map(json::of_value),
        "choices": choices(placeholder),
        "regex": placeholder.pattern(),
        "sub_template": question.sub_template,
        "condition": question.condition,
    })
}

fn choices(placeholder: &Placeholder) -> Option<&[String]> {
    match &placeholder.kind {
        PlaceholderKind::Choice(choices) | PlaceholderKind::List(choices) => Some(choices),
        PlaceholderKind::Bool | PlaceholderKind::Text { .. } => None,
    }
}
