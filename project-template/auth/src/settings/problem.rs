use std::fmt::Display;

/// A problem with a key, in words that follow its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("`{key}` {words}")]
pub struct Problem {
    pub(super) key: String,
    words: String,
}

impl Problem {
    /// A problem and its fix. The words must not contain the value of a secret.
    pub fn new(key: impl Into<String>, words: impl Display) -> Self {
        Self { key: key.into(), words: words.to_string() }
    }
}

/// Every problem found in the settings, each with its key and its fix.
#[derive(Debug, thiserror::Error)]
#[error("{} in the settings:\n{}", count(.0.len()), .0.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<String>);

fn count(problems: usize) -> String {
    if problems == 1 { "one problem".to_owned() } else { format!("{problems} problems") }
}

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Self(problems.iter().map(ToString::to_string).collect())
    }
}
