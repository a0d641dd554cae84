//! Variables that platforms and Django projects set. Differs from the built-in project: there is no database and no
//! cron, and ids have a key.

pub(super) const WELL_KNOWN: &[(&str, &str)] = &[
    ("DEFAULT_FROM_EMAIL", "mail.from"),
    ("EMAIL_HOST", "mail.host"),
    ("EMAIL_HOST_PASSWORD", "mail.password"),
    ("EMAIL_HOST_USER", "mail.user"),
    ("EMAIL_PORT", "mail.port"),
    ("EMAIL_USE_TLS", "mail.tls"),
    ("ENVIRONMENT", "environment"),
    ("REDIS_URL", "redis.url"),
    ("USER_ID_KEY", "users.id_key"),
];
