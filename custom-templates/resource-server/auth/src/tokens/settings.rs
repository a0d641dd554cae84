//! `[tokens]`. Differs from the built-in project: nothing is issued, and the keys are another server's.

use std::path::PathBuf;
use std::time::Duration;

use auth_tokens::{NAME_LIMIT, Rules, Seal, Typ, fits, issuers};
use secrecy::SecretString;

use super::published;
use crate::fetch::Address;
use crate::settings::{Choice, Problem, Section};

/// What the address of the keys ends in, behind that of the server.
const JWKS: &str = "/.well-known/jwks.json";
/// The most a difference between clocks may be forgiven.
const MAX_LEEWAY: Duration = Duration::from_mins(1);
const MAX_IAT_LEEWAY: Duration = Duration::from_hours(1);

/// `[tokens]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the keys are published.
    pub jwks_url: String,
    /// Certificate authorities to trust beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// Claim `iss`.
    pub issuer: String,
    /// What it may be besides.
    pub accepted_issuers: Vec<String>,
    /// Claim `aud`.
    pub audience: String,
    /// Header `typ`.
    pub typ: Typ,
    /// The longest an access token may be valid.
    pub access_lifetime: Duration,
    /// How long keys count that cannot be fetched again.
    pub keys_lifetime: Duration,
    /// Forgiven when the expiry of an access token is checked.
    pub leeway: Duration,
    /// Forgiven when it says to have been made later than now.
    pub iat_leeway: Duration,
    /// Keys that tokens are encrypted with, newest first; without one they are not.
    pub encryption_keys: Vec<SecretString>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let (jwks_url, audience) = (section.required_text("jwks_url"), section.required_text("audience"));
        let address = jwks_url.strip_suffix(JWKS).map(str::to_owned);
        let set = section.optional_text("issuer");
        if set.is_none() && address.is_none() {
            section.problem("issuer", format_args!("must be set, since tokens.jwks_url does not end in {JWKS}"));
        }
        let earlier = section.list("accepted_issuers");
        for name in &earlier {
            if name.is_empty() || !fits(name) {
                let words =
                    format_args!("has {name:?}, which no token can have: an issuer takes 1 to {NAME_LIMIT} bytes");
                section.problem("accepted_issuers", words);
            }
        }
        let (issuer, accepted_issuers) = issuers(set, address, &audience, earlier);
        let settings = Self {
            jwks_url,
            ca_file: section.optional_text("ca_file").map(PathBuf::from),
            issuer,
            accepted_issuers,
            audience,
            typ: section.one_of("typ"),
            access_lifetime: section.duration("access_lifetime"),
            keys_lifetime: section.duration("keys_lifetime"),
            leeway: section.duration("leeway"),
            iat_leeway: section.duration("iat_leeway"),
            encryption_keys: section.secrets("encryption_keys"),
        };
        if Address::parse(&settings.jwks_url).is_none() {
            section
                .problem("jwks_url", "must be an address such as \"https://auth.example.com/.well-known/jwks.json\"");
        }
        if settings.leeway > MAX_LEEWAY {
            section.problem("leeway", "must be at most \"60s\"");
        }
        if settings.iat_leeway > MAX_IAT_LEEWAY {
            section.problem("iat_leeway", "must be at most \"1h\"");
        }
        if settings.keys_lifetime < published::MAX_AGE {
            section.problem("keys_lifetime", "must be at least \"5m\", for which the keys are not asked for again");
        }
        if let Err(problems) = seal(&settings.encryption_keys) {
            section.found(&problems);
        }
        settings
    }
    /// What every token must say.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            issuer: self.issuer.clone(),
            accepted_issuers: self.accepted_issuers.clone(),
            audience: self.audience.clone(),
            typ: self.typ,
            access_lifetime: self.access_lifetime,
            leeway: self.leeway,
            iat_leeway: self.iat_leeway,
        }
    }
}

impl Choice for Typ {
    const NAMES: &[(&str, Self)] = &[("at+jwt", Self::AccessToken), ("JWT", Self::Jwt)];
}

/// Decrypts tokens with the keys of `tokens.encryption_keys`.
pub(super) fn seal(entries: &[SecretString]) -> Result<Seal, Vec<Problem>> {
    Seal::new(entries).map_err(|problems| {
        let problem = |words| {
            let words = format_args!("{words}; copy the list of the authentication server");
            Problem::new("tokens.encryption_keys", words)
        };
        problems.into_iter().map(problem).collect()
    })
}
