//! Conditions that can never hold, because they cannot be evaluated or use a name without an answer. cargo-generate
//! does not report them.

use rhai::Engine;

use super::keys::table;
use super::{Findings, Rule};
use crate::template::page::{Entry, Page};
use crate::template::tags;

pub(super) fn check(page: &Page, top: &[Entry], known: &[String], findings: &mut Findings) {
    for condition in table(top, "conditional") {
        let text = condition.key;
        if let Err(error) = Engine::new().compile_expression(text) {
            let message = format!("`{text}` cannot be evaluated: {}", error.0);
            let fix = "write an expression of Rhai, such as 'kind == \"web\"'";
            findings.at(page, &condition.at, Rule::InvalidCondition, &message, fix);
            continue;
        }
        for name in tags::names(text).filter(|name| !known.iter().any(|known| known == name)) {
            let message = format!("the condition `{text}` asks for `{name}`, which nobody is asked: it never holds");
            let fix = format!("correct the name, or add [placeholders.{name}]");
            findings.at(page, &condition.at, Rule::UndefinedVariable, &message, &fix);
        }
    }
}
