use std::borrow::Cow;
use std::time::Instant;

use axum::http::{Method, StatusCode};

use super::Metrics;
use super::labels::{self, Lacking};
use crate::error::Error;

impl Metrics {
    /// The request is in flight until the returned value is dropped.
    pub(crate) fn request(&self, method: &Method, route: Option<&str>) -> Request<'_> {
        self.in_flight.inc();
        let route = route.map_or(Cow::Borrowed("unmatched"), |route| Cow::Owned(route.to_owned()));
        Request { metrics: self, method: labels::method(method), route, started: Instant::now() }
    }
}

pub(crate) struct Request<'m> {
    metrics: &'m Metrics,
    method: &'static str,
    route: Cow<'static, str>,
    started: Instant,
}

impl Request<'_> {
    /// A request abandoned by its client has no response.
    pub(crate) fn answered(mut self, status: StatusCode, error: Option<&Error>) {
        let labels = [
            ("method", Cow::Borrowed(self.method)),
            ("route", std::mem::take(&mut self.route)),
            ("status", Cow::Borrowed(labels::class(status))),
        ];
        self.metrics.requests.get_or_create(&labels).observe(self.started.elapsed().as_secs_f64());
        if let Some(cause) = error.and_then(Lacking::of) {
            self.metrics.unavailable.get_or_create(&[("cause", cause.name())]).inc();
        }
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
    }
}
