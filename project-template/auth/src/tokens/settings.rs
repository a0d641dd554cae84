use std::time::Duration;

use auth_tokens::{Algorithm, Bind, NAME_LIMIT, Rules, Seal, Typ, fits, issuers as issuers_of};
use secrecy::{ExposeSecret, SecretString};

use crate::settings::{Advice, Choice, Deployed, Problem, Section};

const MAX_LEEWAY: Duration = Duration::from_mins(1);
const MAX_IAT_LEEWAY: Duration = Duration::from_hours(1);
/// Verifiers may cache the published keys for five minutes, and an instance reads its own once a minute.
const MIN_KEY_LEAD: Duration = Duration::from_mins(6);

/// `[tokens]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long an access token is valid.
    pub access_lifetime: Duration,
    /// The algorithm of the signing key.
    pub algorithm: Algorithm,
    /// Directories, files or keys, newest first. Secret, since an entry may be a key itself.
    pub keys: Vec<SecretString>,
    /// How long a new key is published before it signs.
    pub key_lead: Duration,
    /// Claim `iss`.
    pub issuer: String,
    /// Former values of `iss`, still accepted in tokens that were issued before it changed.
    pub accepted_issuers: Vec<String>,
    /// Claim `aud`.
    pub audience: String,
    /// Header `typ` of access tokens.
    pub typ: Typ,
    /// Tolerance when the expiry of an access token is checked.
    pub leeway: Duration,
    /// Tolerance when an access token's `iat` is in the future.
    pub iat_leeway: Duration,
    /// Whether an access token must belong to an active session.
    pub session_check: bool,
    /// The binding of issued tokens to the device, the address, or both.
    pub bind: Bind,
    /// Keys that encrypt tokens, newest first; without one, tokens are readable.
    pub encryption_keys: Vec<SecretString>,
}

impl Choice for Algorithm {
    const NAMES: &[(&str, Self)] =
        &[("EdDSA", Self::EdDsa), ("ES256", Self::Es256), ("RS256", Self::Rs256), ("HS256", Self::Hs256)];
}

impl Choice for bool {
    const NAMES: &[(&str, Self)] = &[("off", false), ("on", true)];
}

impl Choice for Bind {
    const NAMES: &[(&str, Self)] =
        &[("none", Self::None), ("device", Self::Device), ("ip", Self::Ip), ("device+ip", Self::DeviceAndIp)];
}

impl Choice for Typ {
    const NAMES: &[(&str, Self)] = &[("at+jwt", Self::AccessToken), ("JWT", Self::Jwt)];
}

pub(super) fn seal(entries: &[SecretString]) -> Result<Seal, Vec<Problem>> {
    Seal::new(entries).map_err(|problems| {
        let problem = |words| {
            let words = format_args!("{words}; make a new one with `cargo run -- keys rotate --encryption`");
            Problem::new("tokens.encryption_keys", words)
        };
        problems.into_iter().map(problem).collect()
    })
}

fn issuers(section: &mut Section<'_>, audience: &str, address: Option<String>) -> (String, Vec<String>) {
    let set = section.optional_text("issuer");
    if set.is_none() && address.as_deref().is_some_and(|address| !fits(address)) {
        let words = format!(
            "must be set, to at most {NAME_LIMIT} bytes: http.public_url, which it is otherwise, is longer, and every token has \
             it and must fit into a cookie"
        );
        section.problem("issuer", words);
    }
    let earlier = section.list("accepted_issuers");
    for name in &earlier {
        if name.is_empty() || !fits(name) {
            let words = format_args!("has {name:?}, which no token can have: an issuer takes 1 to {NAME_LIMIT} bytes");
            section.problem("accepted_issuers", words);
        }
    }
    issuers_of(set, address, audience, earlier)
}

impl Settings {
    /// `address` is the server's own, which is the issuer unless `tokens.issuer` is set.
    pub(crate) fn read(section: &mut Section<'_>, address: Option<String>) -> Self {
        let audience = section.required_text("audience");
        let (issuer, accepted_issuers) = issuers(section, &audience, address);
        for key in ["issuer", "audience"] {
            if !fits(&section.text(key)) {
                let words =
                    format!("must be at most {NAME_LIMIT} bytes: every token has it, and must fit into a cookie");
                section.problem(key, words);
            }
        }
        let settings = Self {
            access_lifetime: section.duration("access_lifetime"),
            algorithm: section.one_of("algorithm"),
            keys: section.secrets("keys"),
            key_lead: section.duration("key_lead"),
            issuer,
            accepted_issuers,
            audience,
            typ: section.one_of("typ"),
            leeway: section.duration("leeway"),
            iat_leeway: section.duration("iat_leeway"),
            session_check: section.one_of("session_check"),
            bind: section.one_of("bind"),
            encryption_keys: section.secrets("encryption_keys"),
        };
        if settings.access_lifetime.is_zero() {
            section.problem("access_lifetime", "must be longer than zero");
        }
        if settings.key_lead < MIN_KEY_LEAD {
            section.problem(
                "key_lead",
                "must be at least \"6m\": verifiers may keep the published keys for five minutes, and instances read them once \
                 a minute",
            );
        }
        if settings.leeway > MAX_LEEWAY {
            section.problem("leeway", "must be at most \"60s\"");
        }
        if settings.iat_leeway > MAX_IAT_LEEWAY {
            section.problem("iat_leeway", "must be at most \"1h\"");
        }
        if let Err(problems) = seal(&settings.encryption_keys) {
            section.found(&problems);
        }
        settings
    }

    pub(super) fn rules(&self) -> Rules {
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

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.access_lifetime > Duration::from_hours(1) && !self.session_check,
            "tokens.access_lifetime: more than an hour, in which a stolen access token cannot be stopped; shorten it or \
                 set tokens.session_check = \"on\"",
        );
        advice.warn_if(
            self.encryption_keys.len() > 1 && self.encryption_keys.iter().any(|entry| entry.expose_secret() == "plain"),
            "tokens.encryption_keys: \"plain\" also accepts tokens that are not encrypted; remove it once those have \
                 expired",
        );
        advice.warn_if(
            self.typ == Typ::Jwt,
            "tokens.typ: with \"JWT\" other services cannot tell access tokens from tokens of another kind; use \"at+jwt\" \
                 unless one of them refuses it",
        );
        advice.warn_if(
            self.algorithm == Algorithm::Hs256,
            "tokens.algorithm: whoever can verify HS256 tokens can also make them; use EdDSA unless this is the only \
                 service",
        );
    }
}
