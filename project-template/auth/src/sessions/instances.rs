//! Tells other instances through Redis whose sessions have changed. A message only causes a look-up, so a forged one
//! does no harm. If one is lost, an instance still trusts its last look-up for a few seconds (`liveness::TRUSTED`).

use uuid::Uuid;

use crate::Auth;
use crate::redis::Heard;

const CHANNEL: &str = "sessions";

/// Call it after the commit. Does not wait for other instances.
pub(super) fn tell_of_change(auth: &Auth, user: Uuid) {
    auth.liveness().changed(user);
    if auth.settings().tokens.session_check && auth.redis().is_some() {
        let auth = auth.clone();
        tokio::spawn(async move {
            if let Some(redis) = auth.redis() {
                redis.publish(CHANNEL, user.as_bytes()).await;
            }
        });
    }
}

pub(crate) async fn hear_of_changes(auth: Auth) {
    let Some(redis) = auth.redis().filter(|_| auth.settings().tokens.session_check) else { return };
    let heard = |heard: Heard<'_>| match heard {
        Heard::Message(message) => _ = Uuid::from_slice(message).map(|user| auth.liveness().changed(user)),
        Heard::Gap => auth.liveness().forget(),
    };
    tokio::select! {
        () = auth.stopped() => {}
        never = redis.listen(CHANNEL, heard) => match never {},
    }
}
