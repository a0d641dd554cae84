//! An event as it is kept.

use time::OffsetDateTime;
use uuid::Uuid;

crate::row! {
    /// An event as it is stored.
    #[derive(Clone, Debug)]
    pub struct AuditRow {
        /// UUIDv7: sorts by time.
        pub id: Uuid,
        /// When it happened.
        pub at: OffsetDateTime,
        /// What happened.
        pub kind: String,
        /// `X-Request-Id` of the answer.
        pub request_id: Option<Uuid>,
        /// Whom it concerns.
        pub user_id: Option<Uuid>,
        /// In which session.
        pub session_id: Option<Uuid>,
        /// Who did it, where that is somebody else.
        pub actor_id: Option<Uuid>,
        /// The address, masked.
        pub email: Option<String>,
        /// The client's address.
        pub ip: Option<String>,
        /// Why, or what it was about.
        pub detail: Option<String>,
        /// How many at once.
        pub count: i64,
    }
}
