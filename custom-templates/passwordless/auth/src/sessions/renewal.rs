//! `sessions.rotation` and `sessions.revocation`.

use super::issuing::issue;
use super::reload::Presenter;
use super::rotation::{self, judge};
use super::{Issued, NotRotated, holder};
use crate::Auth;
use crate::settings::Section;
use crate::tokens::RefreshClaims;

/// `[sessions]`, as far as it says what using a refresh token does.
#[derive(Clone, Copy, Debug)]
pub struct RotationSettings {
    /// Whether it is replaced.
    pub rotation: bool,
    /// Whether a replaced one that is shown again ends the session.
    pub revocation: bool,
}

impl RotationSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { rotation: section.flag("rotation"), revocation: section.flag("revocation") }
    }

    pub(crate) fn warn(self, warnings: &mut Vec<String>) {
        if !self.rotation {
            warnings.push(
                "sessions.rotation: a refresh token that was copied works beside its owner's until the session ends; set it \
                 to true"
                    .into(),
            );
        }
        if !self.revocation {
            warnings.push(
                "sessions.revocation: whoever refreshes first with a copied token keeps the session; set it to true"
                    .into(),
            );
        }
    }
}

/// Exchanges a refresh token for the next one, or, without rotation, for another access token beside it.
pub(super) async fn rotate(auth: &Auth, token: &RefreshClaims, presenter: Presenter<'_>) -> Result<Issued, NotRotated> {
    if auth.settings().rotation.rotation {
        return rotation::rotate(auth, token, presenter).await;
    }
    let now = auth.now();
    let (session, _) = judge(auth, token, presenter, now).await?;
    let (holder, claims) = holder::refreshing(auth, &session).await?;
    Ok(issue(auth, &session, (holder, &claims), presenter.client, now))
}
