//! The settings of the whole program: the environment overrides `settings.toml`, which overrides the compiled-in
//! defaults.
//!
//! Each room reads its own section from a `Section`, which collects every problem instead of stopping at the first.

mod combinations;
mod draft;
mod production;
mod redirect;

pub(crate) use draft::Draft;

use crate::settings::{Environment, Reader};
use crate::{
    admin, audit, codes, db, email_verification, http, login_codes, mail, operations, passwords, redis, registration,
    sessions, templates, throttle, tokens,
};

/// Every setting, validated.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each section is documented where it is declared")]
pub struct Settings {
    pub environment: Environment,
    pub http: http::Settings,
    pub database: db::Settings,
    pub codes: codes::Settings,
    pub email_verification: email_verification::Settings,
    pub login_codes: login_codes::Settings,
    pub mail: mail::Settings,
    pub outbox: mail::OutboxSettings,
    pub registration: registration::Settings,
    pub password: passwords::Settings,
    pub sessions: sessions::Settings,
    pub session_limit: sessions::LimitSettings,
    pub redis: redis::Settings,
    pub throttle: throttle::Settings,
    pub accounts: throttle::AccountSettings,
    pub tokens: tokens::Settings,
    pub claims: sessions::ExtraClaims,
    pub admin: admin::Settings,
    pub audit: audit::Settings,
    pub cron: operations::Settings,
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
            database: db::Settings::read(&mut reader.section("database")),
            codes: codes::Settings::read(&mut reader.section("codes")),
            email_verification: email_verification::Settings::read(&mut reader.section("email_verification")),
            login_codes: login_codes::Settings::read(&mut reader.section("login_codes")),
            mail: mail::Settings::read(&mut reader.section("mail")),
            outbox: mail::OutboxSettings::read(&mut reader.section("mail")),
            registration: registration::Settings::read(&mut reader.section("registration")),
            password: passwords::Settings::read(&mut reader.section("password")),
            sessions: sessions::Settings::read(&mut reader.section("sessions")),
            session_limit: sessions::LimitSettings::read(&mut reader.section("sessions")),
            redis: redis::Settings::read(&mut reader.section("redis")),
            throttle: throttle::Settings::read(&mut reader.section("throttle")),
            accounts: throttle::AccountSettings::read(&mut reader.section("throttle")),
            claims: sessions::ExtraClaims::read(&mut reader.section("tokens"), &tokens.audience),
            tokens,
            admin: admin::Settings::read(&mut reader.section("admin")),
            audit: audit::Settings::read(&mut reader.section("audit")),
            cron: operations::Settings::read(&mut reader.section("cron")),
            templates: templates::Settings::read(&mut reader.section("templates")),
        };
        combinations::refuse(&settings, reader);
        if settings.is_production() {
            settings.sessions.cookie.add_prefix();
        }
        if settings.is_production() {
            settings.refuse_unsafe(reader);
        }
        settings
    }

    /// Rejects settings that are unsafe in production.
    fn refuse_unsafe(&self, reader: &mut Reader) {
        self.require_public_url(reader);
        self.codes.refuse_unsafe(&mut reader.section("codes"));
        self.mail.refuse_unsafe(&mut reader.section("mail"));
    }

    /// Settings that work in production but should be changed, each with a remedy.
    #[must_use]
    pub fn deployment_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        self.warn_of_development(&mut warnings);
        self.http.warn(&mut warnings);
        self.database.warn(&mut warnings);
        self.codes.warn(&mut warnings);
        self.email_verification.warn(&mut warnings);
        self.registration.warn(&mut warnings);
        self.mail.warn(&mut warnings);
        self.password.warn(&mut warnings);
        self.sessions.warn(&mut warnings);
        self.redis.warn(&mut warnings);
        self.throttle.warn(&mut warnings);
        if self.throttle.enabled {
            self.accounts.warn(&mut warnings);
        }
        self.tokens.warn(&mut warnings);
        self.claims.warn(!self.tokens.encryption_keys.is_empty(), &mut warnings);
        self.admin.warn(&mut warnings);
        self.warn_of_long_heads(&mut warnings);
        warnings
    }
}

impl Settings {
    /// With names of users in two cookies, a response head can exceed nginx's default limit: a user with a long name
    /// could not sign in.
    fn warn_of_long_heads(&self, warnings: &mut Vec<String>) {
        if self.sessions.access_cookie && self.claims.personal().next().is_some() {
            warnings.push(
                "tokens.claims: with sessions.access_cookie, names of any length are in both cookies, and an answer's head can \
                 be longer than 4 KiB; leave them out, or let the proxy take 16 KiB (nginx: `proxy_buffer_size 16k;`)"
                    .into(),
            );
        }
    }
}

#[cfg(test)]
mod deployment_tests;
#[cfg(test)]
mod tests;
