//! Cookies exactly as sent, read and set without any decoding.
//!
//! A value from a client goes back into `Set-Cookie` only if its reader has verified that this server issued it.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::Cookie;

/// All values of a cookie name, in the order sent: a browser sends one for each path and domain.
pub(crate) fn values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = String> + 'h {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = sent.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.filter(move |cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
}

/// The value of the first cookie of a name; none if it is empty.
pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    values(headers, name).next().filter(|value| !value.is_empty())
}

/// The header that sets a cookie. A value or an attribute that contains a delimiter is a bug of this server: it is
/// logged, and nothing is set.
pub(crate) fn header(cookie: &Cookie<'_>) -> HeaderValue {
    let attributes = [cookie.path(), cookie.domain()];
    let is_sound = cookie.value().bytes().all(is_cookie_octet)
        && attributes.into_iter().flatten().all(|attribute| !attribute.contains(';'));
    match HeaderValue::from_str(&cookie.to_string()) {
        Ok(header) if is_sound => header,
        _ => {
            tracing::error!(cookie = cookie.name(), "a cookie has a value that no cookie can have, and was not set");
            HeaderValue::from_static("")
        }
    }
}

/// RFC 6265, section 4.1.1.
fn is_cookie_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_it_was_sent() {
        let headers = HeaderMap::from_iter([(header::COOKIE, "a=%0a; b=1; a=2; c=".parse().unwrap())]);
        assert_eq!(values(&headers, "a").collect::<Vec<_>>(), ["%0a", "2"]);
        assert_eq!(value(&headers, "b").as_deref(), Some("1"));
        assert_eq!((value(&headers, "c"), value(&headers, "d")), (None, None));
    }

    #[test]
    fn a_value_that_would_end_itself_sets_nothing() {
        for value in ["a; Domain=example.com", "a\nb", "a\"", "a,b", "é"] {
            assert_eq!(header(&Cookie::new("name", value)), "", "{value:?}");
        }
        assert_eq!(header(&Cookie::build(("name", "value")).path("/").build()), "name=value; Path=/");
        assert_eq!(header(&Cookie::build(("name", "value")).path("/; Secure").build()), "");
    }
}
