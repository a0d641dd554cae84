//! Roles are numbers, so that a company can put its own between these.

/// Everybody who signs up.
pub const USER: i64 = 0;
/// May use the admin pages.
pub const STAFF: i64 = 900;
/// May do everything.
pub const SUPERUSER: i64 = 1000;
