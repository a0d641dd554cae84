use uuid::Uuid;

use super::{Audit, AuditRow, store};
use crate::db::Tx;
use crate::request;

const LABEL: &str = "application";

/// An event of the application's own, for the audit log.
#[derive(Clone, Debug)]
pub struct OwnEvent {
    kind: &'static str,
    user: Option<Uuid>,
    session: Option<Uuid>,
    detail: Option<String>,
}

impl OwnEvent {
    /// `kind` is a word such as `invoice_paid`, stored as `app.invoice_paid`, apart from the built-in kinds.
    #[must_use]
    pub fn new(kind: &'static str) -> Self {
        Self { kind, user: None, session: None, detail: None }
    }

    /// The account it concerns.
    #[must_use]
    pub fn of(self, user: Uuid) -> Self {
        Self { user: Some(user), ..self }
    }

    /// The session it happened in.
    #[must_use]
    pub fn session(self, session: impl Into<Option<Uuid>>) -> Self {
        Self { session: session.into(), ..self }
    }

    /// Details: no secrets, and no personal data that must be deleted with the account, since the row outlives it.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into().replace('\0', "")), ..self }
    }
}

impl Audit<'_> {
    /// Writes an event in the transaction that makes it true, with the request and the client's address.
    ///
    /// ```
    /// use auth::audit::OwnEvent;
    /// use auth::{Auth, CurrentUser, Result};
    ///
    /// async fn pay(auth: &Auth, user: &CurrentUser) -> Result<()> {
    ///     let mut tx = auth.db().begin().await?;
    ///     // … the rows of the payment
    ///     auth.audit().record(&mut tx, &OwnEvent::new("invoice_paid").of(user.id()).saying("invoice 7")).await?;
    ///     tx.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn record(self, tx: &mut Tx, event: &OwnEvent) -> sqlx::Result<()> {
        let origin = request::current();
        let row = AuditRow {
            id: Uuid::now_v7(),
            at: self.0.now(),
            kind: format!("app.{}", event.kind),
            request_id: origin.request,
            user_id: event.user,
            session_id: event.session,
            actor_id: origin.actor,
            email: None,
            ip: origin.ip.map(|ip| ip.to_string()),
            detail: event.detail.clone(),
            count: 1,
        };
        store::insert_in(tx, &row).await?;
        let auth = self.0.clone();
        tx.after_commit(move || {
            auth.metrics().event(LABEL);
            row.log(false);
        });
        Ok(())
    }
}
