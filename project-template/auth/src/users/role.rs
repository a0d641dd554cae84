//! Roles are numbers, so that an application can add its own in between.

/// Every user who signs up.
pub const USER: i64 = 0;
/// May use the admin pages.
pub const STAFF: i64 = 900;
/// May do everything.
pub const SUPERUSER: i64 = 1000;
