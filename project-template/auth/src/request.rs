//! The request that a task belongs to.

use std::net::IpAddr;

use uuid::Uuid;

use crate::languages;

tokio::task_local! {
    static ORIGIN: Origin;
}

/// The source of a task's events; empty in a command.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) request: Option<Uuid>,
    /// The client's address, unless the settings keep none.
    pub(crate) ip: Option<IpAddr>,
    /// The admin who acts, unless on their own account.
    pub(crate) actor: Option<Uuid>,
}

pub(crate) async fn of_request<F: Future>(origin: Origin, answering: F) -> F::Output {
    ORIGIN.scope(origin, answering).await
}

/// For work in a separate task on behalf of the current request.
pub(crate) fn of_same_request<F: Future>(work: F) -> impl Future<Output = F::Output> {
    of_request(current(), languages::in_same_language(work))
}

pub(crate) fn current() -> Origin {
    ORIGIN.try_with(|origin| *origin).unwrap_or_default()
}
