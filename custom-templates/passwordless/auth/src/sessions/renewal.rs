//! `sessions.rotation`.

use super::issuing::issue;
use super::reload::Presenter;
use super::rotation::{self, judge};
use super::{Issued, NotRotated, holder};
use crate::Auth;
use crate::tokens::RefreshClaims;

/// Exchanges a refresh token for the next one, or, without rotation, for another access token beside it.
pub(super) async fn rotate(auth: &Auth, token: &RefreshClaims, presenter: Presenter<'_>) -> Result<Issued, NotRotated> {
    if auth.settings().sessions.rotation {
        return rotation::rotate(auth, token, presenter).await;
    }
    let now = auth.now();
    let (session, _) = judge(auth, token, presenter, now).await?;
    let (holder, claims) = holder::refreshing(auth, &session).await?;
    Ok(issue(auth, &session, (holder, &claims), presenter.client, now))
}
