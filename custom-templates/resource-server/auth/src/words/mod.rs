//! Values formatted for people. Differs from the built-in project: there are no rows and metrics, whose words are
//! enums.

mod said;

pub use said::{duration, of_name, time, timestamp};
