//! `sessions.reload_window`: a page that refreshes when it loads is reloaded before the answer arrives, and presents a
//! cookie that was already exchanged. Only the browser that rotated is forgiven: its MAC is in the row.

use axum::http::HeaderMap;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Session, Transport};
use crate::Auth;
use crate::http::Client;

#[derive(Clone, Copy)]
pub(crate) struct Presenter<'r> {
    pub(super) client: &'r Client,
    /// A page of this site, in a browser that attached its cookie.
    is_page: bool,
}

impl<'r> Presenter<'r> {
    pub(super) fn of(client: &'r Client, headers: &HeaderMap, transport: Transport) -> Self {
        let is =
            |name, values: &[&str]| headers.get(name).is_some_and(|value| values.iter().any(|known| value == known));
        // Scripts cannot set these. Of other origins, only those in `http.cors_origins` get this far.
        let is_fetched =
            is("sec-fetch-site", &["same-origin", "same-site"]) && is("sec-fetch-mode", &["cors", "same-origin"]);
        Self { client, is_page: is_fetched && transport == Transport::Cookie }
    }

    pub(super) fn mark(self, auth: &Auth, session: Uuid, now: OffsetDateTime) -> String {
        auth.tokens().mac_text(&self.name(session), now)
    }

    /// The same client presents its token again, and the successor was never presented.
    fn lost_answer(self, auth: &Auth, session: &Session, generation: i64) -> bool {
        generation + 1 == session.generation
            && session.rotated_by.as_ref().is_some_and(|mark| auth.tokens().has_mac_text(&self.name(session.id), mark))
    }

    pub(super) fn reloads(self, auth: &Auth, session: &Session, generation: i64, now: OffsetDateTime) -> bool {
        let window = auth.settings().sessions.reload_window;
        // Absolute, since the clock of another instance may be ahead.
        let is_recent = (now - session.refreshed_at).abs() <= window;
        self.is_page && !window.is_zero() && is_recent && self.lost_answer(auth, session, generation)
    }

    /// Logs which setting to adjust if a replay may be a lost answer instead of a theft.
    pub(super) fn explain(self, auth: &Auth, session: &Session, generation: i64, now: OffsetDateTime) {
        if self.lost_answer(auth, session, generation) {
            let setting = if self.is_page { "sessions.reload_window" } else { "sessions.retry_window" };
            let seconds = (now - session.refreshed_at).whole_seconds();
            tracing::warn!(
                session = %session.id, seconds, setting,
                "a refresh token is presented again by the client that exchanged it and never used the new one: the answer \
                 may have been lost; the setting says for how long that is forgiven"
            );
        }
    }

    fn name(self, session: Uuid) -> String {
        let kind = if self.is_page { "page" } else { "client" };
        let network = self.client.network().map(|network| network.to_string()).unwrap_or_default();
        let user_agent = self.client.user_agent.as_deref().unwrap_or_default();
        format!("rotated by {kind} {session} {network} {user_agent}")
    }
}
