//! What is sent to accounts: links and notices, counted like codes, and codes that are void with another owner.

use uuid::Uuid;

use super::code::{Limits, Subject, bounds};
use super::{Codes, code_store as store};
use crate::db::{self, Tx};

impl Subject {
    pub(crate) fn of(purpose: &'static str, id: Uuid) -> Self {
        Self { purpose, id, owner: None, place: None }
    }

    /// Codes are void for other owners and later versions. The counters stay the same.
    pub(crate) fn owned_by(self, owner: Uuid, version: i64) -> Self {
        Self { owner: Some((owner, version)), ..self }
    }
}

impl Codes<'_> {
    /// None if the limits forbid it; [`Codes::wait`] then returns for how long.
    pub(crate) async fn request(self, tx: &mut Tx, subject: Subject, limits: Limits) -> db::Result<Option<()>> {
        let bounds = bounds(&self.0.settings().codes, limits.lockout, self.0.now());
        let granted = store::request(tx, subject, None, limits, &bounds).await?;
        Ok(granted.then_some(()))
    }
}
