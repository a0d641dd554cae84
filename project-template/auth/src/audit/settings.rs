use std::time::Duration;

use crate::settings::{Deployed, Section};

/// The minimum of `audit.retention`: break-ins are rarely noticed on the same day.
const MIN_RETENTION: Duration = Duration::from_hours(24);

/// `[audit]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long rows are kept; forever if none.
    pub retention: Option<Duration>,
    /// Whether the owner is notified of a sign-in from a new device.
    pub notify_new_device: bool,
    /// Whether the owner is notified of a replayed refresh token.
    pub notify_replay: bool,
}

impl Settings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let retention = section.optional_duration("retention");
        if retention.is_some_and(|retention| retention < MIN_RETENTION) {
            section.problem("retention", "must be at least \"1d\"; empty keeps everything");
        }
        Self {
            retention,
            notify_new_device: section.flag("notify_new_device"),
            notify_replay: section.flag("notify_replay"),
        }
    }
}

impl Deployed for Settings {}
