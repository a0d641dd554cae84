//! What is known of users here: the roles that tokens speak of. Differs from the built-in project: there are no
//! accounts.

pub mod role;
