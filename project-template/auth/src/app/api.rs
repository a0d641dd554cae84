use axum::Router;
use serde_json::Value;

use super::describe::describe;
use crate::openapi::{self, Api};
use crate::passwords::capability::INVITATION;
use crate::portal::Place;
use crate::{Auth, Settings};
use crate::{
    account, admin, email_verification, invitations, login, login_codes, operations, passkeys, password_reset,
    passwords, portal, registration, second_factor, server, sessions, social,
};

impl Auth {
    /// The authentication routes, to be merged into the application's router.
    pub fn router(&self) -> Router<Self> {
        let router = server::api_layers(api(self.settings()).into(), self).merge(Router::from(beside(self.settings())));
        let router =
            if self.settings().admin.enabled { router.merge(self.page_layers(admin::router(self))) } else { router };
        let router = if self.settings().portal.enabled {
            router.merge(self.page_layers(portal::router(self, Place::Account, [])))
        } else {
            router
        };
        if self.settings().serves_docs() {
            router.merge(openapi::router(&description(self.settings())))
        } else {
            router
        }
    }

    /// The prefixes of pages: scripts of other origins may call nothing below them.
    pub(crate) fn page_paths(&self) -> impl Iterator<Item = String> {
        let settings = self.settings();
        let admin = settings.admin.enabled.then(|| Place::Admin.base(settings));
        admin.into_iter().chain(settings.portal.enabled.then(|| Place::Account.base(settings)))
    }
}

fn api(settings: &Settings) -> Api {
    let api = Api::default()
        .merge(registration::router())
        .merge(email_verification::router())
        .merge(login::router())
        .merge(second_factor::router())
        .merge(login_codes::router(settings.login_codes))
        .merge(passkeys::router(&settings.passkeys))
        .merge(social::router())
        .merge(sessions::router())
        .merge(account::router())
        .merge(passwords::router())
        .merge(password_reset::router())
        .merge(invitations::router())
        .merge(sessions::token_router())
        .merge(operations::cron_router(&settings.cron));
    match settings.http.prefix.as_str() {
        "" => api,
        prefix => Api::default().nest(prefix, api),
    }
}

/// Outside the prefix, at the same paths everywhere.
fn beside(settings: &Settings) -> Api {
    Api::default()
        .merge(sessions::public_router())
        .merge(passkeys::public_router())
        .merge(password_reset::public_router())
        .merge(operations::router())
        .merge(social::posted_router(&settings.http.prefix, settings.http.body_limit))
}

pub(crate) fn description(settings: &Settings) -> Value {
    describe(
        api(settings).merge(beside(settings)).get_openapi(),
        settings,
        [&password_reset::FORM, &INVITATION].map(|form| form.security_scheme(&settings.sessions.cookie)),
    )
}
