//! What somebody gets to see who is not signed in yet.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use uuid::Uuid;

use super::Place;
use super::entering::{Entered, told_to_begin_again};
use super::gate::{IDLE, TOKEN, cookie_name, delete_cookie, form_not_valid, refuse, set_cookie, signed_in};
use super::own::second_factor_page;
use super::proof::{offers_passkeys, options_path};
use super::providers;
use crate::Auth;
use crate::error::{Error, Result};
use crate::factors::Shown;
use crate::http::{Client, Fields, FormFields, cookies, csrf};
use crate::pages;
use crate::templates::pages::{SignInCode, SignInForm};
use crate::users::User;

/// A request before there is a session, at one of the places.
pub(super) struct Door {
    pub(super) auth: Auth,
    pub(super) place: Place,
    pub(super) client: Client,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<Auth> for Door {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, auth: &Auth) -> Result<Self, Self::Rejection> {
        let place = Place::from_request_parts(parts, auth).await?;
        Ok(Self { auth: auth.clone(), place, client: Client::of(parts, auth), headers: parts.headers.clone() })
    }
}

/// A form of a sign-in. It is checked when it is used, so that a refusal is shown on the page of the sign-in.
pub(super) struct Knock {
    pub(super) door: Door,
    pub(super) fields: Fields,
}

impl FromRequest<Auth> for Knock {
    type Rejection = Response;

    async fn from_request(request: Request, auth: &Auth) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(door) = Door::from_request_parts(&mut parts, auth).await;
        let fields = FormFields::from_request(Request::from_parts(parts, body), auth).await;
        let FormFields(fields) = fields.map_err(|error| refuse(auth, error))?;
        Ok(Self { door, fields })
    }
}

impl Door {
    /// The value that binds a form to the browser. One that is no nonce is rejected, since it is sent back.
    fn held(&self) -> Option<String> {
        let name = cookie_name(&self.auth, self.place.form_cookie());
        cookies::value(&self.headers, &name).filter(|held| pages::is_nonce(held))
    }

    fn form(&self, held: &str) -> String {
        format!("{} {held}", self.place.name("sign-in"))
    }

    /// The value for a form, which may be the first of this browser.
    fn bond(&self) -> Result<String> {
        self.held().map_or_else(pages::nonce, Ok)
    }

    /// The token of a form, and the cookie that binds it to the browser.
    fn token(&self, held: &str) -> (String, HeaderValue) {
        let cookie = set_cookie(&self.auth, self.place, self.place.form_cookie(), held, IDLE);
        (csrf::token(&self.auth, &self.form(held)), cookie)
    }

    fn of_challenge(&self, held: &str, challenge: &str) -> String {
        format!("{} {held} {challenge}", self.place.name("challenge"))
    }

    /// A challenge as a field of a form.
    fn marked(&self, held: &str, challenge: &str) -> String {
        format!("{challenge}.{}", csrf::token(&self.auth, &self.of_challenge(held, challenge)))
    }

    /// The challenge in a form, if its sign-in was begun at this place: the API lets in half-way who has shown what is not
    /// enough here, such as an account at another service.
    pub(super) fn challenge(&self, fields: &Fields) -> Option<String> {
        let (challenge, mark) = fields.typed("challenge")?.split_once('.')?;
        let is_ours = csrf::is_token(&self.auth, &self.of_challenge(&self.held()?, challenge), mark);
        is_ours.then(|| challenge.to_owned())
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// # Errors
    /// 403 if the form is not from these pages.
    pub(super) fn check_form(&self, fields: &Fields) -> Result<()> {
        let token = fields.typed(TOKEN).unwrap_or_default();
        let is_ours = self.held().is_some_and(|held| csrf::is_token(&self.auth, &self.form(&held), token));
        if is_ours { Ok(()) } else { Err(form_not_valid()) }
    }

    pub(super) fn cookies(&self, session: Uuid) -> AppendHeaders<[(HeaderName, HeaderValue); 2]> {
        let (auth, place) = (&self.auth, self.place);
        let cookies = [signed_in(auth, place, session), delete_cookie(auth, place, place.form_cookie())];
        AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)))
    }

    pub(super) fn welcome(&self, session: Uuid) -> Response {
        (self.cookies(session), Redirect::to(&self.place.path(&self.auth, "/"))).into_response()
    }

    /// The page that follows a first proof.
    pub(super) fn next_page(&self, entered: Entered) -> Result<Response> {
        match entered {
            Entered::Session(session) => Ok(self.welcome(session)),
            Entered::CodeDue(challenge) => self.code_page(StatusCode::OK, &challenge, Vec::new()),
            Entered::SetupDue { challenge, user, shown } => {
                self.setup_page(StatusCode::OK, (&challenge, &user), &shown, Vec::new())
            }
        }
    }

    pub(super) fn sign_in_page(&self, status: StatusCode, email: &str, errors: Vec<String>) -> Result<Response> {
        let (auth, place) = (&self.auth, self.place);
        let (csrf_token, cookie) = self.token(&self.bond()?);
        let page = SignInForm {
            action: place.path(auth, "/sign-in/"),
            csrf_token,
            email: email.to_owned(),
            for_staff: place == Place::Admin,
            passkey: offers_passkeys(auth).then(|| options_path(auth)),
            providers: providers::offered(auth, place),
            script: place.path(auth, "/page.js"),
            errors,
        };
        let mut response = pages::show(auth, status, &page)?;
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        Ok(response)
    }

    /// The page of the sign-in, with the refusal.
    pub(super) fn refusal_page(&self, refused: Error, email: &str) -> Result<Response> {
        let errors = vec![told_to_begin_again(&refused)];
        let refusal = refused.into_response();
        let mut page = self.sign_in_page(refusal.status(), email, errors)?;
        if let Some(wait) = refusal.headers().get(header::RETRY_AFTER) {
            page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
        }
        Ok(page)
    }

    pub(super) fn code_page(&self, status: StatusCode, challenge: &str, errors: Vec<String>) -> Result<Response> {
        let (auth, place, held) = (&self.auth, self.place, self.bond()?);
        let (csrf_token, cookie) = self.token(&held);
        let page = SignInCode {
            action: place.path(auth, "/sign-in/code/"),
            back: place.path(auth, "/sign-in/"),
            csrf_token,
            challenge: self.marked(&held, challenge),
            passkey: offers_passkeys(auth).then(|| options_path(auth)),
            script: place.path(auth, "/page.js"),
            errors,
        };
        Ok(([(header::SET_COOKIE, cookie)], pages::show(auth, status, &page)?).into_response())
    }

    pub(super) fn setup_page(
        &self,
        status: StatusCode,
        (challenge, user): (&str, &User),
        shown: &Shown,
        errors: Vec<String>,
    ) -> Result<Response> {
        let (auth, place, held) = (&self.auth, self.place, self.bond()?);
        let paths = (place.path(auth, "/sign-in/set-up/"), place.path(auth, "/sign-in/"));
        let (token, cookie) = self.token(&held);
        let challenge = self.marked(&held, challenge);
        let page = second_factor_page(auth, status, (paths, token), (Some(challenge), user), shown, errors)?;
        Ok(([(header::SET_COOKIE, cookie)], page).into_response())
    }
}
