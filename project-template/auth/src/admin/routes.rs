use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use super::{events, invitations, path, people, shown};
use crate::Auth;
use crate::audit::{Event, Kind};
use crate::error::Result;
use crate::openapi::handler;
use crate::operations::{self, Flushed};
use crate::pages;
use crate::portal::{self, Place, Posted, Visitor, refuse};
use crate::templates::pages::AdminUpkeep;

pub(crate) fn router(auth: &Auth) -> Router<Auth> {
    let pages = [
        ("/", get(handler!(people::list))),
        ("/users/{id}/", get(handler!(people::show))),
        ("/users/{id}/{act}/", post(handler!(people::act))),
        ("/invitations/", get(handler!(invitations::list)).post(handler!(invitations::invite))),
        ("/invitations/{id}/revoke/", post(handler!(invitations::revoke))),
        ("/audit/", get(handler!(events::list))),
        ("/upkeep/", get(handler!(upkeep)).post(handler!(flush))),
    ];
    portal::router(auth, Place::Admin, pages)
}

async fn upkeep(State(auth): State<Auth>, admin: Visitor) -> Response {
    upkeep_page(&auth, &admin, None).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn flush(State(auth): State<Auth>, Posted { visitor: admin, .. }: Posted) -> Response {
    let flushed = match admin.acting(flush_and_tell(&auth)).await {
        Ok(flushed) => flushed,
        Err(error) => return refuse(&auth, error),
    };
    let sum = flushed.kinds().iter().map(|(_, count)| count).sum();
    upkeep_page(&auth, &admin, Some(sum)).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn flush_and_tell(auth: &Auth) -> Result<Flushed> {
    let (flushed, _) = operations::flush_within(auth, Some(operations::limit_of_request(auth))).await?;
    let mut tx = auth.db().begin().await?;
    auth.audit().write(&mut tx, Event::new(Kind::Flushed)).await?;
    tx.commit().await?;
    Ok(flushed)
}

async fn upkeep_page(auth: &Auth, admin: &Visitor, removed: Option<u64>) -> Result<Response> {
    let counts = operations::expired(auth).await?;
    let page = AdminUpkeep {
        path: path(auth, ""),
        csrf_token: admin.form_token(auth),
        me: admin.user.email.to_string(),
        here: "upkeep".to_owned(),
        done: removed,
        counts: shown::counts(counts.by_name()),
    };
    pages::show(auth, StatusCode::OK, &page)
}
