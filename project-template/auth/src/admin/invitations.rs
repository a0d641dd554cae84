//! The open invitations, and a form to invite.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::{Value, context};
use uuid::Uuid;

use super::path;
use super::shown::{self, Query};
use crate::Auth;
use crate::error::{Error, Result};
use crate::guests::{self, Listed};
use crate::http::{Client, Fields};
use crate::invitations::{self, Inviting};
use crate::languages::Language;
use crate::pages;
use crate::portal::{self, Done, Place, Posted, Proven, Visitor, prove, refuse};
use crate::templates::Variable;
use crate::templates::pages::{AdminConfirm, AdminInvitations};
use crate::users::{NAME_LIMIT, role};

/// Invitations per page.
const PAGE: usize = 50;
/// The page, where a done act is reported.
const HERE: &str = "invitations";
const FIELDS: [&str; 4] = ["email", "first_name", "last_name", "role"];

pub(super) async fn list(
    State(auth): State<Auth>,
    admin: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let done = Done::read(&auth, &admin, HERE, &headers);
    let is_done = done.is_some();
    let report = Report { done, ..Report::default() };
    match page(&auth, &admin, &Query::parse(query.as_deref()), StatusCode::OK, report).await {
        Ok(page) if is_done => ([(header::SET_COOKIE, Done::told(&auth, &admin))], page).into_response(),
        Ok(page) => page,
        Err(error) => refuse(&auth, error),
    }
}

#[derive(Default)]
struct Report {
    done: Option<String>,
    errors: Vec<String>,
    /// As it was posted.
    typed: Fields,
}

async fn page(auth: &Auth, admin: &Visitor, query: &Query, status: StatusCode, report: Report) -> Result<Response> {
    require_on(auth)?;
    let before = query.get("before").parse().unwrap_or(Uuid::max());
    // Fetch one more than a page to detect a next page.
    let mut found = guests::list(auth, before, u32::try_from(PAGE + 1).unwrap_or(u32::MAX)).await?;
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().filter(|_| more).map(|last| last.user_id.to_string());
    let typed = |name| report.typed.typed(name).unwrap_or_default().to_owned();
    let page = AdminInvitations {
        path: path(auth, ""),
        csrf_token: admin.form_token(auth),
        me: admin.user.email.to_string(),
        here: "users".to_owned(),
        done: report.done,
        may: invitations::may_invite(auth, admin.user.role),
        email: typed("email"),
        first_name: typed("first_name"),
        last_name: typed("last_name"),
        level: typed("role").parse().unwrap_or(role::USER),
        roles: shown::roles(&admin.user, &admin.user),
        invitations: found.iter().map(|invitation| shown(admin, invitation)).collect(),
        next: last.map(|last| format!("{}{}", path(auth, "/invitations/"), query.with("before", &last))),
        errors: report.errors,
    };
    pages::show(auth, status, &page)
}

fn shown(admin: &Visitor, invitation: &Listed) -> Value {
    context! {
        id => invitation.user_id.to_string(),
        email => &invitation.email,
        name => format!("{} {}", invitation.first_name, invitation.last_name).trim(),
        role => invitation.role,
        inviter => &invitation.inviter,
        invited => invitation.created_at.to_value(),
        expires => invitation.expires_at.to_value(),
        first_name => &invitation.first_name,
        last_name => &invitation.last_name,
        in_reach => invitation.role <= admin.user.role,
    }
}

fn require_on(auth: &Auth) -> Result<()> {
    if auth.settings().invitations.are_on() { Ok(()) } else { Err(Error::not_found()) }
}

pub(super) async fn invite(State(auth): State<Auth>, client: Client, posted: Posted) -> Response {
    post(&auth, &client, posted).await.unwrap_or_else(|error| refuse(&auth, error))
}

async fn post(auth: &Auth, client: &Client, mut posted: Posted) -> Result<Response> {
    require_on(auth)?;
    let proven = prove(auth, client, &mut posted).await?;
    if let Proven::NotYet(refused) = proven {
        return confirm_page(auth, &posted, refused).await;
    }
    let Posted { visitor: admin, fields } = posted;
    let (inviting, typed) = read(fields);
    let doing = async { invitations::invite(auth, admin.user.id, inviting?).await };
    let response = match admin.acting(doing).await {
        Ok(()) => redirect(auth, &admin, "invite"),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
        Err(error) => {
            let report = Report { errors: vec![error.message_in(Language::english())], typed, done: None };
            page(auth, &admin, &Query::parse(None), error.status(), report).await?
        }
    };
    Ok(proven.keep(auth, &admin, response))
}

/// Returns what was posted as well, to be shown again.
fn read(mut fields: Fields) -> (Result<Inviting>, Fields) {
    let typed = fields.clone();
    let email = fields.email("email");
    let role = fields.integer("role", role::USER..=role::SUPERUSER);
    let first_name = fields.optional_text("first_name", NAME_LIMIT).unwrap_or_default();
    let last_name = fields.optional_text("last_name", NAME_LIMIT).unwrap_or_default();
    let inviting = fields.finish_with(email.zip(role));
    (inviting.map(|(email, role)| Inviting { email, first_name, last_name, role }), typed)
}

fn redirect(auth: &Auth, admin: &Visitor, done: &str) -> Response {
    let cookie = [(header::SET_COOKIE, Done { about: HERE, act: done }.cookie(auth, admin))];
    (cookie, Redirect::to(&path(auth, "/invitations/"))).into_response()
}

async fn confirm_page(auth: &Auth, posted: &Posted, refused: Option<Error>) -> Result<Response> {
    let status = refused.as_ref().map_or(StatusCode::OK, Error::status);
    let typed = |name| posted.fields.typed(name).unwrap_or_default();
    let back = path(auth, "/invitations/");
    let page = AdminConfirm {
        path: path(auth, ""),
        csrf_token: posted.visitor.form_token(auth),
        me: posted.visitor.user.email.to_string(),
        here: "users".to_owned(),
        action: back.clone(),
        act: "invite".to_owned(),
        email: typed("email").to_owned(),
        level: typed("role").parse().ok(),
        fields: shown::fields(FIELDS.into_iter().map(|name| (name, typed(name)))),
        back,
        proof: portal::ways(auth, &posted.visitor.user).await?,
        script: Place::Admin.path(auth, "/page.js"),
        errors: refused.into_iter().map(|error| error.message_in(Language::english())).collect(),
    };
    pages::show(auth, status, &page)
}

pub(super) async fn revoke(
    State(auth): State<Auth>,
    id: Result<Path<Uuid>, PathRejection>,
    Posted { visitor: admin, .. }: Posted,
) -> Response {
    let Ok(Path(id)) = id else { return refuse(&auth, Error::not_found()) };
    let doing = async {
        require_on(&auth)?;
        invitations::revoke(&auth, &admin.user, id).await
    };
    match admin.acting(doing).await {
        Ok(()) => redirect(&auth, &admin, "revoke"),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => refuse(&auth, error),
        Err(error) => {
            let (status, errors) = (error.status(), vec![error.message_in(Language::english())]);
            let report = Report { errors, ..Report::default() };
            let page = page(&auth, &admin, &Query::parse(None), status, report).await;
            page.unwrap_or_else(|error| refuse(&auth, error))
        }
    }
}
