//! Sessions: the whitelist of refresh tokens, their rotation, and the end of a session that was replayed.
//!
//! A session is a row with a generation. A refresh token names the session and the generation it belongs to, under a key
//! that is not in the database; only the token of the current generation is live. Using it moves the row on in one
//! guarded statement, so of any number of parallel attempts one wins.

mod bearer;
mod binding;
mod checkpoints;
mod cookies;
mod credential;
mod current_user;
mod db_user;
mod device;
mod ending;
mod instances;
mod invalidation;
mod limit;
mod liveness;
mod role;
mod rotation;
mod routes;
mod session;
pub(crate) mod store;
mod transport;

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

pub use cookies::{CookieSettings, SameSite};
pub(crate) use cookies::{access_cookie_name, cleared};
use credential::Shown;
pub use current_user::CurrentUser;
pub use db_user::DbUser;
use db_user::authenticated;
pub(crate) use db_user::session_over;
pub(crate) use device::device_name;
use ending::end_beyond;
pub(crate) use ending::{Ended, EndedBy, end, end_all, end_in};
pub(crate) use instances::hear_of_changes;
pub(crate) use invalidation::take_back_access;
pub use invalidation::{TokenKinds, invalidate};
pub use limit::OnLimit;
pub(crate) use limit::{TooManyDevices, make_room};
pub(crate) use liveness::Liveness;
pub use role::{Role, Staff, Superuser};
pub(crate) use rotation::{NotRotated, rotate};
pub(crate) use routes::router;
pub use session::Session;
pub use transport::{Delivery, Transport};
pub(crate) use transport::{Prefer, Tokens, presented};

use crate::app::Auth;
use crate::db::Tx;
use crate::error::Result;
use crate::http::Client;
use crate::settings::Section;
use crate::throttle;
use crate::tokens::UserClaims;
use crate::users::{self, User};

/// The longest `sessions.retry_window`.
const MAX_RETRY_WINDOW: Duration = Duration::from_mins(1);
/// The greatest `sessions.max_per_user`.
const MAX_PER_USER: u32 = 1_000;
/// The longest refresh lifetime: browsers keep no cookie longer than 400 days.
const MAX_REFRESH_LIFETIME: Duration = Duration::from_hours(400 * 24);
/// Above this, `check --deploy` warns (NIST SP 800-63B-4, AAL1).
const SAFE_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// `[sessions]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How refresh tokens travel unless a request chooses.
    pub transport: Transport,
    /// The cookie's attributes (RFC 6265).
    pub cookie: CookieSettings,
    /// Whether the access token travels in a cookie too.
    pub access_cookie: bool,
    /// How long a session lives without a refresh.
    pub refresh_lifetime: Duration,
    /// How long it lives at most.
    pub lifetime: Option<Duration>,
    /// How many sessions a user has at most.
    pub max_per_user: Option<u32>,
    /// What becomes of one more.
    pub on_limit: OnLimit,
    /// How long a superseded token is acceptable.
    pub retry_window: Duration,
    /// Whether a session says from where, and with what, it was last used.
    pub collect_device: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let settings = Self {
            transport: section.one_of("transport"),
            cookie: CookieSettings::read(section),
            access_cookie: section.flag("access_cookie"),
            refresh_lifetime: section.duration("refresh_lifetime"),
            lifetime: section.optional_duration("lifetime"),
            max_per_user: Some(section.number("max_per_user", 0..=MAX_PER_USER)).filter(|most| *most > 0),
            on_limit: section.one_of("on_limit"),
            retry_window: section.duration("retry_window"),
            collect_device: section.flag("collect_device"),
        };
        if settings.refresh_lifetime.is_zero() || settings.refresh_lifetime > MAX_REFRESH_LIFETIME {
            section.problem("refresh_lifetime", "must be longer than nothing and at most \"400d\"");
        }
        if settings.lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            section.problem("lifetime", "must be longer than nothing; empty turns it off");
        }
        if settings.retry_window > MAX_RETRY_WINDOW {
            section.problem("retry_window", "must be at most \"60s\"");
        }
        settings
    }

    pub(crate) fn warn(&self, warnings: &mut Vec<String>) {
        if self.lifetime.is_none() {
            warnings.push(
                "sessions.lifetime: sessions never end while they are refreshed; \"30d\" is a usual limit".into(),
            );
        }
        if !self.cookie.name.starts_with("__Host-") && self.transport == Transport::Cookie {
            warnings.push(
                "sessions.cookie_name: \"__Host-refresh_token\" (with cookie_path \"/\" and no cookie_domain) keeps other \
                 hosts of your domain from setting it"
                    .into(),
            );
        }
        let unsafe_if = [
            (
                self.lifetime.is_some_and(|lifetime| lifetime > SAFE_LIFETIME),
                "sessions.lifetime: more than 30 days without a password, which is the most that NIST SP 800-63B-4 allows; shorten it",
            ),
            (
                self.refresh_lifetime > SAFE_LIFETIME,
                "sessions.refresh_lifetime: a session that nobody uses stays open for more than 30 days; shorten it",
            ),
            (
                self.cookie.same_site == SameSite::None,
                "sessions.cookie_same_site: \"none\" sends the cookie with requests that pages of other sites make; use \"lax\" or \"strict\" unless your pages are on another site",
            ),
        ];
        warnings.extend(unsafe_if.into_iter().filter(|(applies, _)| *applies).map(|(_, warning)| warning.into()));
    }
}

/// The tokens of a session, ready to be given out.
pub struct Issued {
    /// Which session.
    pub session: Uuid,
    /// Valid on its own until it expires.
    pub access: String,
    /// When the access token expires.
    pub access_until: OffsetDateTime,
    /// The live refresh token.
    pub refresh: String,
    /// When the refresh token expires.
    pub refresh_until: OffsetDateTime,
}

/// Begins a session, within the transaction that noted the sign-in. `claims` are [`user_claims`] from before it.
pub(crate) async fn start(
    auth: &Auth,
    tx: &mut Tx,
    user: &User,
    claims: &UserClaims,
    client: &Client,
) -> Result<Issued> {
    let now = auth.now();
    let settings = &auth.settings().sessions;
    let mut session = Session {
        id: Uuid::now_v7(),
        user_id: user.id,
        generation: 0,
        superseded: String::new(),
        claims: serde_json::to_string(claims).map_err(anyhow::Error::new)?,
        created_at: now,
        refreshed_at: now,
        expires_at: now + settings.refresh_lifetime,
        ended_at: None,
        refreshable: true,
        ip: client.ip.filter(|_| settings.collect_device).map(|ip| ip.to_string()),
        user_agent: client.user_agent.clone().filter(|_| settings.collect_device),
    };
    session.expires_at = capped(&session, settings);
    store::insert(tx, &session).await?;
    throttle::remember(auth, tx, &user.address_key(), client).await?;
    Ok(issue(auth, &session, (user, claims), client, now))
}

/// What tokens say of a user. Asks the application's hooks, and so never within a transaction: they may need the one
/// connection there is.
pub(crate) async fn user_claims(auth: &Auth, user: &User) -> Result<UserClaims> {
    let more = auth.hooks().extra_claims(auth, user).await?;
    let extra = auth.settings().tokens.claims.of(user, more);
    Ok(UserClaims { role: user.role, email_verified: user.email_verified, extra })
}

fn capped(session: &Session, settings: &Settings) -> OffsetDateTime {
    session.end(settings).map_or(session.expires_at, |end| end.min(session.expires_at))
}

/// A new access token, and the refresh token of the session's generation: the same bytes each time.
fn issue(
    auth: &Auth,
    session: &Session,
    (user, claims): (&User, &UserClaims),
    client: &Client,
    now: OffsetDateTime,
) -> Issued {
    let end = session.end(&auth.settings().sessions);
    let refreshed = session.user_claims();
    let (from, until) = (session.refreshed_at, session.expires_at);
    let access = session.grant(user, claims, binding::of_access(auth, session.id, client, now));
    let refresh = session.grant(user, &refreshed, binding::of_refresh(auth, session.id, client, from));
    Issued {
        session: session.id,
        access: auth.tokens().access(&access, now, end),
        access_until: auth.tokens().access_until(now, end),
        refresh: auth.tokens().refresh(&refresh, session.generation, from, until),
        refresh_until: until,
    }
}

/// Has a session end at a time at the latest.
pub(crate) async fn shorten(auth: &Auth, session: Uuid, until: OffsetDateTime) -> Result<()> {
    Ok(store::shorten(auth.db(), session, until).await?)
}

/// The sessions of a user that live, newest first.
pub(crate) async fn live_of_user(auth: &Auth, user: Uuid) -> Result<Vec<Session>> {
    Ok(store::live_of_user(auth.db(), user, auth.now()).await?)
}

/// Whether the account has had a session with such a device, and one from this address. A client that tells neither has
/// nothing to be known by.
pub(crate) async fn is_known(tx: &mut Tx, user: Uuid, client: &Client) -> Result<bool> {
    let had = store::origins(tx, user).await?;
    let device = client.user_agent.as_ref().map(|user_agent| known_device_name(Some(user_agent)));
    let ip = client.ip.map(|ip| ip.to_string());
    let had_device = device.is_none_or(|device| {
        had.iter().any(|(_, user_agent)| user_agent.as_ref().is_some_and(|had| known_device_name(Some(had)) == device))
    });
    Ok(had_device && ip.is_none_or(|ip| had.iter().any(|(had, _)| had.as_ref() == Some(&ip))))
}

/// A device in a few words, all of them ours.
pub(crate) fn known_device_name(user_agent: Option<&str>) -> String {
    device::known_name(user_agent.unwrap_or_default())
}

/// Whether a token of either kind could be used now, by the client it is tied to: whoever asks need not be that one. Asking
/// does not use it.
pub(crate) async fn is_acceptable(auth: &Auth, token: &str) -> Result<bool> {
    let now = auth.now();
    let access = auth.tokens().verify_access(token, now);
    let refresh = auth.tokens().verify_refresh(token, now);
    let session = match (&access, &refresh) {
        (Ok(access), _) => access.session,
        (_, Ok(refresh)) => refresh.session,
        _ => return Ok(false),
    };
    let Some(user) = users::store::by_session(auth.db(), session, now).await? else { return Ok(false) };
    match (access, refresh) {
        (Ok(access), _) => Ok(user.accepts(&access)),
        (_, Ok(refresh)) => Ok(rotation::is_live(auth, session, refresh.generation, now).await?),
        _ => Ok(false),
    }
}
