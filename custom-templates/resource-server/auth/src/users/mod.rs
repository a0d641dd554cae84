//! What is known of users here: the roles that tokens speak of.

pub mod role;
