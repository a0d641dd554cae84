use time::OffsetDateTime;
use uuid::Uuid;

use super::checkpoints::Checkpoints;
use super::{Holder, Settings};
use crate::tokens::{Binding, Grant, UserClaims};

crate::row! { joined "session_",
    #[derive(Clone, Debug)]
    pub(crate) struct Session {
        /// UUIDv7: sorts by the time it began.
        pub(crate) id: Uuid,
        pub(crate) user_id: Uuid,
        /// How often its refresh token was replaced; the current token carries this number.
        pub(crate) generation: i64,
        pub(super) superseded: String,
        pub(super) claims: String,
        pub(crate) created_at: OffsetDateTime,
        pub(crate) refreshed_at: OffsetDateTime,
        pub(crate) expires_at: OffsetDateTime,
        pub(crate) ended_at: Option<OffsetDateTime>,
        /// Whether its refresh token is still valid; if not, it lasts as long as its last access token.
        pub(crate) refreshable: bool,
        pub(crate) ip: Option<String>,
        pub(crate) user_agent: Option<String>,
        pub(super) rotated_by: Option<String>,
        pub(crate) remembered: bool,
        /// Values of the claim `amr`, separated by spaces.
        pub(super) methods: String,
        /// The last proof of identity; none for a session that began before this was recorded.
        pub(super) proven_at: Option<OffsetDateTime>,
        /// For `throttle.refresh`, a time in microseconds.
        pub(super) refresh_due_at: i64,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenStanding {
    Current,
    /// Superseded a moment ago, by another tab or a lost answer: return the current one again.
    Superseded,
    /// Superseded longer ago, or never issued by this database: it was copied. End the session.
    Replayed,
    Over,
    Outlived,
}

impl Session {
    /// Access tokens are accepted until then, also of a session that can no longer be refreshed.
    pub(super) fn is_live(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && self.expires_at > now
    }

    pub(super) fn end(&self, settings: &Settings) -> Option<OffsetDateTime> {
        settings.end_of(self.created_at)
    }

    pub(super) fn next_expiry(&self, settings: &Settings, now: OffsetDateTime) -> OffsetDateTime {
        let lifetime = settings.refresh_lifetime;
        let lifetime = if self.remembered { lifetime } else { lifetime.min(settings.unremembered_lifetime) };
        self.end(settings).map_or(now + lifetime, |end| end.min(now + lifetime))
    }

    pub(super) fn standing(&self, generation: i64, now: OffsetDateTime, settings: &Settings) -> TokenStanding {
        if self.ended_at.is_some() {
            return TokenStanding::Over;
        }
        if self.end(settings).is_some_and(|end| end <= now) {
            return TokenStanding::Outlived;
        }
        if self.expires_at <= now || !self.refreshable {
            return TokenStanding::Over;
        }
        if generation == self.generation {
            return TokenStanding::Current;
        }
        let checkpoints = Checkpoints::parse(&self.superseded);
        let is_recent =
            checkpoints.oldest_acceptable(now, settings.retry_window).is_some_and(|oldest| oldest <= generation);
        if generation < self.generation && is_recent { TokenStanding::Superseded } else { TokenStanding::Replayed }
    }

    pub(super) fn user_claims(&self) -> UserClaims {
        serde_json::from_str(&self.claims).unwrap_or_default()
    }

    pub(super) fn grant<'g>(&'g self, holder: Holder, claims: &'g UserClaims, bind: Option<Binding>) -> Grant<'g> {
        Grant {
            user_id: self.user_id,
            session: self.id,
            session_iat: self.created_at,
            auth_time: self.proven_at.unwrap_or(self.created_at),
            amr: &self.methods,
            access_version: holder.access_version,
            bind,
            user: claims,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn after(seconds: u64) -> OffsetDateTime {
        START + Duration::from_secs(seconds)
    }

    /// A session of generation 3: 0 was superseded at second 10, 1 and 2 at second 14.
    fn session() -> Session {
        Session {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            generation: 3,
            superseded: "10:0,14:1".into(),
            claims: "{}".into(),
            created_at: START,
            refreshed_at: after(14),
            expires_at: after(1_000),
            ended_at: None,
            refreshable: true,
            ip: None,
            user_agent: None,
            rotated_by: None,
            remembered: true,
            methods: String::new(),
            proven_at: None,
            refresh_due_at: 0,
        }
    }

    fn settings(window: u64, lifetime: Option<u64>) -> Settings {
        let mut settings = crate::Settings::load(std::path::Path::new(""), "", &std::collections::BTreeMap::new())
            .expect("the defaults are valid")
            .sessions;
        settings.retry_window = Duration::from_secs(window);
        settings.lifetime = lifetime.map(Duration::from_secs);
        settings
    }

    #[test]
    fn without_a_window_every_generation_but_the_current_is_a_replay() {
        let strict = settings(0, None);
        assert_eq!(session().standing(3, after(14), &strict), TokenStanding::Current);
        for generation in [0, 1, 2, 4] {
            assert_eq!(session().standing(generation, after(14), &strict), TokenStanding::Replayed, "{generation}");
        }
    }

    #[test]
    fn within_the_window_a_token_is_judged_by_when_it_was_itself_superseded() {
        let window = settings(5, None);
        assert_eq!(session().standing(0, after(15), &window), TokenStanding::Superseded);
        assert_eq!(
            session().standing(0, after(16), &window),
            TokenStanding::Replayed,
            "though the last rotation is recent"
        );
        assert_eq!(session().standing(1, after(19), &window), TokenStanding::Superseded);
        assert_eq!(session().standing(2, after(19), &window), TokenStanding::Superseded);
        assert_eq!(session().standing(2, after(20), &window), TokenStanding::Replayed);
        assert_eq!(session().standing(4, after(15), &window), TokenStanding::Replayed, "a generation nobody was given");
    }

    #[test]
    fn an_ended_an_expired_and_an_outlived_session_accept_nothing() {
        let ended = Session { ended_at: Some(START), ..session() };
        assert_eq!(ended.standing(3, after(14), &settings(5, None)), TokenStanding::Over);
        assert_eq!(session().standing(3, after(1_000), &settings(5, None)), TokenStanding::Over);
        assert_eq!(session().standing(3, after(100), &settings(5, Some(100))), TokenStanding::Outlived);
        assert_eq!(session().standing(3, after(99), &settings(5, Some(100))), TokenStanding::Current);
    }
}
