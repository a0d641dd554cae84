use uuid::Uuid;

use super::{Ended, EndedBy, end_beyond, store};
use crate::Auth;
use crate::audit::{Event, Kind, Reason};
use crate::db::Tx;
use crate::error::Result;
use crate::error::refusals;
use crate::settings::Choice;

pub(super) const MAX_PER_USER: u32 = 1_000;

/// The reaction to a sign-in beyond `sessions.max_per_user`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLimit {
    /// End the session that was unused for longest.
    Evict,
    /// Reject the sign-in.
    Refuse,
}

impl Choice for OnLimit {
    const NAMES: &[(&str, Self)] = &[("evict", Self::Evict), ("refuse", Self::Refuse)];
}

refusals! {
    /// The credential is good, but the user has `sessions.max_per_user` sessions and must sign out of one first.
    TooManyDevices = FORBIDDEN, "too_many_devices", "You are signed in on too many devices. Please sign out on another one first.";
}

/// Call it in a transaction that holds the account: concurrent sign-ins then run one after another.
pub(crate) async fn make_room(auth: &Auth, tx: &mut Tx, user: Uuid) -> Result<Ended> {
    let settings = &auth.settings().sessions;
    let Some(limit) = settings.max_per_user else { return Ok(Ended::default()) };
    if settings.on_limit == OnLimit::Evict {
        return end_beyond(auth, tx, user, limit - 1, EndedBy::Limit).await;
    }
    if store::count_live(tx, user, auth.now()).await? < u64::from(limit) {
        return Ok(Ended::default());
    }
    auth.audit().note(Event::of_id(Kind::SignInFailed, user).because(Reason::TooManyDevices));
    Err(TooManyDevices.into())
}
