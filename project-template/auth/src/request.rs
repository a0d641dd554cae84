//! Which request a task belongs to.

use std::net::IpAddr;

use uuid::Uuid;

tokio::task_local! {
    static ORIGIN: Origin;
}

/// The request that is being answered; nothing in a command.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    /// `X-Request-Id`.
    pub(crate) request: Option<Uuid>,
    /// The client's address, unless the settings keep none.
    pub(crate) ip: Option<IpAddr>,
    /// Who does it to somebody else.
    pub(crate) actor: Option<Uuid>,
}

/// Runs what answers a request: events in it are the request's.
pub(crate) async fn of_request<F: Future>(origin: Origin, answering: F) -> F::Output {
    ORIGIN.scope(origin, answering).await
}

/// Does something to somebody else: events in it have this actor.
pub(crate) fn acting<F: Future>(actor: Uuid, doing: F) -> impl Future<Output = F::Output> {
    of_request(Origin { actor: Some(actor), ..current() }, doing)
}

/// As [`of_request`], for what is done in a task of its own for the request that is being answered now.
pub(crate) fn of_same_request<F: Future>(work: F) -> impl Future<Output = F::Output> {
    of_request(current(), work)
}

/// The request that is being answered; empty in a command.
pub(crate) fn current() -> Origin {
    ORIGIN.try_with(|origin| *origin).unwrap_or_default()
}
