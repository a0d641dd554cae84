//! Messages between instances. Redis stores none: an instance that is not listening at that moment misses them.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::{Context, anyhow};
use futures_util::StreamExt;
use tokio::time::{sleep, timeout};

use super::{Redis, trouble};
use crate::error::in_one_line;

/// The silence after which the server is pinged: a peer may vanish without closing the connection.
const SILENCE: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_secs(1);
/// Attempts to publish, with a pause before each. Later, the message is of no use any more.
const TRIES: u32 = 5;

pub(crate) enum Heard<'m> {
    /// Untrusted: anyone who can write to Redis may have sent it.
    Message(&'m [u8]),
    /// Messages may have been lost before this point.
    Gap,
}

impl Redis {
    pub(crate) async fn publish(&self, channel: &str, message: &[u8]) {
        let mut command = redis::cmd("PUBLISH");
        command.arg(self.key("channel", channel.as_bytes())).arg(message);
        for _ in 0..TRIES {
            let listeners: Option<u64> = self.ask(&command).await;
            if listeners.is_some() {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    pub(crate) async fn listen(&self, channel: &str, mut heard: impl FnMut(Heard<'_>)) -> Infallible {
        let mut is_lost = false;
        loop {
            let Err(error) = self.listen_once(channel, &mut heard, &mut is_lost).await;
            heard(Heard::Gap);
            if !std::mem::replace(&mut is_lost, true) {
                tracing::warn!(
                    error = in_one_line(&error),
                    channel,
                    "Redis does not pass on what other instances do; sessions that end there may be accepted here for up to five seconds"
                );
            }
            sleep(PAUSE).await;
        }
    }

    async fn listen_once(
        &self,
        channel: &str,
        heard: &mut impl FnMut(Heard<'_>),
        was_lost: &mut bool,
    ) -> anyhow::Result<Infallible> {
        let (mut sink, mut messages) = self.server.subscribe(&self.key("channel", channel.as_bytes())).await?.split();
        heard(Heard::Gap);
        if std::mem::take(was_lost) {
            tracing::info!(channel, "Redis passes on what other instances do");
        }
        loop {
            if let Ok(message) = timeout(SILENCE, messages.next()).await {
                heard(Heard::Message(message.context("the connection ended")?.get_payload_bytes()));
                continue;
            }
            let answer = timeout(ANSWER, sink.ping::<redis::Value>()).await;
            answer.map_err(|_| anyhow!(trouble::SILENCE))??;
        }
    }
}
