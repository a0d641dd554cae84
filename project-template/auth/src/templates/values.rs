//! The values of variables, and the filters that word them: `{{ lifetime|duration }}`, `{{ time|datetime }}`.
//!
//! A room passes a duration or a time as such. The words are chosen where a template is rendered, so that another
//! language needs other filters only.

use std::sync::Arc;
use std::time::Duration;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Environment, Error, ErrorKind, Value};
use time::OffsetDateTime;

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

impl Variable for Duration {
    fn to_value(&self) -> Value {
        Value::from_object(Lasting(*self))
    }
}

impl Variable for OffsetDateTime {
    fn to_value(&self) -> Value {
        Value::from_object(PointInTime(*self))
    }
}

/// A duration. Without a filter, it is written as `duration` words it.
#[derive(Debug)]
struct Lasting(Duration);

/// A time. Without a filter, it is written as `datetime` words it.
#[derive(Debug)]
struct PointInTime(OffsetDateTime);

impl Object for Lasting {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&words::duration(self.0))
    }
}

impl Object for PointInTime {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&words::time(self.0))
    }
}

pub(super) fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("duration", |value: &Value| Ok::<_, Error>(words::duration(lasting(value)?)));
    environment.add_filter("datetime", |value: &Value| Ok::<_, Error>(words::time(moment(value)?)));
    environment.add_filter("timestamp", |value: &Value| Ok::<_, Error>(words::timestamp(moment(value)?)));
    environment.add_filter("words", words::of_name);
}

/// The values of an application have durations in seconds.
fn lasting(value: &Value) -> Result<Duration, Error> {
    let given = value.downcast_object_ref::<Lasting>().map(|lasting| lasting.0);
    let given = given.or_else(|| u64::try_from(value.clone()).ok().map(Duration::from_secs));
    given.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`duration` takes a duration, or a number of seconds"))
}

/// The values of an application have times in seconds since 1970.
fn moment(value: &Value) -> Result<OffsetDateTime, Error> {
    let given = value.downcast_object_ref::<PointInTime>().map(|moment| moment.0);
    let given = given.or_else(|| OffsetDateTime::from_unix_timestamp(i64::try_from(value.clone()).ok()?).ok());
    given.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this filter takes a time, or seconds since 1970"))
}
