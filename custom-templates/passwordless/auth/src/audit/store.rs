//! Differs from the built-in project: events are kept nowhere but in the log, which has their lines by now.

use std::future::{Ready, ready};

use super::AuditRow;
use crate::db::{Db, Result, Tx};

pub(super) fn insert(_: &Db, _: &AuditRow) -> Ready<Result<()>> {
    ready(Ok(()))
}

pub(super) fn insert_in(_: &mut Tx, _: &AuditRow) -> Ready<Result<()>> {
    ready(Ok(()))
}
