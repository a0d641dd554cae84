use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::acts::{self, Act};
use super::shown::{self, Query};
use super::{path, store};
use crate::Auth;
use crate::audit;
use crate::connections;
use crate::email_verification::Mode;
use crate::error::{Error, Result};
use crate::factors;
use crate::http::Client;
use crate::languages::Language;
use crate::pages;
use crate::passkeys;
use crate::portal::{self, Done, Place, Posted, Proven, Visitor, prove, refuse};
use crate::sessions;
use crate::templates::pages::{AdminConfirm, AdminUser, AdminUsers};
use crate::users::{self, User, role};

/// Users per page.
const PAGE: usize = 50;
/// Events on the page of a user.
const LATEST: u32 = 15;

pub(super) async fn list(State(auth): State<Auth>, admin: Visitor, RawQuery(query): RawQuery) -> Response {
    list_page(&auth, &admin, &Query::parse(query.as_deref())).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn list_page(auth: &Auth, admin: &Visitor, query: &Query) -> Result<Response> {
    let (searched, after) = (query.get("q").trim(), query.get("after"));
    let staff = query.get("role") == "staff";
    let needles = users::search::needles(searched);
    let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
    let mut found = if let Ok(id) = searched.parse() {
        store::by_id(auth.db(), id, staff).await?.into_iter().collect()
    } else if needles.is_empty() {
        store::newest(auth.db(), after.parse().unwrap_or(Uuid::max()), staff, limit).await?
    } else {
        store::alike(auth.db(), &needles, after.parse().unwrap_or(i64::MAX), staff, limit).await?
    };
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| more);
    let last = last.map(|last| if needles.is_empty() { last.id.to_string() } else { last.number.to_string() });
    let page = AdminUsers {
        path: path(auth, ""),
        csrf_token: admin.form_token(auth),
        me: admin.user.email.to_string(),
        here: "users".to_owned(),
        query: searched.to_owned(),
        role: query.get("role").to_owned(),
        users: shown::users(&found),
        invites: auth.settings().invitations.are_on(),
        next: last.map(|last| format!("{}{}", path(auth, "/"), query.with("after", &last))),
    };
    pages::show(auth, StatusCode::OK, &page)
}

pub(super) async fn show(
    State(auth): State<Auth>,
    admin: Visitor,
    id: Result<Path<Uuid>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let Ok(Path(id)) = id else { return refuse(&auth, Error::not_found()) };
    let done = Done::read(&auth, &admin, &id.to_string(), &headers);
    let done = done.and_then(|name| Act::named(&name)).map(|act| act.name);
    match user_page(&auth, &admin, id, StatusCode::OK, Report { done, problem: None }).await {
        Ok(page) if done.is_some() => ([(header::SET_COOKIE, Done::told(&auth, &admin))], page).into_response(),
        Ok(page) => page,
        Err(error) => refuse(&auth, error),
    }
}

struct Report {
    done: Option<&'static str>,
    problem: Option<String>,
}

async fn user_page(auth: &Auth, admin: &Visitor, id: Uuid, status: StatusCode, report: Report) -> Result<Response> {
    let user = users::by_id(auth.db(), id).await?.ok_or_else(Error::not_found)?;
    let sessions = sessions::live_of_user(auth, id).await?;
    let filter = audit::Filter { user: Some(id), ..audit::Filter::default() };
    let events = auth.audit().page(&filter, Uuid::max(), LATEST).await?;
    let factor = factors::overview(auth, id).await?;
    let connections = connections::all_of_user(auth, id).await?;
    let mine = user.id == admin.user.id;
    let page = AdminUser {
        path: path(auth, ""),
        csrf_token: admin.form_token(auth),
        me: admin.user.email.to_string(),
        here: "users".to_owned(),
        done: report.done.map(str::to_owned),
        problem: report.problem,
        user: shown::user(&user),
        waits: !user.email_verified
            && user.is_active
            && !user.is_guest()
            && auth.settings().email_verification.mode != Mode::None,
        mine,
        may: acts::reaches(&admin.user, &user),
        roles: shown::roles(&admin.user, &user),
        factor: factor.as_ref().map(portal::shown::factor),
        passkeys: passkeys::all_of_user(auth, id).await?.iter().map(portal::shown::passkey).collect(),
        connections: connections.iter().map(|connection| portal::shown::connection(auth, connection)).collect(),
        may_remove_ways: admin.user.role >= role::SUPERUSER && acts::reaches(&admin.user, &user),
        sessions: shown::sessions(sessions, admin.session()),
        events: shown::events(events),
    };
    pages::show(auth, status, &page)
}

pub(super) async fn act(
    State(auth): State<Auth>,
    client: Client,
    asked: Result<Path<(Uuid, String)>, PathRejection>,
    posted: Posted,
) -> Response {
    let asked = asked.ok().and_then(|Path((id, act))| Some((id, Act::named(&act)?)));
    let Some((id, act)) = asked else { return refuse(&auth, Error::not_found()) };
    perform(&auth, &client, id, act, posted).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn perform(auth: &Auth, client: &Client, id: Uuid, act: &Act, mut posted: Posted) -> Result<Response> {
    let user = users::by_id(auth.db(), id).await?.ok_or_else(Error::not_found)?;
    let proven = if act.is_dangerous { prove(auth, client, &mut posted).await? } else { Proven::Before };
    if let Proven::NotYet(refused) = proven {
        return confirm_page(auth, &posted, &user, act, refused).await;
    }
    let doing = act.perform(auth, &posted, &user);
    let done = if user.id == posted.visitor.user.id { doing.await } else { posted.visitor.acting(doing).await };
    let response = match done {
        Ok(()) => {
            let done = Done { about: &id.to_string(), act: act.name };
            let cookie = [(header::SET_COOKIE, done.cookie(auth, &posted.visitor))];
            (cookie, Redirect::to(&path(auth, &format!("/users/{id}/")))).into_response()
        }
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
        Err(error) => {
            let problem = Some(error.message_in(Language::english()));
            let status = error.into_response().status();
            user_page(auth, &posted.visitor, id, status, Report { done: None, problem }).await?
        }
    };
    Ok(proven.keep(auth, &posted.visitor, response))
}

async fn confirm_page(
    auth: &Auth,
    posted: &Posted,
    user: &User,
    act: &Act,
    refused: Option<Error>,
) -> Result<Response> {
    let status = refused.as_ref().map_or(StatusCode::OK, Error::status);
    let back = path(auth, &format!("/users/{}/", user.id));
    let page = AdminConfirm {
        path: path(auth, ""),
        csrf_token: posted.visitor.form_token(auth),
        me: posted.visitor.user.email.to_string(),
        here: "users".to_owned(),
        action: format!("{back}{}/", act.name),
        act: act.name.to_owned(),
        email: user.email.to_string(),
        level: posted.fields.typed("role").and_then(|level| level.parse().ok()),
        fields: shown::fields(act.fields.iter().filter_map(|name| Some((*name, posted.fields.typed(name)?)))),
        back,
        proof: portal::ways(auth, &posted.visitor.user).await?,
        script: Place::Admin.path(auth, "/page.js"),
        errors: refused.into_iter().map(|error| error.message_in(Language::english())).collect(),
    };
    pages::show(auth, status, &page)
}
