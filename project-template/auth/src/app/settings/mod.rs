//! The settings of the whole program: the environment overrides `settings.toml`, which overrides the compiled-in
//! defaults. Each room reads its own section from a `Section`, which collects every problem.

mod combinations;
mod draft;
mod production;
mod redirect;

pub(crate) use draft::Draft;

use crate::settings::{Deployed, Environment, Sections};
use crate::{
    admin, audit, codes, db, email_verification, factors, http, invitations, languages, login_codes, mail, operations,
    passkeys, passwords, portal, redis, registration, sessions, social, templates, throttle, tokens,
};

/// Every setting, validated.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each section is documented where it is declared")]
pub struct Settings {
    pub environment: Environment,
    pub http: http::Settings,
    pub database: db::Settings,
    pub redis: redis::Settings,
    pub registration: registration::Settings,
    pub email_verification: email_verification::Settings,
    pub invitations: invitations::Settings,
    pub login_codes: login_codes::Settings,
    pub mfa: factors::Settings,
    pub passkeys: passkeys::Settings,
    pub social: social::Settings,
    pub codes: codes::Settings,
    pub mail: mail::Settings,
    pub password: passwords::Settings,
    pub sessions: sessions::Settings,
    pub tokens: tokens::Settings,
    pub claims: sessions::ExtraClaims,
    pub throttle: throttle::Settings,
    pub languages: languages::Settings,
    pub templates: templates::Settings,
    pub admin: admin::Settings,
    pub portal: portal::Settings,
    pub audit: audit::Settings,
    pub cron: operations::Settings,
}

impl Settings {
    fn read(sections: &mut Sections) -> Self {
        let http = http::Settings::read(&mut sections.section("http"));
        let address = http.public_url.as_ref().map(ToString::to_string);
        let mut settings = Self {
            environment: sections.top().one_of("environment"),
            http,
            database: db::Settings::read(&mut sections.section("database")),
            redis: redis::Settings::read(&mut sections.section("redis")),
            registration: registration::Settings::read(&mut sections.section("registration")),
            email_verification: email_verification::Settings::read(&mut sections.section("email_verification")),
            invitations: invitations::Settings::read(&mut sections.section("invitations")),
            login_codes: login_codes::Settings::read(&mut sections.section("login_codes")),
            mfa: factors::Settings::read(&mut sections.section("mfa")),
            passkeys: passkeys::Settings::read(&mut sections.section("passkeys")),
            social: social::Settings::read(&mut sections.section("social")),
            codes: codes::Settings::read(&mut sections.section("codes")),
            mail: mail::Settings::read(&mut sections.section("mail")),
            password: passwords::Settings::read(&mut sections.section("password")),
            sessions: sessions::Settings::read(&mut sections.section("sessions")),
            tokens: tokens::Settings::read(&mut sections.section("tokens"), address),
            claims: sessions::ExtraClaims::read(&mut sections.section("tokens")),
            throttle: throttle::Settings::read(&mut sections.section("throttle")),
            languages: languages::Settings::read(&mut sections.section("languages")),
            templates: templates::Settings::read(&mut sections.section("templates")),
            admin: admin::Settings::read(&mut sections.section("admin")),
            portal: portal::Settings::read(&mut sections.section("portal")),
            audit: audit::Settings::read(&mut sections.section("audit")),
            cron: operations::Settings::read(&mut sections.section("cron")),
        };
        // The redirect address of a provider is entered there, and must be the same with passkeys and without.
        let is_known_by_name = settings.passkeys.enabled || !settings.social.providers.is_empty();
        settings.http.prefer_localhost = is_known_by_name && !settings.is_production();
        settings.deployed(sections)
    }

    /// A field that is not listed does not compile.
    fn sections(&self) -> [(&'static str, &dyn Deployed); 23] {
        let Self {
            environment: _,
            http,
            database,
            redis,
            registration,
            email_verification,
            invitations,
            login_codes,
            mfa,
            passkeys,
            social,
            codes,
            mail,
            password,
            sessions,
            tokens,
            claims,
            throttle,
            languages,
            templates,
            admin,
            portal,
            audit,
            cron,
        } = self;
        [
            ("http", http),
            ("database", database),
            ("redis", redis),
            ("registration", registration),
            ("email_verification", email_verification),
            ("invitations", invitations),
            ("login_codes", login_codes),
            ("mfa", mfa),
            ("passkeys", passkeys),
            ("social", social),
            ("codes", codes),
            ("mail", mail),
            ("password", password),
            ("sessions", sessions),
            ("tokens", tokens),
            ("tokens", claims),
            ("throttle", throttle),
            ("languages", languages),
            ("templates", templates),
            ("admin", admin),
            ("portal", portal),
            ("audit", audit),
            ("cron", cron),
        ]
    }
}

#[cfg(test)]
mod deployment_tests;
#[cfg(test)]
mod tests;
