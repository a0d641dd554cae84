//! Variables that platforms and Django projects set.

pub(super) const WELL_KNOWN: &[(&str, &str)] = &[
    ("CRON_SECRET_KEY", "cron.secret"),
    ("DATABASE_URL", "database.url"),
    ("DEFAULT_FROM_EMAIL", "mail.from"),
    ("EMAIL_HOST", "mail.host"),
    ("EMAIL_HOST_PASSWORD", "mail.password"),
    ("EMAIL_HOST_USER", "mail.user"),
    ("EMAIL_PORT", "mail.port"),
    ("EMAIL_USE_TLS", "mail.tls"),
    ("ENVIRONMENT", "environment"),
    ("REDIS_URL", "redis.url"),
];
