use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::MethodRouter;

use super::Rate;
use super::limit::{Counted, count, count_client};
use crate::Auth;
use crate::error::Result;
use crate::http::Client;

impl Auth {
    /// Counts a client's request under the application's `name`, for all instances together. 429 `throttled` with
    /// `Retry-After` if there were too many. Clients are identified by address (IPv6 by network), as reported by
    /// `http.trusted_proxies`. Does nothing if `throttle.enabled` is off.
    pub async fn limit(&self, name: &'static str, rate: Rate, client: &Client) -> Result<()> {
        count_client(self, own(name), client, rate).await
    }

    /// As [`Auth::limit`], for `who` instead of a client: an account's id, a partner's key.
    pub async fn limit_of(&self, name: &'static str, rate: Rate, who: &str) -> Result<()> {
        count(self, own(name), who, rate).await
    }

    /// Limits how often a client may call these routes.
    ///
    /// ```no_run
    /// use auth::Auth;
    /// use auth::throttle::Rate;
    /// use axum::Router;
    /// use axum::routing::get;
    ///
    /// fn router(auth: Auth) -> Router {
    ///     let search = auth.limited("search", Rate::per_minute(30), get(search));
    ///     Router::new().route("/search/", search).merge(auth.router()).with_state(auth)
    /// }
    ///
    /// async fn search() -> &'static str {
    ///     "nothing found"
    /// }
    /// ```
    pub fn limited(&self, name: &'static str, rate: Rate, routes: MethodRouter<Self>) -> MethodRouter<Self> {
        routes.layer(middleware::from_fn_with_state((self.clone(), name, rate), refuse_too_many))
    }
}

async fn refuse_too_many(
    State((auth, name, rate)): State<(Auth, &'static str, Rate)>,
    request: Request,
    next: Next,
) -> Result<Response> {
    let (parts, body) = request.into_parts();
    auth.limit(name, rate, &Client::of(&parts, &auth)).await?;
    Ok(next.run(Request::from_parts(parts, body)).await)
}

fn own(name: &'static str) -> Counted {
    Counted { owner: "app ", name }
}
