//! What instances tell each other of sessions through Redis, where it is set: whose have changed.
//!
//! A message has others look into the database, whoever wrote it and whatever it says. One that is lost costs time: what
//! an instance saw of a session it believes for a few seconds (see [`Liveness`](super::Liveness)).

use uuid::Uuid;

use crate::Auth;
use crate::redis::Heard;

const CHANNEL: &str = "sessions";

/// Notes that sessions or access tokens of a user are no longer what they were, once that is committed. Nobody waits for
/// the other instances to hear of it.
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

/// Hears of changes at other instances until the server stops.
pub(crate) async fn hear_of_changes(auth: Auth) {
    let Some(redis) = auth.redis().filter(|_| auth.settings().tokens.session_check) else { return };
    let heard = |heard: Heard<'_>| match heard {
        // What is no id is not of ours.
        Heard::Message(message) => _ = Uuid::from_slice(message).map(|user| auth.liveness().changed(user)),
        Heard::Gap => auth.liveness().forget(),
    };
    tokio::select! {
        () = auth.stopped() => {}
        never = redis.listen(CHANNEL, heard) => match never {},
    }
}
