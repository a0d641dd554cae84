use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::Auth;
use crate::error::{Error, Result};
use crate::templates::pages::Refused;

/// A person in a browser, or a program. A browser accepts HTML when a person follows a link or posts a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Gets a page.
    Person,
    /// Gets JSON.
    Program,
}

impl FromRequestParts<Auth> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Auth) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Reader {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let is_html =
            |accepted: &str| accepted.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case("text/html"));
        if accepted.into_iter().any(is_html) { Self::Person } else { Self::Program }
    }

    /// Returns the response, or the refusal in the reader's format.
    ///
    /// # Errors
    /// The refusal, for a program.
    pub fn answer(self, auth: &Auth, answer: Result<Response>) -> Result<Response> {
        answer.or_else(|error| self.refuse(auth, error))
    }

    /// Refuses in the reader's format: a person gets a page with the message of the JSON.
    ///
    /// # Errors
    /// The same refusal, for a program.
    pub fn refuse(self, auth: &Auth, error: Error) -> Result<Response> {
        if self == Self::Program {
            return Err(error);
        }
        let message = error.message();
        // The page keeps the headers of the refusal, such as `Retry-After` and `WWW-Authenticate`.
        let refusal = error.into_response();
        let mut page = super::show(auth, refusal.status(), &Refused { message })?;
        for (name, value) in refusal.headers() {
            if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
                page.headers_mut().entry(name).or_insert(value.clone());
            }
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_for_html_is_a_person() {
        for (accepted, reader) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", Reader::Person),
            ("application/json, Text/HTML;q=0.5", Reader::Person),
            ("*/*", Reader::Program),
            ("application/json", Reader::Program),
            ("text/htmlx", Reader::Program),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accepted.parse().unwrap())]);
            assert_eq!(Reader::of(&headers), reader, "{accepted}");
        }
        assert_eq!(Reader::of(&HeaderMap::new()), Reader::Program);
    }
}
