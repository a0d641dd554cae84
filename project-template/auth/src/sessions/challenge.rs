use serde_json::{Map, Value};

/// An action required before a session begins, as members of an answer: `{"code_sent": true, "challenge_id": "…"}`.
#[derive(Clone, Debug)]
pub struct Challenge {
    pub(super) members: Map<String, Value>,
    pub(super) due: Due,
}

/// The second factor that a challenge is about.
#[derive(Clone, Debug, Default)]
pub(crate) enum Due {
    /// The challenge is a hook's.
    #[default]
    None,
    /// A code, for the challenge with this id.
    Code(String),
    /// A passkey, since there is no authenticator app.
    Passkey,
    /// It must be set up first, with the challenge of this id.
    Setup(String),
}

impl Challenge {
    /// A challenge with these members. A value that is no object becomes the member `challenge`.
    #[must_use]
    pub fn new(members: Value) -> Self {
        let members = match members {
            Value::Object(members) => members,
            other => Map::from_iter([("challenge".to_owned(), other)]),
        };
        Self { members, due: Due::None }
    }

    pub(super) fn in_fragment(&self) -> String {
        let mut fragment = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.members {
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            fragment.append_pair(name, &text);
        }
        fragment.finish()
    }

    pub(crate) fn due(&self) -> &Due {
        &self.due
    }

    pub(crate) fn beside(self, mut others: Value) -> Value {
        for (name, value) in self.members {
            others[name] = value;
        }
        others
    }
}
