//! `[social.providers.NAME]`.

use axum::http::Uri;
use secrecy::SecretString;

use super::settings::Keys;
use crate::fetch::Address;
use crate::settings::Section;

const GOOGLE: &str = "https://accounts.google.com";
const APPLE: &str = "https://appleid.apple.com";
const MICROSOFT: &str = "https://login.microsoftonline.com";
const GITLAB: &str = "https://gitlab.com";
const GITHUB: &str = "https://github.com";

/// The kind of a provider: what is particular to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// OpenID Connect with discovery.
    Oidc,
    /// Google.
    Google,
    /// Apple.
    Apple,
    /// Microsoft Entra ID and Microsoft accounts.
    Microsoft,
    /// GitLab, theirs or one's own.
    Gitlab,
    /// GitHub: OAuth 2.0 and an API of its own.
    Github,
}

impl Kind {
    const NAMES: [(&str, Self); 6] = [
        ("oidc", Self::Oidc),
        ("google", Self::Google),
        ("apple", Self::Apple),
        ("microsoft", Self::Microsoft),
        ("gitlab", Self::Gitlab),
        ("github", Self::Github),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    fn issuer(self) -> Option<&'static str> {
        match self {
            Self::Oidc => None,
            Self::Google => Some(GOOGLE),
            Self::Apple => Some(APPLE),
            Self::Microsoft => Some(MICROSOFT),
            Self::Gitlab => Some(GITLAB),
            Self::Github => Some(GITHUB),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Oidc => "OpenID Connect",
            Self::Google => "Google",
            Self::Apple => "Apple",
            Self::Microsoft => "Microsoft",
            Self::Gitlab => "GitLab",
            Self::Github => "GitHub",
        }
    }

    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Apple => &["openid", "name", "email"],
            Self::Github => &["read:user", "user:email"],
            _ => &["openid", "email", "profile"],
        }
    }
}

/// A provider that users can sign in with.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name in paths.
    pub id: String,
    /// What it is called on pages.
    pub name: String,
    /// What is particular to it.
    pub kind: Kind,
    /// Its address, to which that of its discovery document is relative.
    pub issuer: String,
    /// Microsoft's directory: an id, a domain, or `common`, `organizations`, `consumers`.
    pub tenant: String,
    /// This service's ids there; the first is used for codes.
    pub client_ids: Vec<String>,
    /// This service's secret there.
    pub client_secret: Option<SecretString>,
    /// With which Apple has each client make its secret.
    pub apple_key: Option<AppleKey>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Whether its addresses count as verified although it does not say so.
    pub trusts_email: bool,
}

/// A key from which the client secret for Apple is made.
#[derive(Clone, Debug)]
pub struct AppleKey {
    /// The team's id there.
    pub team_id: String,
    /// The key's id there.
    pub key_id: String,
    /// The key: PEM, or the name of a file with it.
    pub private_key: SecretString,
}

impl Provider {
    pub(super) fn read(section: &mut Section<'_>, id: &str, mut keys: Keys) -> Option<Self> {
        let written = keys.text(section, "kind");
        let kind = match (&written, Kind::named(written.as_deref().unwrap_or(id))) {
            (_, Some(kind)) => kind,
            (None, None) => Kind::Oidc,
            (Some(_), None) => {
                let names: Vec<&str> = Kind::NAMES.iter().map(|(name, _)| *name).collect();
                section.problem(&keys.place("kind"), format_args!("must be one of {}", names.join(", ")));
                return None;
            }
        };
        let issuer = keys.text(section, "issuer").or_else(|| kind.issuer().map(str::to_owned));
        let issuer = issuer.filter(|issuer| is_issuer(issuer));
        if issuer.is_none() {
            let words = "must be the address of the provider, such as \"https://id.example.com\"; plain http is for a provider on \
                         this machine in development";
            section.problem(&keys.place("issuer"), words);
        }
        let provider = Self {
            id: id.to_owned(),
            name: keys.text(section, "name").unwrap_or_else(|| kind.title().to_owned()),
            kind,
            issuer: issuer.unwrap_or_default(),
            tenant: keys.text(section, "tenant").unwrap_or_else(|| "common".to_owned()),
            client_ids: keys.list(section, "client_ids").unwrap_or_default(),
            client_secret: keys.text(section, "client_secret").map(SecretString::from),
            apple_key: if kind == Kind::Apple { apple_key(section, &mut keys) } else { None },
            scopes: keys
                .list(section, "scopes")
                .unwrap_or_else(|| kind.scopes().iter().map(|scope| (*scope).to_owned()).collect()),
            trusts_email: keys.flag(section, "trust_email"),
        };
        if provider.client_ids.is_empty() {
            section.problem(&keys.place("client_ids"), "must have the id that the provider gave this service");
        }
        if provider.trusts_email && kind == Kind::Microsoft && provider.is_multi_tenant() {
            let words = "needs the tenant that is yours: in others, anybody chooses the addresses of their users";
            section.problem(&keys.place("trust_email"), words);
        }
        if !provider.tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
            section.problem(&keys.place("tenant"), "must be the id or the domain of a directory");
        }
        keys.refuse_others(section);
        Some(provider)
    }

    /// Whether Microsoft signs in users of any directory.
    pub(super) fn is_multi_tenant(&self) -> bool {
        ["common", "organizations", "consumers"].contains(&self.tenant.as_str())
    }

    /// Whether it is spoken to without TLS.
    pub(super) fn is_plain(&self) -> bool {
        self.issuer.starts_with("http://")
    }
}

/// The three belong together. Without them the client secret is one that was made elsewhere.
fn apple_key(section: &mut Section<'_>, keys: &mut Keys) -> Option<AppleKey> {
    let [team, key, private] = ["team_id", "key_id", "private_key"].map(|name| keys.text(section, name));
    if team.is_none() && key.is_none() && private.is_none() {
        return None;
    }
    let given = team.zip(key).zip(private);
    if given.is_none() {
        section.problem(&keys.place("private_key"), "goes together with team_id and key_id; set all three");
    }
    let ((team_id, key_id), private_key) = given?;
    Some(AppleKey { team_id, key_id, private_key: private_key.into() })
}

/// Plain http is for a provider on the same machine.
fn is_issuer(issuer: &str) -> bool {
    let Ok(uri) = issuer.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_here);
    is_safe && uri.query().is_none() && Address::parse(issuer).is_some()
}
