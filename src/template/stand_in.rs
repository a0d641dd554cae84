//! Answers that stand in for those that are not known, to render a template on trial.

use std::collections::BTreeMap;

use super::{Placeholder, PlaceholderKind, Template};
use crate::answers::Value;

/// Candidates for a pattern.
const SAMPLES: [&str; 12] = [
    "example",
    "Example",
    "EXAMPLE",
    "1",
    "8000",
    "1.0",
    "1.0.0",
    "@example",
    "a@example.com",
    "example.com",
    "https://example.com",
    "2024-01-01",
];

/// Of two answers to a question that are as different as it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandIn {
    One,
    Other,
}

impl StandIn {
    pub(crate) const BOTH: [Self; 2] = [Self::One, Self::Other];

    /// The answers, completed with defaults, and with stand-ins for questions without one.
    pub(crate) fn complete(self, template: &Template, mut known: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        loop {
            let open = template.placeholders(&known).into_iter().find(|open| !known.contains_key(&open.name));
            let Some(open) = open else { return known };
            let value = open.default.clone().unwrap_or_else(|| self.answer(&open));
            known.insert(open.name, value);
        }
    }

    fn answer(self, placeholder: &Placeholder) -> Value {
        let is_one = self == Self::One;
        match &placeholder.kind {
            PlaceholderKind::Bool => Value::Bool(!is_one),
            PlaceholderKind::Choice(choices) => {
                let choice = if is_one { choices.first() } else { choices.last() };
                Value::Text(choice.cloned().unwrap_or_default())
            }
            PlaceholderKind::List(_) if is_one => Value::List(Vec::new()),
            PlaceholderKind::List(choices) => Value::List(choices.clone()),
            PlaceholderKind::Text { .. } => {
                let mut fitting = SAMPLES.iter().filter_map(|sample| placeholder.parse(sample).ok());
                // A number may stand where a word may not.
                let is_number = |value: &Value| value.to_string().parse::<u32>().is_ok();
                let first = fitting.next();
                let value = if is_one { first } else { fitting.find(is_number).or(first) };
                value.unwrap_or_else(|| Value::Text(SAMPLES[0].into()))
            }
        }
    }
}
