//! `cron/flush-tokens/`: removes expired data, for schedulers that can call a URL but not start a program.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::flush::{flush_unless_running, limit_of_request};
use crate::Auth;
use crate::error::shared::{Busy, Throttled};
use crate::error::{Error, Result, refusals};
use crate::http::Client;
use crate::openapi::{Api, at, bodies, routes};
use crate::throttle::Action;

const HEADER: &str = "x-cron-secret";

/// Without a secret the path answers like any unknown path.
pub(crate) fn cron_router(settings: &super::Settings) -> Api {
    if settings.secret.is_some() { at(Api::default(), routes!(flush_tokens)) } else { Api::default() }
}

bodies! {
    /// How many rows of each kind were removed; none while another removal is under way.
    #[schema(example = json!({ "status": "success", "sessions": 12, "codes": 3, "events": 40, "counters": 20, "more": false }))]
    struct FlushReport {
        status: String,
        sessions: u64,
        codes: u64,
        /// Rows of the audit log.
        events: u64,
        /// What was counted against guessing and flooding.
        counters: u64,
        /// Whether there may be more: call again.
        more: bool,
    }
}

refusals! {
    /// `X-Cron-Secret` is missing, or is not `cron.secret`.
    CronSecretNotValid = UNAUTHORIZED, "cron_secret_not_valid", "The header X-Cron-Secret is missing or wrong.";
}

/// Removes what has expired.
///
/// It may be called at any time and by several at once. What takes longer than half of `http.request_timeout` is left to
/// the next call: `more` says so.
#[utoipa::path(
    post, path = "/cron/flush-tokens/", operation_id = "flushTokens", tag = "Operations",
    params(("X-Cron-Secret" = String, Header, description = "The value of `cron.secret`.")),
    responses((status = 200, description = "Removed.", body = FlushReport), CronSecretNotValid, Throttled, Busy),
)]
async fn flush_tokens(State(auth): State<Auth>, client: Client, headers: HeaderMap) -> Result<Response> {
    auth.throttle().limit_client(Action::FlushTokens, &client).await?;
    let shown = headers.get(HEADER).map_or(&[][..], |value| value.as_bytes());
    if !auth.settings().cron.secret.as_ref().is_some_and(|secret| is_same(secret, shown)) {
        tracing::warn!("cron secret refused");
        return Err(CronSecretNotValid.into());
    }
    // A client that disconnects must not cancel it.
    let flushing = tokio::spawn(async move { flush_unless_running(&auth, Some(limit_of_request(&auth))).await });
    let (flushed, more) = flushing.await.map_err(|error| Error::Internal(error.into()))??;
    let mut report = json!(flushed);
    report["status"] = Value::from("success");
    report["more"] = Value::from(more);
    Ok(Json(report).into_response())
}

/// Compares MACs in constant time: timing reveals neither the secret nor its length.
fn is_same(secret: &SecretString, shown: &[u8]) -> bool {
    const MESSAGE: &[u8] = b"cron secret";
    let key = |secret| hmac::Key::new(hmac::HMAC_SHA256, secret);
    let expected = hmac::sign(&key(secret.expose_secret().as_bytes()), MESSAGE);
    hmac::verify(&key(shown), MESSAGE, expected.as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_is_the_same() {
        let secret = SecretString::from("a secret of more than thirty-two bytes");
        assert!(is_same(&secret, b"a secret of more than thirty-two bytes"));
        for shown in ["", "a secret of more than thirty-two byte", "a secret of more than thirty-two bytes ", "x"] {
            assert!(!is_same(&secret, shown.as_bytes()), "{shown}");
        }
    }
}
