//! The settings of the whole program: the environment overrides `settings.toml`, which overrides the compiled-in
//! defaults. Each room reads its own section from a `Section`, which collects every problem.
//! Differs from the built-in project: it has fewer sections, and two more.

mod combinations;
mod draft;
mod production;

pub(crate) use draft::Draft;

use crate::settings::{Deployed, Environment, Sections};
use crate::{codes, db, http, languages, login_codes, mail, redis, sessions, templates, throttle, tokens, users};

/// Every setting, validated.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each section is documented where it is declared")]
pub struct Settings {
    pub environment: Environment,
    pub http: http::Settings,
    pub memory: db::MemorySettings,
    pub redis: redis::Settings,
    pub users: users::Settings,
    pub login_codes: login_codes::Settings,
    pub codes: codes::Settings,
    pub mail: mail::Settings,
    pub sessions: sessions::Settings,
    pub tokens: tokens::Settings,
    pub claims: sessions::ExtraClaims,
    pub throttle: throttle::Settings,
    pub languages: languages::Settings,
    pub templates: templates::Settings,
}

impl Settings {
    fn read(sections: &mut Sections) -> Self {
        let http = http::Settings::read(&mut sections.section("http"));
        let address = http.public_url.as_ref().map(ToString::to_string);
        let settings = Self {
            environment: sections.top().one_of("environment"),
            http,
            memory: db::MemorySettings::read(&mut sections.section("memory")),
            redis: db::redis_settings(&mut sections.section("redis")),
            users: users::Settings::read(&mut sections.section("users")),
            login_codes: login_codes::Settings::default(),
            codes: codes::Settings::read(&mut sections.section("codes")),
            mail: mail::Settings::read(&mut sections.section("mail")),
            sessions: sessions::Settings::read(&mut sections.section("sessions")),
            tokens: tokens::Settings::read(&mut sections.section("tokens"), address),
            claims: sessions::ExtraClaims::read(&mut sections.section("tokens")),
            throttle: throttle::Settings::read(&mut sections.section("throttle")),
            languages: languages::Settings::read(&mut sections.section("languages")),
            templates: templates::Settings::read(&mut sections.section("templates")),
        };
        settings.deployed(sections)
    }

    /// A field that is not listed does not compile.
    fn sections(&self) -> [(&'static str, &dyn Deployed); 12] {
        let Self {
            environment: _,
            http,
            memory,
            redis,
            users,
            // It has no section: tests change it.
            login_codes: _,
            codes,
            mail,
            sessions,
            tokens,
            claims,
            throttle,
            languages,
            templates,
        } = self;
        [
            ("http", http),
            ("memory", memory),
            ("redis", redis),
            ("users", users),
            ("codes", codes),
            ("mail", mail),
            ("sessions", sessions),
            ("tokens", tokens),
            ("tokens", claims),
            ("throttle", throttle),
            ("languages", languages),
            ("templates", templates),
        ]
    }
}

#[cfg(test)]
mod tests;
