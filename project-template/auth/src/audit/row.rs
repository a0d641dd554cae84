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
        /// The kind of event.
        pub kind: String,
        /// `X-Request-Id` of the answer.
        pub request_id: Option<Uuid>,
        /// The account it concerns.
        pub user_id: Option<Uuid>,
        /// The session it happened in.
        pub session_id: Option<Uuid>,
        /// The account that caused it, if another one.
        pub actor_id: Option<Uuid>,
        /// The masked mail address.
        pub email: Option<String>,
        /// The client's IP address.
        pub ip: Option<String>,
        /// The reason, or the subject.
        pub detail: Option<String>,
        /// How many events or sessions the row stands for.
        pub count: i64,
    }
}
