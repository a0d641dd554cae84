//! Accounts at other services: signing in with one, and connecting one's own.
//!
//! The cookies of these pages are not sent by a browser that comes from another site. So a person who comes back from a
//! provider first gets a page that leads on by itself; from there they are.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use minijinja::{Value, context};
use uuid::Uuid;

use super::door::Door;
use super::entering::Entered;
use super::gate::{Posted, refuse};
use super::own::{Act, dangerous, done};
use super::{Place, Route};
use crate::Auth;
use crate::connections::{self, Connection};
use crate::error::{Error, Result};
use crate::http::Client;
use crate::openapi::handler;
use crate::pages;
use crate::social::{self, Aim, Entrance};
use crate::templates::pages::{OnTheWay, SignedIn};
use crate::users::User;

pub(super) fn routes() -> Vec<Route> {
    vec![
        ("/sign-in/with/{provider}/", get(handler!(leave))),
        ("/sign-in/with/{provider}/back/", get(handler!(come_back))),
    ]
}

pub(super) fn own_routes() -> Vec<Route> {
    vec![
        ("/connections/connect/{provider}/", post(handler!(connect))),
        ("/connections/{id}/disconnect/", post(handler!(disconnect))),
    ]
}

/// The providers that a person can sign in with here, for the template.
pub(super) fn offered(auth: &Auth, place: Place) -> Value {
    let all = if takes_providers(auth, place) { auth.settings().social.providers.as_slice() } else { &[] };
    let offered = |provider: &social::Provider| {
        context! { name => &provider.name, path => place.path(auth, &format!("/sign-in/with/{}/", provider.id)) }
    };
    all.iter().map(offered).collect::<Vec<_>>().into()
}

/// The providers that a user can connect, for the template.
pub(super) fn connectable(auth: &Auth) -> Value {
    let all = auth.settings().social.providers.iter();
    all.map(|provider| context! { id => &provider.id, name => &provider.name }).collect::<Vec<_>>().into()
}

fn takes_providers(auth: &Auth, place: Place) -> bool {
    place == Place::Account || auth.settings().admin.social
}

async fn leave(door: Door, Path(provider): Path<String>) -> Result<Response> {
    match depart(&door, &provider).await {
        Ok(response) => Ok(response),
        Err(refused) => door.refusal_page(refused, ""),
    }
}

async fn depart(door: &Door, provider: &str) -> Result<Response> {
    let (auth, place) = (&door.auth, door.place);
    if !takes_providers(auth, place) {
        return Err(Error::not_found());
    }
    let page = place.path(auth, &format!("/sign-in/with/{provider}/"));
    if let Some(address) = social::at_localhost(auth, &door.headers, &page) {
        return Ok(Redirect::to(&address).into_response());
    }
    let back = place.path(auth, &format!("/sign-in/with/{provider}/back/"));
    let departure = social::depart(auth, &door.client, provider, Aim::Page(back)).await?;
    let location = HeaderValue::try_from(departure.address).map_err(anyhow::Error::new)?;
    let headers = [(header::LOCATION, location), (header::SET_COOKIE, departure.cookie)];
    Ok((StatusCode::SEE_OTHER, AppendHeaders(headers)).into_response())
}

async fn come_back(door: Door, Path(provider): Path<String>, RawQuery(query): RawQuery) -> Result<Response> {
    match enter(&door, &provider, &query.unwrap_or_default()).await {
        Ok(Entered::Session(session)) => {
            let next = door.place.path(&door.auth, "/");
            let page = SignedIn { connected: None, next: Some(next) };
            Ok((door.cookies(session), pages::show(&door.auth, StatusCode::OK, &page)?).into_response())
        }
        Ok(entered) => door.next_page(entered),
        Err(refused) => door.refusal_page(refused, ""),
    }
}

async fn enter(door: &Door, provider: &str, query: &str) -> Result<Entered> {
    let (auth, place) = (&door.auth, door.place);
    if !takes_providers(auth, place) {
        return Err(Error::not_found());
    }
    let is_strict = place == Place::Admin;
    let admits: fn(&User) -> bool =
        if is_strict { |user| Place::Admin.admits(user) } else { |user| Place::Account.admits(user) };
    let entrance = Entrance { forgotten: true, admits, is_strict };
    let sign_in = social::sign_in_to_page(auth, provider, &door.client, (door.headers(), query), entrance).await?;
    door.entered(sign_in).await
}

async fn connect(State(auth): State<Auth>, client: Client, Path(provider): Path<String>, posted: Posted) -> Response {
    let Some(named) = auth.settings().social.provider(&provider) else { return refuse(&auth, Error::not_found()) };
    let act = Act { rest: format!("/connections/connect/{provider}/"), name: "connect", what: named.name.clone() };
    dangerous(&auth, &client, posted, act, async |posted| {
        let visitor = &posted.visitor;
        let aim = Aim::Connect { session: visitor.session(), path: visitor.place.own_path(&auth, "/") };
        let departure = social::depart(&auth, &client, &provider, aim).await?;
        // A redirect that follows a form may not leave this site: its policy is `form-action 'self'`.
        let page = OnTheWay { provider: named.name.clone(), address: departure.address };
        let page = pages::show(&auth, StatusCode::OK, &page)?;
        Ok((AppendHeaders([(header::SET_COOKIE, departure.cookie)]), page).into_response())
    })
    .await
}

async fn disconnect(
    State(auth): State<Auth>,
    client: Client,
    id: Result<Path<Uuid>, PathRejection>,
    posted: Posted,
) -> Response {
    let connection = match find(&auth, &posted.visitor.user, id).await {
        Ok(connection) => connection,
        Err(error) => return refuse(&auth, error),
    };
    let (id, what) = (connection.id, connections::title(&auth, &connection.provider));
    let act = Act { rest: format!("/connections/{id}/disconnect/"), name: "disconnect", what };
    dangerous(&auth, &client, posted, act, async |posted| {
        if social::disconnect(&auth, &posted.visitor.as_db_user(), id).await? {
            Ok(done(&auth, &posted.visitor, "disconnect"))
        } else {
            Err(Error::not_found())
        }
    })
    .await
}

async fn find(auth: &Auth, user: &User, id: Result<Path<Uuid>, PathRejection>) -> Result<Connection> {
    let Path(id) = id.map_err(|_| Error::not_found())?;
    let all = connections::all_of_user(auth, user.id).await?;
    all.into_iter().find(|connection| connection.id == id).ok_or_else(Error::not_found)
}
