//! What keeps a server running: health for load balancers, and the removal of what has expired.

mod flush;
mod routes;

use std::time::Duration;

pub(crate) use flush::{expired, flush, flush_by_itself};
pub(crate) use routes::router;

use crate::settings::Section;

/// `[cron]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often the server removes what has expired.
    pub interval: Option<Duration>,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let interval = section.duration("interval");
        Self { interval: (!interval.is_zero()).then_some(interval) }
    }
}
