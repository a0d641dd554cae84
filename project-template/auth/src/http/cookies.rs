//! Cookies exactly as sent, without any decoding. A value from a client goes back into `Set-Cookie` only if its reader
//! has verified that this server issued it.

use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::cookie::Cookie;

/// In the order sent: a browser sends one for each path and domain. Other hosts of the domain can set cookies of any
/// bytes: such a cookie is passed over, since no value of ours has any, and must not hide ours.
pub(crate) fn values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = String> + 'h {
    let sent = headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    sent.filter_map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
        let value = (parts.next()? == name.as_bytes()).then(|| parts.next())??;
        Some(value).filter(|value| value.is_ascii()).and_then(|value| String::from_utf8(value.to_vec()).ok())
    })
}

pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    values(headers, name).next().filter(|value| !value.is_empty())
}

/// A delimiter in a value or an attribute is a bug of this server: it is logged, and nothing is set.
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
    fn bytes_of_a_foreign_cookie_hide_none_of_ours() {
        let line = b"caf\xe9=1; x=\xff\xfe; a=\xe9; a=1; y=\"\xc3\xa9\"; alone; b = 2 ;=3; c=d=e";
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_bytes(line).unwrap())]);
        assert_eq!(values(&headers, "a").collect::<Vec<_>>(), ["1"]);
        assert_eq!(value(&headers, "b").as_deref(), Some("2"));
        assert_eq!(value(&headers, "c").as_deref(), Some("d=e"));
        assert_eq!((value(&headers, "alone"), value(&headers, "x")), (None, None));
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
