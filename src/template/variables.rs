//! The names a template can use, and what they stand for.

use crate::answers::Answers;
use crate::secrets::Secrets;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Bool(bool),
    Text(String),
}

pub(super) type Variables = Vec<(&'static str, Value)>;

pub(super) fn of(answers: &Answers, secrets: &Secrets) -> Variables {
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        ("project_name", text(answers.name.as_str())),
        ("crate_name", Value::Text(answers.name.snake_case())),
        ("email", Value::Bool(answers.email)),
        ("database", Value::Text(answers.database.to_string())),
        ("version", text(env!("CARGO_PKG_VERSION"))),
        ("signing_key", text(&secrets.signing_key)),
        ("cron_secret", text(&secrets.cron_secret)),
    ]
}
