//! The right to set a password once, as a browser holds it between the link of a mail and a form. A link's address ends up
//! in histories, logs and screenshots: its secret moves into a sealed, short-lived cookie at once. Opening the link uses
//! nothing up; setting a password does.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::read_new;
use crate::Auth;
use crate::error::{Error, Result, Scheme};
use crate::guests::CAPABILITY_LIFETIME;
use crate::http::fields::BLANK;
use crate::http::{FormFields, REQUIRED, cookies, csrf};
use crate::languages::{Text, say};
use crate::openapi::bodies;
use crate::pages;
use crate::sessions;
use crate::templates::Page;

/// Scripts read it and send it back in the header `X-CSRFToken`; the name is Django's.
pub(crate) const CSRF_COOKIE: &str = "csrftoken";
const CSRF_FIELD: &str = "csrfmiddlewaretoken";
/// Tells a form that a link was just opened, and its cookies were set.
const OPENED: &str = "opened";
const OTHER_LINK: &str =
    "Another link has been opened since. If this is the account you mean, enter the password again.";

bodies! {
    /// A new password.
    #[schema(example = json!({
        "new_password1": "a new horse and a new battery", "new_password2": "a new horse and a new battery",
    }))]
    pub(crate) struct NewPassword {
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        new_password1: String,
        /// The same again.
        #[schema(format = Password, min_length = 1, max_length = 1024)]
        new_password2: String,
        /// As at `login/`.
        #[schema(required = false)]
        remember: bool,
    }
}

/// A form that sets a password, and the cookie it needs.
pub(crate) struct Form {
    pub(crate) cookie: &'static str,
    /// The time to fill it in. After that, the link can be opened again while it is valid.
    pub(crate) lifetime: Duration,
    /// Separates the sealed cookie from other uses of the keys.
    pub(crate) sealed_as: &'static str,
    /// The same for the CSRF token.
    pub(crate) csrf: &'static str,
    /// Of the built-in form, below the prefix.
    pub(crate) path: &'static str,
    /// In the description of the API.
    pub(crate) scheme: &'static str,
}

/// That of an invitation. The link is opened where links of sign-ups are.
pub(crate) static INVITATION: Form = Form {
    cookie: "set_password_access_token",
    lifetime: CAPABILITY_LIFETIME,
    sealed_as: "invitation capability",
    csrf: "invitation form",
    path: "/registration/set-password/default/",
    scheme: "invitation",
};

impl Form {
    pub(crate) fn cookie_name(&self, settings: &sessions::CookieSettings) -> String {
        settings.name_of(self.cookie, true)
    }

    pub(crate) fn security_scheme(&self, settings: &sessions::CookieSettings) -> (&'static str, Value) {
        let scheme = json!({
            "type": "apiKey", "in": "cookie", "name": self.cookie_name(settings),
            "description": "What opening the link of a mail gives.",
        });
        (self.scheme, scheme)
    }

    /// Whether the link was just opened, so that a missing cookie was not kept.
    pub(crate) fn was_just_opened(query: Option<&str>) -> bool {
        query == Some(OPENED)
    }

    /// Leads to the form without giving it anything.
    pub(crate) fn lead(&self, auth: &Auth, redirect: Option<&str>) -> Result<Response> {
        Ok((StatusCode::FOUND, [(header::LOCATION, self.location(auth, redirect)?)]).into_response())
    }

    /// `redirect` is the setting that names another page.
    fn location(&self, auth: &Auth, redirect: Option<&str>) -> Result<HeaderValue> {
        let built_in = || auth.settings().http.path(&format!("{}?{OPENED}", self.path));
        let target = redirect.map_or_else(built_in, ToOwned::to_owned);
        Ok(HeaderValue::from_str(&target).map_err(anyhow::Error::new)?)
    }

    pub(crate) fn delete_cookies(&self, auth: &Auth, response: &mut Response) {
        for (name, http_only) in [(self.cookie, true), (CSRF_COOKIE, false)] {
            response.headers_mut().append(header::SET_COOKIE, self.set_cookie(auth, name, String::new(), http_only));
        }
    }

    /// Lasts as long as a capability; without a value, its deletion.
    fn set_cookie(&self, auth: &Auth, name: &'static str, value: String, http_only: bool) -> HeaderValue {
        let age = if value.is_empty() { time::Duration::ZERO } else { self.lifetime.try_into().unwrap_or_default() };
        // `Strict` would withhold it from the page that a link in a mail leads to.
        let settings = &auth.settings().sessions.cookie;
        let cross_site = settings.same_site == sessions::SameSite::None;
        let domain = settings.domain.as_ref().filter(|_| !http_only);
        let mut cookie = Cookie::build((settings.name_of(name, domain.is_none()), value))
            .path("/")
            .http_only(http_only)
            .same_site(if cross_site { SameSite::None } else { SameSite::Lax })
            .secure(auth.settings().is_production() || cross_site || settings.has_prefix())
            .max_age(age);
        // A page on another host must receive the CSRF token that it reads; the capability comes back here alone.
        if let Some(domain) = domain {
            cookie = cookie.domain(domain.clone());
        }
        cookies::header(&cookie.build())
    }
}

/// The right to set a password once: a sealed secret.
pub(crate) struct Capability {
    form: &'static Form,
    pub(crate) secret: SecretString,
    sealed: String,
}

impl Capability {
    pub(crate) fn new(auth: &Auth, form: &'static Form, secret: SecretString) -> Self {
        let now = auth.now();
        let until = (now + form.lifetime).unix_timestamp();
        let plain = zeroize::Zeroizing::new(format!("{until} {}", secret.expose_secret()));
        let sealed = URL_SAFE_NO_PAD.encode(auth.tokens().seal(form.sealed_as, plain.as_bytes(), now));
        Self { form, secret, sealed }
    }

    /// # Errors
    /// 401 if there is none, or it is not one of ours or has expired.
    pub(crate) fn shown(auth: &Auth, form: &'static Form, headers: &HeaderMap) -> Result<Self> {
        let cookie = cookies::value(headers, &form.cookie_name(&auth.settings().sessions.cookie));
        let sealed = cookie.ok_or(Error::NotAuthenticated(Scheme::Cookie))?;
        Self::read(auth, form, sealed).ok_or(Error::CapabilityNotValid)
    }

    fn read(auth: &Auth, form: &'static Form, sealed: String) -> Option<Self> {
        let plain = auth.tokens().open(form.sealed_as, &URL_SAFE_NO_PAD.decode(&sealed).ok()?)?;
        let (until, secret) = std::str::from_utf8(&plain).ok()?.split_once(' ')?;
        let is_alive = until.parse::<i64>().ok()? > auth.now().unix_timestamp();
        is_alive.then(|| Self { form, secret: secret.into(), sealed })
    }

    /// Puts it into the browser that opened the link, and leads it to the form.
    pub(crate) fn hand_over(self, auth: &Auth, redirect: Option<&str>) -> Result<Response> {
        let location = self.form.location(auth, redirect)?;
        let csrf = self.form.set_cookie(auth, CSRF_COOKIE, self.csrf_token(auth), false);
        let capability = self.form.set_cookie(auth, self.form.cookie, self.sealed, true);
        let headers = [(header::SET_COOKIE, capability), (header::SET_COOKIE, csrf), (header::LOCATION, location)];
        Ok((StatusCode::FOUND, AppendHeaders(headers)).into_response())
    }

    pub(crate) fn csrf_token(&self, auth: &Auth) -> String {
        csrf::token(auth, &self.name())
    }

    /// The link's, for [`csrf`]: a link opened twice gives its second cookie to the first form too.
    fn name(&self) -> String {
        format!("{} {}", self.form.csrf, self.secret.expose_secret())
    }

    /// The new password, which must not resemble what `about` says, and whether the browser forgets the session.
    ///
    /// # Errors
    /// 403 if the form is not from the page that belongs to the capability; 400 if the password is not accepted.
    pub(crate) fn read_password(
        &self,
        auth: &Auth,
        headers: &HeaderMap,
        fields: Result<FormFields>,
        about: &[(&str, &str)],
    ) -> Result<(SecretString, bool)> {
        let FormFields(mut fields) = fields?;
        csrf::check(auth, headers, fields.typed(CSRF_FIELD), &self.name())?;
        let names = ("new_password1", "new_password2");
        let password = read_new(auth, &mut fields, names, names.1, names.1, about);
        let forgotten = sessions::is_forgotten(&mut fields).unwrap_or_default();
        Ok((fields.finish_with(password)?, forgotten))
    }
}

/// What a person who posted a form is told in the form.
///
/// # Errors
/// The refusal, if the form cannot be shown again.
pub(crate) fn told(refused: Error) -> Result<(StatusCode, Vec<String>)> {
    match refused {
        Error::Fields(problems) => {
            let mut errors: Vec<String> = problems.into_values().flatten().map(in_words).collect();
            errors.dedup();
            Ok((StatusCode::BAD_REQUEST, errors))
        }
        // The form is of a link opened earlier: the user must first see whose password would be set.
        Error::Refused { code: csrf::REFUSED, .. } => Ok((StatusCode::FORBIDDEN, vec![say(OTHER_LINK)])),
        refused => Err(refused),
    }
}

fn in_words(message: Text) -> String {
    say(if message == BLANK || message == REQUIRED { "Enter the new password twice.".into() } else { message })
}

/// Shows a page instead of a form; with 401, says which credential is missing (RFC 9110, section 15.5.2).
pub(crate) fn show_without_form<P: Page>(auth: &Auth, status: StatusCode, page: &P) -> Result<Response> {
    let mut page = pages::show(auth, status, page)?;
    if status == StatusCode::UNAUTHORIZED {
        page.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
    }
    Ok(page)
}
