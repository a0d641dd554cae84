use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::exchange::{self, RefreshToken, SessionExpired};
use super::{Delivery, EmailNotVerified, Prefer, Tokens, logout};
use crate::Auth;
use crate::error::Result;
use crate::error::shared::{Throttled, TokenNotValid};
use crate::http::{Client, Fields};
use crate::openapi::{Api, at, routes};

pub(crate) fn router() -> Api {
    at(Api::default(), routes!(refresh)).merge(logout::router())
}

/// Exchanges a refresh token for the next one, with a new access token.
///
/// The presented token is used up. Presenting it again ends the session, also for the holder of the newer token.
/// `sessions.reload_window` and `sessions.retry_window` allow for lost answers.
#[utoipa::path(
    post, path = "/refresh/", operation_id = "refresh", tag = "Sessions", request_body = RefreshToken, params(Prefer),
    security((), ("refresh_cookie" = [])),
    responses(
        (status = 200, description = "Refreshed.", body = Tokens),
        TokenNotValid,
        SessionExpired,
        EmailNotVerified,
        Throttled,
    ),
)]
async fn refresh(
    State(auth): State<Auth>,
    client: Client,
    delivery: Delivery,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response> {
    exchange::answer(&auth, &client, delivery, &headers, fields).await
}
