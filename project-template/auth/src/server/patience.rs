//! Closes a connection whose client is too slow in sending the head of a request or in taking an answer: it could hold
//! its place indefinitely, at no cost. While a client sends a body that is no longer read, the connection stays open
//! for a while, or the client would lose its answer. `timeout` limits the time for a body.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the first byte of a head to its last; for the first request, from the opening of the connection.
    pub(super) head: Duration,
    /// While the client takes not a single byte of an answer.
    pub(super) answer: Duration,
    /// For draining a body that is no longer read.
    pub(super) rest: Duration,
    pub(super) rest_bytes: usize,
}

const CHUNK: usize = 16 * 1024;

#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<State>);

#[derive(Debug, Default)]
struct State {
    begun: AtomicU64,
    /// If not, incoming bytes belong to the next head.
    is_answering: AtomicBool,
    is_unread: AtomicBool,
}

impl Requests {
    pub(super) async fn answer<F: Future>(&self, answering: F) -> F::Output {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.is_answering.store(true, Ordering::Relaxed);
        let answer = answering.await;
        self.0.is_answering.store(false, Ordering::Relaxed);
        answer
    }

    /// No other request follows: all further bytes belong to the one that was answered.
    pub(super) fn leave_unread(&self) {
        self.0.is_unread.store(true, Ordering::Relaxed);
    }
}

pub(super) struct Patient<S> {
    stream: S,
    limits: Limits,
    requests: Requests,
    seen: u64,
    head: Timer,
    answer: Timer,
    has_part: bool,
    /// Set once the writing side is closed.
    rest: Option<Rest>,
}

struct Rest {
    bytes: usize,
    timer: Timer,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, limits: Limits, requests: Requests) -> Self {
        let mut head = Timer::default();
        head.start(limits.head);
        Self { stream, limits, requests, seen: 0, head, answer: Timer::default(), has_part: false, rest: None }
    }

    fn is_unread(&self) -> bool {
        let state = &self.requests.0;
        let is_in_head = self.has_part && self.seen == state.begun.load(Ordering::Relaxed);
        state.is_unread.load(Ordering::Relaxed) || is_in_head
    }

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
            this.has_part = false;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let is_head = !this.requests.0.is_answering.load(Ordering::Relaxed);
        if is_head && buffer.filled().len() > before {
            this.head.start(this.limits.head);
            this.has_part = true;
        }
        // Checked even if bytes have arrived: a slow client sends one now and then.
        match this.head.fail_when_over(context) {
            Poll::Pending => read,
            over @ Poll::Ready(_) => over,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
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
        if self.rest.is_none() {
            let ended = Pin::new(&mut self.stream).poll_shutdown(context);
            ready!(self.written(context, ended))?;
            if !self.is_unread() {
                return Poll::Ready(Ok(()));
            }
            let mut timer = Timer::default();
            timer.start(self.limits.rest);
            self.rest = Some(Rest { bytes: self.limits.rest_bytes, timer });
        }
        let this = &mut *self;
        let Some(rest) = &mut this.rest else { return Poll::Ready(Ok(())) };
        rest.poll_dropped(&mut this.stream, context).map(Ok)
    }
}

impl Rest {
    /// Ready when the client has sent everything, or has exceeded the time or the bytes.
    fn poll_dropped<S: AsyncRead + Unpin>(&mut self, stream: &mut S, context: &mut Context<'_>) -> Poll<()> {
        let mut chunk = vec![0; CHUNK];
        while self.bytes > 0 {
            if self.timer.fail_when_over::<()>(context).is_ready() {
                break;
            }
            let mut buffer = ReadBuf::new(&mut chunk);
            if ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer)).is_err() || buffer.filled().is_empty() {
                break;
            }
            self.bytes = self.bytes.saturating_sub(buffer.filled().len());
        }
        Poll::Ready(())
    }
}

#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn start(&mut self, limit: Duration) {
        self.0.get_or_insert_with(|| Box::pin(sleep(limit)));
    }

    fn stop(&mut self) {
        self.0 = None;
    }

    /// Pending while there is time left; wakes the task when it is over.
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

    const AT_ONCE: Limits =
        Limits { head: Duration::ZERO, answer: Duration::ZERO, rest: Duration::from_mins(1), rest_bytes: 100 };

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

    #[tokio::test]
    async fn what_nobody_reads_is_taken_until_the_client_has_sent_it_all() {
        let (mut client, mut server, requests) = connected(AT_ONCE);
        requests.leave_unread();
        let sending = async {
            client.write_all(&[b'x'; 64]).await.unwrap();
            client.shutdown().await.unwrap();
        };
        tokio::join!(sending, async { server.shutdown().await.unwrap() });
    }

    #[tokio::test]
    async fn what_nobody_reads_is_not_taken_for_ever() {
        let (mut client, mut server, requests) = connected(AT_ONCE);
        requests.leave_unread();
        let (sent, ()) = tokio::join!(client.write_all(&[b'x'; 1_000]), async {
            server.shutdown().await.unwrap();
            drop(server);
        });
        assert_eq!(sent.unwrap_err().kind(), io::ErrorKind::BrokenPipe, "too much");
        let (client, mut server, requests) = connected(Limits { rest: Duration::ZERO, ..AT_ONCE });
        requests.leave_unread();
        server.shutdown().await.unwrap();
        drop(client);
    }

    #[tokio::test]
    async fn a_connection_that_owes_nothing_ends_at_once() {
        let (_client, mut server, requests) = connected(AT_ONCE);
        requests.answer(async {}).await;
        server.shutdown().await.unwrap();
    }
}
