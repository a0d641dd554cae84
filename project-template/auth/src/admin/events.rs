use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::path;
use super::shown::{self, Query};
use crate::Auth;
use crate::audit::{Filter, Kind};
use crate::error::Result;
use crate::pages;
use crate::portal::{Visitor, refuse};
use crate::templates::pages::AdminAudit;
use crate::users;

/// Events per page.
const PAGE: usize = 100;

pub(super) async fn list(State(auth): State<Auth>, admin: Visitor, RawQuery(query): RawQuery) -> Response {
    page(&auth, &admin, &Query::parse(query.as_deref())).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn page(auth: &Auth, admin: &Visitor, query: &Query) -> Result<Response> {
    let filter = Filter {
        kind: Kind::named(query.get("kind")),
        user: account(auth, query.get("user").trim()).await?,
        actor: query.get("actor").parse().ok(),
    };
    let before = query.get("before").parse().unwrap_or(Uuid::max());
    // Fetch one more than a page to detect a next page.
    let mut events = auth.audit().page(&filter, before, u32::try_from(PAGE + 1).unwrap_or(u32::MAX)).await?;
    let more = events.len() > PAGE;
    events.truncate(PAGE);
    let last = events.last().filter(|_| more).map(|last| last.id.to_string());
    let page = AdminAudit {
        path: path(auth, ""),
        csrf_token: admin.form_token(auth),
        me: admin.user.email.to_string(),
        here: "audit".to_owned(),
        kinds: shown::kinds(),
        kind: query.get("kind").to_owned(),
        user: query.get("user").to_owned(),
        actor: query.get("actor").to_owned(),
        events: shown::events(events),
        next: last.map(|last| format!("{}{}", path(auth, "/audit/"), query.with("before", &last))),
    };
    pages::show(auth, StatusCode::OK, &page)
}

/// An unknown address becomes the nil id, which has no events.
async fn account(auth: &Auth, typed: &str) -> Result<Option<Uuid>> {
    if typed.is_empty() {
        return Ok(None);
    }
    if let Ok(id) = typed.parse() {
        return Ok(Some(id));
    }
    Ok(Some(users::by_email(auth, typed).await?.map_or(Uuid::nil(), |user| user.id)))
}
