//! The values of variables, and the filters that word them: `{{ lifetime|duration }}`, `{{ time|datetime }}`; and the
//! filter for texts: `{{ "Welcome to {service}"|t(service=service) }}`.
//!
//! A room passes a duration, a time or a text as such. The words are chosen where a template is rendered, in the language
//! of its reader.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::Duration;

use minijinja::value::{Kwargs, Object, ObjectRepr};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, Value};
use time::OffsetDateTime;

use super::escape::html;
use crate::languages::{Language, Text};
use crate::words;

/// A type that a variable can have.
pub(crate) trait Variable {
    /// The value in templates.
    fn to_value(&self) -> Value;
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Variable for $type {
            fn to_value(&self) -> Value {
                self.clone().into()
            }
        }
    )+};
}
plain!(String, bool, i64, u64, usize, Vec<String>, Value);

impl<T: Variable> Variable for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or_else(|| Value::from(()), Variable::to_value)
    }
}

/// A value whose words depend on the language. Without a filter, a duration is written as `duration` words it, a time as
/// `datetime`, and a text as `t`.
macro_rules! worded {
    ($($type:ty => $variant:ident),+ $(,)?) => {
        #[derive(Debug)]
        enum Worded {
            $($variant($type),)+
        }

        $(impl Variable for $type {
            fn to_value(&self) -> Value {
                Value::from_object(Worded::$variant(self.clone()))
            }
        })+
    };
}
worded!(Duration => Duration, OffsetDateTime => Time, Text => Text);

impl Worded {
    fn word(&self, language: Language) -> String {
        match self {
            Self::Duration(duration) => language.duration(*duration),
            Self::Time(time) => language.time(*time),
            Self::Text(text) => language.word(text),
        }
    }
}

impl Object for Worded {
    fn repr(self: &std::sync::Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &std::sync::Arc<Self>, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.word(Language::english()))
    }
}

/// The words of a value that has them.
pub(super) fn worded(language: Language, value: &Value) -> Option<Value> {
    value.downcast_object_ref::<Worded>().map(|worded| worded.word(language).into())
}

pub(super) fn add_filters(environment: &mut Environment<'_>, language: Language) {
    environment.add_filter("t", move |state: &State<'_, '_>, text: &Value, arguments: Kwargs| {
        translated(language, state, text, &arguments)
    });
    environment.add_filter("duration", move |value: &Value| Ok::<_, Error>(language.duration(lasting(value)?)));
    environment.add_filter("datetime", move |value: &Value| Ok::<_, Error>(language.time(moment(value)?)));
    environment.add_filter("timestamp", |value: &Value| Ok::<_, Error>(words::timestamp(moment(value)?)));
    environment.add_filter("words", move |name: &str| language.word(&words::of_name(name).into()));
}

/// In HTML, the text and its values are escaped, except values that are HTML.
fn translated(language: Language, state: &State<'_, '_>, text: &Value, arguments: &Kwargs) -> Result<Value, Error> {
    if let Some(words) = worded(language, text) {
        return Ok(words);
    }
    let english = text.as_str().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`t` takes a text"))?;
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    let mut values = Vec::new();
    let mut count = None;
    for name in arguments.args() {
        let value: Value = arguments.get(name)?;
        if name == "count" {
            count = u64::try_from(value.clone()).ok();
        }
        let value = worded(language, &value).unwrap_or(value);
        let is_escaped = !is_html || value.is_safe();
        values.push((name, if is_escaped { value.to_string() } else { html(&value.to_string()) }));
    }
    let escape = |text: &str| if is_html { html(text) } else { text.to_owned() };
    let missing = Cell::new(None);
    let value = |name: &str| {
        let found = values.iter().find(|(given, _)| *given == name);
        if found.is_none() {
            missing.set(Some(format!("the text has {{{name}}}, and `t` no argument `{name}`")));
        }
        found.map(|(_, value)| Cow::Borrowed(value.as_str()))
    };
    let filled = language.fill(english, count, escape, value);
    if let Some(missing) = missing.take() {
        return Err(Error::new(ErrorKind::MissingArgument, missing));
    }
    Ok(if is_html { Value::from_safe_string(filled) } else { filled.into() })
}

/// The values of an application have durations in seconds.
fn lasting(value: &Value) -> Result<Duration, Error> {
    let given = match value.downcast_object_ref::<Worded>() {
        Some(Worded::Duration(duration)) => Some(*duration),
        _ => u64::try_from(value.clone()).ok().map(Duration::from_secs),
    };
    given.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`duration` takes a duration, or a number of seconds"))
}

/// The values of an application have times in seconds since 1970.
fn moment(value: &Value) -> Result<OffsetDateTime, Error> {
    let given = match value.downcast_object_ref::<Worded>() {
        Some(Worded::Time(time)) => Some(*time),
        _ => i64::try_from(value.clone()).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
    };
    given.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this filter takes a time, or seconds since 1970"))
}
