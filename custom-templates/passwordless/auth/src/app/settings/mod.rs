//! The settings of the whole program: the environment overrides `settings.toml`, which overrides the compiled-in
//! defaults.
//!
//! Each room reads its own section from a `Section`, which collects every problem instead of stopping at the first.

mod draft;
mod production;

pub(crate) use draft::Draft;

use crate::settings::{Environment, Reader};
use crate::{codes, db, http, login_codes, mail, redis, sessions, templates, throttle, tokens, users};

/// Every setting, validated.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each section is documented where it is declared")]
pub struct Settings {
    pub environment: Environment,
    pub http: http::Settings,
    pub users: users::Settings,
    pub login_codes: login_codes::Settings,
    pub codes: codes::Settings,
    pub mail: mail::Settings,
    pub sessions: sessions::Settings,
    pub rotation: sessions::RotationSettings,
    pub redis: redis::Settings,
    pub memory: db::MemorySettings,
    pub throttle: throttle::Settings,
    pub tokens: tokens::Settings,
    pub claims: sessions::ExtraClaims,
    pub templates: templates::Settings,
}

impl Settings {
    fn read(reader: &mut Reader) -> Self {
        let http = http::Settings::read(&mut reader.section("http"));
        let address = http.public_url.as_ref().map(ToString::to_string);
        let tokens = tokens::Settings::read(&mut reader.section("tokens"), address);
        let mut settings = Self {
            environment: reader.top().one_of("environment"),
            http,
            users: users::Settings::read(&mut reader.section("users")),
            login_codes: login_codes::Settings::default(),
            codes: codes::Settings::read(&mut reader.section("codes")),
            mail: mail::Settings::read(&mut reader.section("mail")),
            sessions: sessions::Settings::read(&mut reader.section("sessions")),
            rotation: sessions::RotationSettings::read(&mut reader.section("sessions")),
            redis: db::redis_settings(&mut reader.section("redis")),
            memory: db::MemorySettings::read(&mut reader.section("memory")),
            throttle: throttle::Settings::read(&mut reader.section("throttle")),
            claims: sessions::ExtraClaims::read(&mut reader.section("tokens"), &tokens.audience),
            tokens,
            templates: templates::Settings::read(&mut reader.section("templates")),
        };
        if settings.mail.timeout >= settings.http.request_timeout {
            let fix = "must be less than http.request_timeout: the request waits for the mail server";
            reader.section("mail").conflict("timeout", &["http.request_timeout"], fix);
        }
        if settings.is_production() {
            settings.sessions.cookie.add_prefix();
            settings.refuse_unsafe(reader);
        }
        settings
    }

    /// Rejects settings that are unsafe in production.
    fn refuse_unsafe(&self, reader: &mut Reader) {
        self.require_public_url(reader);
        self.users.refuse_unsafe(&mut reader.section("users"));
        self.codes.refuse_unsafe(&mut reader.section("codes"));
        self.mail.refuse_unsafe(&mut reader.section("mail"));
    }

    /// Settings that work in production but should be changed, each with a remedy.
    #[must_use]
    pub fn deployment_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        self.warn_of_development(&mut warnings);
        if self.redis.url.is_none() {
            warnings.push(
                "redis.url: sessions, codes and budgets are in the memory of one process, and gone when it restarts; set \
                 REDIS_URL"
                    .into(),
            );
        }
        self.http.warn(&mut warnings);
        self.codes.warn(&mut warnings);
        self.mail.warn(&mut warnings);
        self.sessions.warn(&mut warnings);
        self.rotation.warn(&mut warnings);
        self.redis.warn(&mut warnings);
        self.throttle.warn(&mut warnings);
        self.tokens.warn(&mut warnings);
        self.claims.warn(!self.tokens.encryption_keys.is_empty(), &mut warnings);
        warnings
    }
}

#[cfg(test)]
mod tests;
