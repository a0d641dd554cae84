use serde_json::{Map, Value};

/// What somebody is let in with.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// Their role; none: that of `users.roles`.
    pub role: Option<i64>,
    /// Claims beside those of `tokens.claims`. A name that a token has already, and what does not fit into one kilobyte with
    /// the others, is left out and logged.
    pub claims: Map<String, Value>,
}
