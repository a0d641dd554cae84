use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};

use crate::error::Error;
use crate::error::shared::{TimedOut, TookTooLong};

/// 408 if the client's body did not arrive. If the server was too slow, 503 with the time to wait: after a 408, clients
/// may repeat a request at once (RFC 9110, section 15.5.9), which would slow the server down further.
pub(super) async fn limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let is_awaited = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Body::new(Awaited { body, is_awaited: Arc::clone(&is_awaited) }));
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_awaited.load(Ordering::Relaxed) => Error::from(TimedOut).into_response(),
        Err(_) => Error::from(TookTooLong).into_response(),
    }
}

struct Awaited {
    body: Body,
    is_awaited: Arc<AtomicBool>,
}

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.is_awaited.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
