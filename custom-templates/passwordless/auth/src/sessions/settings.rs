//! Differs from the built-in project: rotation is a setting, and nobody counts the sessions of a user.

use std::time::Duration;

use time::OffsetDateTime;

use super::{CookieSettings, RenewalSettings, SameSite, Transport};
use crate::settings::{Advice, Deployed, Section};

const MAX_WINDOW: Duration = Duration::from_mins(1);
/// The longest refresh lifetime: browsers keep no cookie longer than 400 days.
const MAX_REFRESH_LIFETIME: Duration = Duration::from_hours(400 * 24);
/// Above this, `check --deploy` warns (NIST SP 800-63B-4, AAL1).
const SAFE_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// `[sessions]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How refresh tokens are transported, unless a request chooses.
    pub transport: Transport,
    /// The cookie's attributes (RFC 6265).
    pub cookie: CookieSettings,
    /// Whether the access token travels in a cookie too.
    pub access_cookie: bool,
    /// Whether signing out clears the browser's storage for scripts of this origin.
    pub clear_storage: bool,
    /// How long a session lasts without a refresh.
    pub refresh_lifetime: Duration,
    /// Like `refresh_lifetime`, for a session that is not remembered.
    pub unremembered_lifetime: Duration,
    /// How long a session lasts at most.
    pub lifetime: Option<Duration>,
    /// How long a superseded token is accepted.
    pub retry_window: Duration,
    /// How long a superseded cookie is accepted from the browser that exchanged it.
    pub reload_window: Duration,
    /// Whether a session stores the address and the user agent of its last use.
    pub collect_device: bool,
    /// What using a refresh token does.
    pub renewal: RenewalSettings,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            transport: section.one_of("transport"),
            cookie: CookieSettings::read(section),
            access_cookie: section.flag("access_cookie"),
            clear_storage: section.flag("clear_storage"),
            refresh_lifetime: section.duration("refresh_lifetime"),
            unremembered_lifetime: section.duration("unremembered_lifetime"),
            lifetime: section.optional_duration("lifetime"),
            retry_window: section.duration("retry_window"),
            reload_window: section.duration("reload_window"),
            collect_device: section.flag("collect_device"),
            renewal: RenewalSettings::read(section),
        };
        if settings.refresh_lifetime.is_zero() || settings.refresh_lifetime > MAX_REFRESH_LIFETIME {
            section.problem("refresh_lifetime", "must be longer than zero and at most \"400d\"");
        }
        if settings.unremembered_lifetime.is_zero() {
            section.problem("unremembered_lifetime", "must be longer than zero");
        }
        if settings.lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            section.problem("lifetime", "must be longer than zero; empty turns it off");
        }
        for (key, window) in [("retry_window", settings.retry_window), ("reload_window", settings.reload_window)] {
            if window > MAX_WINDOW {
                section.problem(key, "must be at most \"60s\"");
            }
        }
        settings
    }

    pub(super) fn end_of(&self, began: OffsetDateTime) -> Option<OffsetDateTime> {
        self.lifetime.map(|lifetime| began + lifetime)
    }
}

impl Deployed for Settings {
    fn advise(&self, advice: &mut Advice) {
        advice.warn_if(
            self.lifetime.is_none(),
            "sessions.lifetime: sessions never end while they are refreshed; \"30d\" is a usual limit",
        );
        advice.warn_if(
            !self.cookie.is_of_one_host_in_production() && self.transport == Transport::Cookie,
            "sessions.cookie_prefix: \"production\" (with cookie_path \"/\" and no cookie_domain) has the names of cookies \
                 begin with `__Host-`, which keeps other hosts of your domain from setting them",
        );
        advice.warn_if(
            self.lifetime.is_some_and(|lifetime| lifetime > SAFE_LIFETIME),
            "sessions.lifetime: more than 30 days without a password, which is the most that NIST SP 800-63B-4 allows; shorten it",
        );
        advice.warn_if(
            self.refresh_lifetime > SAFE_LIFETIME,
            "sessions.refresh_lifetime: a session that nobody uses stays open for more than 30 days; shorten it",
        );
        advice.warn_if(
            self.cookie.same_site == SameSite::None,
            "sessions.cookie_same_site: \"none\" sends the cookie with requests that pages of other sites make; use \"lax\" or \"strict\" unless your pages are on another site",
        );
        self.renewal.advise(advice);
    }
}
