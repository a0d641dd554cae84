//! The variables of a template, and their values.

use crate::answers::{Answers, Value};
use crate::secrets::Secrets;

pub(super) type Variables = Vec<(String, Value)>;

/// Variables of every project; no question of a template may use these names.
pub(super) const NAMES: [&str; 10] = [
    "project_name",
    "crate_name",
    EMAIL,
    EMAIL_TEMPLATES,
    DATABASE,
    ALGORITHM,
    "version",
    "signing_key",
    "cron_secret",
    "database_password",
];

pub(crate) const EMAIL: &str = "email";
pub(super) const EMAIL_TEMPLATES: &str = "email_templates";
pub(crate) const DATABASE: &str = "database";
pub(crate) const ALGORITHM: &str = "algorithm";

/// `email_templates` are the paths of the mails that the owner edits.
pub(super) fn of(answers: &Answers, secrets: &Secrets, email_templates: Vec<String>) -> Variables {
    let text = |text: &str| Value::Text(text.to_owned());
    let values = [
        text(answers.name.as_str()),
        Value::Text(answers.name.snake_case()),
        Value::Bool(answers.email.unwrap_or_default()),
        Value::List(email_templates),
        Value::Text(answers.database.unwrap_or_default().to_string()),
        Value::Text(answers.algorithm.unwrap_or_default().to_string()),
        text(env!("CARGO_PKG_VERSION")),
        text(&secrets.signing_key),
        text(&secrets.cron_secret),
        text(&secrets.database_password),
    ];
    let placeholders = answers.placeholders.iter().map(|(name, value)| (name.clone(), value.clone()));
    NAMES.map(str::to_owned).into_iter().zip(values).chain(placeholders).collect()
}
