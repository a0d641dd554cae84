//! A connection that is given up when its client is too slow: with the head of a request, or in taking an answer.
//!
//! Both cost a client nothing and would keep a place for as long as it likes. How long a body may take is the request's
//! affair, and how long nothing may be said at all is hyper's.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the first byte of a request's head to its last; of the first request, from the opening of the connection.
    pub(super) head: Duration,
    /// Without taking a single byte of an answer.
    pub(super) answer: Duration,
}

/// What is known of the requests of a connection, which its stream cannot tell by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// How many heads have come to their end.
    begun: AtomicU64,
    /// Whether one is being answered. If not, what comes is the head of the next one.
    is_answering: AtomicBool,
}

impl Requests {
    /// Answers a request whose head has come.
    pub(super) async fn answer<F: Future>(&self, answering: F) -> F::Output {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.is_answering.store(true, Ordering::Relaxed);
        let answer = answering.await;
        self.0.is_answering.store(false, Ordering::Relaxed);
        answer
    }
}

/// A stream with limits.
pub(super) struct Patient<S> {
    stream: S,
    limits: Limits,
    requests: Requests,
    /// How many had begun when it was last read.
    seen: u64,
    head: Timer,
    answer: Timer,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, limits: Limits, requests: Requests) -> Self {
        let mut head = Timer::default();
        head.start(limits.head);
        Self { stream, limits, requests, seen: 0, head, answer: Timer::default() }
    }

    /// Fails if what was written has waited for too long.
    fn written<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() {
            self.answer.start(self.limits.answer);
            return self.answer.fail_when_over(context);
        }
        self.answer.stop();
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let begun = this.requests.0.begun.load(Ordering::Relaxed);
        if this.seen != begun {
            this.seen = begun;
            this.head.stop();
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let is_head = !this.requests.0.is_answering.load(Ordering::Relaxed);
        if is_head && buffer.filled().len() > before {
            this.head.start(this.limits.head);
        }
        // Asked also when there is something to read: a byte now and then is what a slow client sends.
        match this.head.fail_when_over(context) {
            Poll::Pending => read,
            over @ Poll::Ready(_) => over,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.written(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(context, ended)
    }
}

/// Runs from its first start on, until it is stopped.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn start(&mut self, limit: Duration) {
        self.0.get_or_insert_with(|| Box::pin(sleep(limit)));
    }

    fn stop(&mut self) {
        self.0 = None;
    }

    /// Pending while there is time; wakes the task when that is over.
    fn fail_when_over<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Some(timer) = &mut self.0 else { return Poll::Pending };
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const AT_ONCE: Limits = Limits { head: Duration::ZERO, answer: Duration::ZERO };

    fn connected(limits: Limits) -> (DuplexStream, Patient<DuplexStream>, Requests) {
        let (client, server) = duplex(8);
        let requests = Requests::default();
        (client, Patient::new(server, limits, requests.clone()), requests)
    }

    async fn read(server: &mut Patient<DuplexStream>) -> io::Result<u8> {
        server.read_u8().await
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_an_end_ends_the_connection() {
        let (_client, mut server, _) = connected(AT_ONCE);
        assert_eq!(read(&mut server).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (mut client, mut server, _) = connected(AT_ONCE);
        client.write_all(b"GET").await.unwrap();
        while read(&mut server).await.is_ok() {}
    }

    #[tokio::test]
    async fn a_body_and_the_silence_between_two_requests_may_take_longer() {
        let (mut client, mut server, requests) = connected(AT_ONCE);
        requests
            .answer(async {
                client.write_all(b"body").await.unwrap();
                for _ in 0..4 {
                    read(&mut server).await.unwrap();
                }
            })
            .await;
        requests.answer(async {}).await;
        let silence = tokio::time::timeout(Duration::from_millis(20), read(&mut server));
        assert!(silence.await.is_err(), "it waits for the next request");
        client.write_all(b"next").await.unwrap();
        while read(&mut server).await.is_ok() {}
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_ends_the_connection() {
        let (mut client, mut server, _) = connected(AT_ONCE);
        for _ in 0..2 {
            server.write_all(b"12345678").await.unwrap();
            client.read_exact(&mut [0; 8]).await.unwrap();
        }
        server.write_all(b"12345678").await.unwrap();
        assert_eq!(server.write_all(b"9").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
