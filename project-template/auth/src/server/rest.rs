//! The part of a request's body that has not arrived when the answer is ready.
//! Closing the connection would discard the answer, which a client that is still sending has not read (RFC 9112,
//! section 9.6); a proxy then reports a broken server. A short rest is read to its end, and the connection is kept. For
//! a long one, or one that may never come, the answer has `Connection: close`, and [`super::patience`] drains it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, header};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

const SHORT: u64 = 64 * 1024;
const SHORT_TIME: Duration = Duration::from_secs(1);

struct Lent {
    body: Option<Incoming>,
    rest: Rest,
}

#[derive(Clone, Default)]
pub(super) struct Rest(Arc<Mutex<Option<Incoming>>>);

pub(super) fn lend(request: Request<Incoming>) -> (Request<Body>, Rest) {
    let rest = Rest::default();
    let lent = request.map(|body| Body::new(Lent { body: Some(body), rest: rest.clone() }));
    (lent, rest)
}

impl Rest {
    /// If so, the answer says that the connection takes no other request.
    pub(super) async fn is_unread(&self, expects_permission: bool, response: &mut Response<Body>) -> bool {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(body) = rest else { return false };
        // Reading would send `100 Continue`, the permission to send the body.
        let is_short = !expects_permission && body.size_hint().upper().is_some_and(|left| left <= SHORT);
        if is_short && tokio::time::timeout(SHORT_TIME, drop_all(body)).await.is_ok() {
            return false;
        }
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        true
    }
}

async fn drop_all(mut body: Incoming) {
    while let Some(Ok(_)) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {}
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            *self.rest.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl hyper::body::Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(hyper::body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), hyper::body::Body::size_hint)
    }
}
