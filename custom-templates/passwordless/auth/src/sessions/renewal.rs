//! What using a refresh token does, by the settings: `rotation` and `revocation` of `[sessions]`.

use super::issuing::issue;
use super::reload::Presenter;
use super::rotation::{self, count, gone, judge};
use super::{Issued, NotRotated, batches, holder};
use crate::Auth;
use crate::settings::{Advice, Section};
use crate::tokens::RefreshClaims;

/// The keys of `[sessions]` about it.
#[derive(Clone, Copy, Debug)]
pub struct RenewalSettings {
    /// Whether using a refresh token replaces it.
    pub rotation: bool,
    /// Whether a replaced one that is presented again ends the session.
    pub revocation: bool,
}

impl RenewalSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        Self { rotation: section.flag("rotation"), revocation: section.flag("revocation") }
    }

    pub(super) fn advise(self, advice: &mut Advice) {
        advice.warn_if(
            !self.rotation,
            "sessions.rotation: a refresh token that was copied works beside its owner's until the session ends; set it to true",
        );
        advice.warn_if(
            !self.revocation,
            "sessions.revocation: whoever refreshes first with a copied token keeps the session; set it to true",
        );
    }
}

/// Exchanges a refresh token for the next one, or, without rotation, for another access token beside it.
pub(super) async fn rotate(auth: &Auth, token: &RefreshClaims, presenter: Presenter<'_>) -> Result<Issued, NotRotated> {
    if auth.settings().sessions.renewal.rotation {
        return rotation::rotate(auth, token, presenter).await;
    }
    loop {
        let now = auth.now();
        let Some((session, claims)) = batches::with_holder(auth, token.session).await? else {
            return Err(gone(auth, token, now));
        };
        let (_, due_at) = judge(auth, token, presenter, &session, now).await?;
        let (holder, claims) = holder::refreshing(auth, &session, &claims).await?;
        if count(auth, &session, due_at).await? {
            return Ok(issue(auth, &session, (holder, &claims), presenter.client, now));
        }
    }
}
