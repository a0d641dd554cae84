use serde_json::{Map, Value};

use crate::settings::{Advice, Deployed, Section};
use crate::users::{COLUMNS, Column, User};

/// Names that already have a meaning: ours, and those of RFC 7519.
const RESERVED: &[&str] = &[
    "access_version",
    "amr",
    "aud",
    "auth_time",
    "bind",
    "email_verified",
    "exp",
    "generation",
    "iat",
    "iss",
    "jti",
    "nbf",
    "role",
    "session",
    "session_iat",
    "sub",
    "token_type",
    "user_id",
];

/// The client that requested the token (RFC 9068, section 2.2). Strict verifiers reject a token without it.
const CLIENT_ID: &str = "client_id";

/// Bytes of JSON for all extra claims: with the longest signature and encryption, a token still fits into a cookie.
const ROOM: usize = 1024;
/// In bytes.
const NAME_LIMIT: usize = 64;

/// `tokens.claims`. Read here and not in `tokens`, since it names columns of users.
#[derive(Clone, Debug, Default)]
pub struct ExtraClaims {
    own: Vec<(String, Source)>,
    /// The default `client_id`: the service's own pages and apps are one client.
    client: String,
    are_readable: bool,
}

#[derive(Clone, Debug)]
enum Source {
    Fixed(Value),
    Column(Column),
}

impl ExtraClaims {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let (mut claims, mut fixed) = (Vec::new(), Map::new());
        for (name, value) in section.table("claims") {
            if !is_name(&name) {
                section.problem("claims", format_args!("has `{name}`, which cannot be a claim: {}", why_not(&name)));
            }
            match source(&value) {
                Some(Source::Fixed(value)) if name == CLIENT_ID && !value.is_string() => {
                    section.problem("claims", "has `client_id`, which must be a text (RFC 9068, section 2.2)");
                }
                Some(Source::Fixed(value)) => {
                    fixed.insert(name.clone(), value.clone());
                    claims.push((name, Source::Fixed(value)));
                }
                Some(source) => claims.push((name, source)),
                None => {
                    let columns = COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
                    section.problem(
                        "claims",
                        format_args!(
                            "has `{name}`, which is neither \"user.\" with one of {columns}, nor a text, a \
                             whole number, true or false"
                        ),
                    );
                }
            }
        }
        let bytes = length(&fixed);
        if bytes > ROOM {
            section.problem("claims", format_args!("takes {bytes} bytes in every token; at most {ROOM} fit"));
        }
        Self { own: claims, client: section.text("audience"), are_readable: section.list("encryption_keys").is_empty() }
    }

    pub(crate) fn personal(&self) -> impl Iterator<Item = &str> {
        let is_personal = |source: &Source| matches!(source, Source::Column(column) if column.is_personal);
        self.own.iter().filter(move |(_, source)| is_personal(source)).map(|(name, _)| name.as_str())
    }

    pub(crate) fn of(&self, user: &User, more: Map<String, Value>) -> Map<String, Value> {
        let own = self.own.iter().map(|(name, source)| match source {
            Source::Fixed(value) => (name.clone(), value.clone()),
            Source::Column(column) => (name.clone(), (column.read)(user)),
        });
        let mut claims = Map::new();
        for (name, value) in own.chain(more) {
            let is_fit = is_name(&name) && (name != CLIENT_ID || value.is_string());
            if !is_fit || claims.contains_key(&name) {
                tracing::error!(claim = name, "a claim's name is reserved, taken or not acceptable; it is left out");
                continue;
            }
            claims.insert(name.clone(), value);
            if length(&claims) > ROOM {
                tracing::error!(claim = name, user = %user.id, "a claim does not fit into the token; it is left out");
                claims.remove(&name);
            }
        }
        claims.entry(CLIENT_ID).or_insert_with(|| self.client.clone().into());
        claims
    }
}

impl Deployed for ExtraClaims {
    fn advise(&self, advice: &mut Advice) {
        for claim in self.personal().filter(|_| self.are_readable) {
            advice.warn(format!(
                "tokens.claims: `{claim}` is personal, and everybody who sees a token can read it; leave it out, or set \
                 tokens.encryption_keys"
            ));
        }
    }
}

fn source(value: &toml::Value) -> Option<Source> {
    Some(match value {
        toml::Value::String(text) => match text.strip_prefix("user.") {
            Some(name) => Source::Column(*COLUMNS.iter().find(|column| column.name == name)?),
            None => Source::Fixed(text.clone().into()),
        },
        toml::Value::Integer(number) => Source::Fixed((*number).into()),
        toml::Value::Boolean(flag) => Source::Fixed((*flag).into()),
        _ => return None,
    })
}

fn is_name(name: &str) -> bool {
    let fits = (1..=NAME_LIMIT).contains(&name.len());
    fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
        && !RESERVED.contains(&name)
}

fn why_not(name: &str) -> &'static str {
    if RESERVED.contains(&name) {
        "every token has it already"
    } else {
        "letters, digits and -_.:/, at most 64 of them"
    }
}

fn length(claims: &Map<String, Value>) -> usize {
    serde_json::to_string(claims).map_or(usize::MAX, |json| json.len())
}
