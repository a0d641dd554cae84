//! Reads the body of a request field by field, and reports all fields that fail at once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::Auth;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::languages::{Text, text};

/// Limits of a body: members in total, and levels of nesting.
const MEMBERS_LIMIT: usize = 100;
const DEPTH_LIMIT: usize = 32;

/// Longest password or code, in bytes.
const SECRET_LIMIT: usize = 1024;

pub(crate) const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
pub(crate) const BLANK: &str = "This field may not be blank.";
const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const NOT_TEXT: &str = "Not a valid string.";
const NOT_AN_INTEGER: &str = "A valid integer is required.";
pub(crate) const NOT_A_FLAG: &str = "Must be a valid boolean.";

/// A JSON object, and the problems found in it so far. A method that finds a problem records it and returns none;
/// [`Fields::finish`] returns all problems in one answer.
#[derive(Clone, Default)]
pub struct Fields {
    values: Map<String, Value>,
    problems: BTreeMap<Cow<'static, str>, Vec<Text>>,
}

// Prints no values: among them are passwords, codes and tokens.
impl std::fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.values.keys().collect();
        formatter.debug_struct("Fields").field("names", &names).field("problems", &self.problems).finish()
    }
}

impl FromRequest<Auth> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, auth: &Auth) -> Result<Self> {
        Self::read(request, auth, false).await
    }
}

/// [`Fields`] for routes that also take an HTML form: URL-encoded, from pages without JavaScript.
#[derive(Debug, Default)]
pub struct FormFields(pub Fields);

impl FromRequest<Auth> for FormFields {
    type Rejection = Error;

    async fn from_request(request: Request, auth: &Auth) -> Result<Self> {
        Fields::read(request, auth, true).await.map(Self)
    }
}

fn parse(headers: &HeaderMap, body: &[u8], forms: bool) -> Result<Map<String, Value>> {
    let media_type = headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("?"));
    if body.is_empty() && media_type.is_empty() {
        return Ok(Map::new());
    }
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if forms && essence == FORM {
        return parse_form(body);
    }
    if essence != "application/json" {
        let detail = text!("Unsupported media type \"{type}\" in request.", type = media_type);
        return Err(Error::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail, "unsupported_media_type"));
    }
    if body.is_empty() {
        return Ok(Map::new());
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| json_error(&error))?;
    if !is_bounded(&value, DEPTH_LIMIT, &mut { MEMBERS_LIMIT }) {
        return Err(json_error(&"too many members or levels"));
    }
    match value {
        Value::Object(values) => Ok(values),
        other => {
            let message = text!("Invalid data. Expected a dictionary, but got {type}.", type = python_name(&other));
            Err(Error::field("non_field_errors", message))
        }
    }
}

/// If a field occurs twice, the last value counts.
fn parse_form(body: &[u8]) -> Result<Map<String, Value>> {
    let pairs: Vec<_> = form_urlencoded::parse(body).take(MEMBERS_LIMIT + 1).collect();
    if pairs.len() > MEMBERS_LIMIT {
        return Err(Error::refused(StatusCode::BAD_REQUEST, "Form parse error - too many fields", "parse_error"));
    }
    Ok(pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect())
}

fn json_error(reason: &dyn std::fmt::Display) -> Error {
    let detail = text!("JSON parse error - {reason}", reason = reason.to_string());
    Error::refused(StatusCode::BAD_REQUEST, detail, "parse_error")
}

fn is_bounded(value: &Value, depth: usize, members: &mut usize) -> bool {
    let mut child = |value: &Value| {
        let fits = *members > 0 && depth > 0;
        *members = members.saturating_sub(1);
        fits && is_bounded(value, depth - 1, members)
    };
    match value {
        Value::Array(items) => items.iter().all(&mut child),
        Value::Object(object) => object.values().all(child),
        _ => true,
    }
}

/// The wire format names JSON types as Python does.
fn python_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// One with too many digits is the largest or the smallest of its sign.
fn whole_number(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let most = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    is_number.then(|| text.parse().unwrap_or(most))
}

impl Fields {
    async fn read(request: Request, auth: &Auth, forms: bool) -> Result<Self> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, auth).await.map_err(|rejection| {
            Error::refused(rejection.status(), "The request body is too large or was cut off.", "body_not_read")
        })?;
        Ok(Self { values: parse(&headers, &body, forms)?, problems: BTreeMap::new() })
    }

    /// Records a problem of a field.
    pub fn problem(&mut self, name: &'static str, message: impl Into<Text>) {
        self.problems.entry(name.into()).or_default().push(message.into());
    }

    /// Whether a problem was recorded.
    #[must_use]
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Returns 400 with all problems, if there are any.
    pub fn finish(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::Fields(self.problems)) }
    }

    /// As [`Fields::finish`], but returns the values of required fields: `fields.finish_with(email.zip(password))`. A
    /// value that is missing without a recorded problem is an internal error; no empty value replaces it.
    pub fn finish_with<T>(self, values: Option<T>) -> Result<T> {
        self.finish()?;
        values.ok_or_else(|| anyhow::anyhow!("a required field has no value and no problem").into())
    }

    /// Whether the field is present.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value of a field if it is a text, before any validation.
    #[must_use]
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    /// A required text, trimmed.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let text = self.raw(name)?.trim().to_owned();
        self.not_blank(name, text)
    }

    /// A required secret, exactly as it was sent.
    pub fn secret(&mut self, name: &'static str) -> Option<SecretString> {
        let text = self.raw(name)?;
        if text.len() > SECRET_LIMIT {
            self.problem(name, text!("Ensure this field has no more than {count} bytes.", count = SECRET_LIMIT));
            return None;
        }
        self.not_blank(name, text).map(SecretString::from)
    }

    /// A text that may be missing or blank, of at most `limit` characters.
    pub fn optional_text(&mut self, name: &'static str, limit: usize) -> Option<String> {
        if !self.has(name) {
            return None;
        }
        let text = self.raw(name)?.trim().to_owned();
        if text.chars().count() > limit {
            self.problem(name, text!("Ensure this field has no more than {count} characters.", count = limit));
            return None;
        }
        Some(text)
    }

    /// An optional boolean.
    pub fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        match self.values.get(name)? {
            Value::Bool(flag) => return Some(*flag),
            // A form has only texts.
            Value::String(text) if text == "true" => return Some(true),
            Value::String(text) if text == "false" => return Some(false),
            _ => {}
        }
        self.problem(name, NOT_A_FLAG);
        None
    }

    /// A required whole number within bounds, which may be a text, since a form has only texts.
    pub fn integer(&mut self, name: &'static str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let number = match self.values.get(name) {
            None => Err(REQUIRED),
            Some(Value::Null) => Err(NULL),
            Some(value) => whole_number(value).ok_or(NOT_AN_INTEGER),
        };
        let problem: Text = match number {
            Ok(number) if number < *bounds.start() => {
                text!("Ensure this value is greater than or equal to {limit}.", limit = *bounds.start())
            }
            Ok(number) if number > *bounds.end() => {
                text!("Ensure this value is less than or equal to {limit}.", limit = *bounds.end())
            }
            Ok(number) => return Some(number),
            Err(problem) => problem.into(),
        };
        self.problem(name, problem);
        None
    }

    /// A required e-mail address.
    pub fn email(&mut self, name: &'static str) -> Option<Email> {
        let text = self.text(name)?;
        let email = Email::parse(&text);
        if email.is_none() {
            self.problem(name, "Enter a valid email address.");
        }
        email
    }

    /// A required object.
    pub fn object(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        let problem = match self.values.get(name) {
            None => Text::from(REQUIRED),
            Some(Value::Null) => NULL.into(),
            Some(Value::Object(members)) => return Some(members.clone()),
            Some(other) => {
                text!("Expected a dictionary of items but got type \"{type}\".", type = python_name(other))
            }
        };
        self.problem(name, problem);
        None
    }

    fn raw(&mut self, name: &'static str) -> Option<String> {
        let problem = match self.values.get(name) {
            None => REQUIRED,
            Some(Value::Null) => NULL,
            Some(Value::String(text)) if text.contains('\0') => "Null characters are not allowed.",
            Some(Value::String(text)) => return Some(text.clone()),
            Some(Value::Number(number)) => return Some(number.to_string()),
            Some(_) => NOT_TEXT,
        };
        self.problem(name, problem);
        None
    }

    fn not_blank(&mut self, name: &'static str, text: String) -> Option<String> {
        if text.is_empty() {
            self.problem(name, BLANK);
            return None;
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::Language;

    fn of(json: &str) -> Fields {
        Fields { values: serde_json::from_str(json).unwrap(), problems: BTreeMap::new() }
    }

    fn problems(fields: Fields) -> String {
        match fields.finish() {
            Err(Error::Fields(problems)) => {
                let word = |texts: &Vec<Text>| texts.iter().map(|text| Language::english().word(text)).collect();
                let worded: BTreeMap<_, Vec<_>> = problems.iter().map(|(name, texts)| (name, word(texts))).collect();
                serde_json::to_string(&worded).unwrap()
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn whoever_prints_a_body_sees_the_names_of_its_fields_and_no_value() {
        let shown = format!("{:?}", FormFields(of(r#"{"email":"ada@example.com","password":"correct horse"}"#)));
        assert!(shown.contains("password") && !shown.contains("correct") && !shown.contains("ada@"), "{shown}");
    }

    #[test]
    fn every_field_that_fails_is_reported_at_once() {
        let mut fields = of(r#"{"blank":" ","null":null,"list":[],"nul":"a\u0000"}"#);
        for name in ["missing", "blank", "null", "list", "nul"] {
            assert_eq!(fields.text(name), None);
        }
        assert_eq!(
            problems(fields),
            r#"{"blank":["This field may not be blank."],"list":["Not a valid string."],"missing":["This field is required."],"nul":["Null characters are not allowed."],"null":["This field may not be null."]}"#
        );
    }

    #[test]
    fn values_come_out_only_if_all_of_them_are_there() {
        let mut fields = of(r#"{"a":"x","b":"y"}"#);
        let (a, b) = (fields.text("a"), fields.text("b"));
        assert_eq!(fields.finish_with(a.zip(b)).unwrap(), ("x".to_owned(), "y".to_owned()));
        let mut fields = of("{}");
        let missing = fields.text("a");
        assert!(matches!(fields.finish_with(missing), Err(Error::Fields(_))));
        assert!(matches!(of("{}").finish_with(None::<String>), Err(Error::Internal(_))), "what nobody noted");
    }

    #[test]
    fn a_secret_keeps_the_white_space_around_it_and_a_text_loses_it() {
        use secrecy::ExposeSecret;
        let mut fields = of(r#"{"a":" x ","b":" x ","n":12}"#);
        assert_eq!(fields.text("a").unwrap(), "x");
        assert_eq!(fields.secret("b").unwrap().expose_secret(), " x ");
        assert_eq!(fields.text("n").unwrap(), "12");
    }

    #[test]
    fn a_whole_number_is_read_from_a_number_or_a_text_and_its_bounds_are_told() {
        let read = |json: &str| {
            let mut fields = of(&format!(r#"{{"n":{json}}}"#));
            (fields.integer("n", 0..=1000), fields)
        };
        for (json, number) in
            [("0", 0), ("900", 900), (r#"" 900 ""#, 900), (r#""+5""#, 5), (r#""007""#, 7), ("1000", 1000)]
        {
            assert_eq!(read(json).0, Some(number), "{json}");
        }
        let small = "Ensure this value is greater than or equal to 0.";
        let large = "Ensure this value is less than or equal to 1000.";
        let long = format!(r#""{}""#, "9".repeat(40));
        for (json, problem) in [
            ("-1", small),
            (r#""-99999999999999999999""#, small),
            ("1001", large),
            ("18446744073709551615", large),
            (long.as_str(), large),
            ("1.5", NOT_AN_INTEGER),
            ("1e300", NOT_AN_INTEGER),
            ("true", NOT_AN_INTEGER),
            ("[]", NOT_AN_INTEGER),
            (r#""""#, NOT_AN_INTEGER),
            (r#""-""#, NOT_AN_INTEGER),
            (r#""1 0""#, NOT_AN_INTEGER),
            (r#""\u0661""#, NOT_AN_INTEGER),
            ("null", NULL),
        ] {
            let (number, fields) = read(json);
            assert_eq!(number, None, "{json}");
            assert_eq!(problems(fields), format!(r#"{{"n":["{problem}"]}}"#), "{json}");
        }
        let mut fields = of("{}");
        assert_eq!(fields.integer("n", 0..=1), None);
        assert_eq!(problems(fields), r#"{"n":["This field is required."]}"#);
    }

    #[test]
    fn deep_and_wide_bodies_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json; charset=utf-8".parse().unwrap());
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(40), "]".repeat(40));
        assert!(parse(&headers, deep.as_bytes(), false).is_err());
        let wide: Map<String, Value> = (0..200).map(|n| (format!("k{n}"), Value::Null)).collect();
        let wide = Value::Object(wide).to_string();
        assert!(parse(&headers, wide.as_bytes(), false).is_err());
        assert!(parse(&headers, br#"{"a":[1,2,{"b":3}]}"#, false).is_ok());
    }

    #[test]
    fn what_a_form_posts_is_read_like_json() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, FORM.parse().unwrap());
        let values = parse(&headers, b"email=ada%2Bx%40example.com&name=Ada+L.&blank=", true).unwrap();
        assert_eq!(Value::Object(values).to_string(), r#"{"blank":"","email":"ada+x@example.com","name":"Ada L."}"#);
        let wide = (0..200).map(|n| format!("k{n}=")).collect::<Vec<_>>().join("&");
        assert!(parse(&headers, wide.as_bytes(), true).is_err());
        let repeated = format!("{}a=last", "a=&".repeat(100));
        assert!(parse(&headers, repeated.as_bytes(), true).is_err(), "the last value counts, and is never cut off");
        assert!(parse(&headers, b"a=b", false).is_err(), "only where a page's form posts");
    }

    #[test]
    fn a_body_without_a_json_content_type_is_refused_and_an_empty_one_is_an_empty_object() {
        assert!(parse(&HeaderMap::new(), b"", false).unwrap().is_empty());
        let error = parse(&HeaderMap::new(), b"{}", false).unwrap_err();
        assert!(matches!(error, Error::Refused { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, .. }), "{error:?}");
    }
}
