use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::settings::Problem;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Settings::load(Path::new("settings.toml"), text, &environment).map_err(|problems| problems.to_string())
}

/// The settings that production requires.
const PRODUCTION: [(&str, &str); 4] = [
    ("ENVIRONMENT", "production"),
    ("JWT_ALLAUTH__HTTP__PUBLIC_URL", "https://auth.example.com"),
    ("EMAIL_HOST", "mail.example.com"),
    ("DEFAULT_FROM_EMAIL", "no-reply@example.com"),
];

#[test]
fn without_a_file_every_setting_has_its_default() {
    let settings = load("", &[]).unwrap();
    assert_eq!(settings.http.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.sessions.refresh_lifetime.as_secs(), 14 * 86_400);
    assert_eq!(settings.tokens.access_lifetime.as_secs(), 1_800);
}

#[test]
fn the_environment_overrides_the_file_and_long_names_override_well_known_ones() {
    let file = "[database]\nurl = \"sqlite://file.db\"\n[sessions]\ntransport = \"body\"";
    let settings = load(file, &[("DATABASE_URL", "sqlite://known.db")]).unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&settings.database.url), "sqlite://known.db");
    assert_eq!(settings.sessions.transport, sessions::Transport::Body);
    let variables = [("DATABASE_URL", "sqlite://known.db"), ("JWT_ALLAUTH__DATABASE__URL", "sqlite://long.db")];
    let settings = load(file, &variables).unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&settings.database.url), "sqlite://long.db");
}

#[test]
fn variables_take_the_type_of_the_key_they_set() {
    let settings = load(
        "",
        &[
            ("JWT_ALLAUTH__REGISTRATION__OPEN", "False"),
            ("JWT_ALLAUTH__HTTP__BODY_LIMIT", "2048"),
            ("JWT_ALLAUTH__HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("JWT_ALLAUTH__HTTP__CORS_ORIGINS", r#"["https://a.example","https://b.example:8443"]"#),
            ("JWT_ALLAUTH__TOKENS__SESSION_CHECK", "on"),
            ("PORT", "9000"),
        ],
    )
    .unwrap();
    assert!(!settings.registration.open);
    assert_eq!(settings.http.body_limit, 2_048);
    assert_eq!(settings.http.trusted_proxies.len(), 2);
    assert_eq!(settings.http.cors_origins.len(), 2);
    assert!(settings.tokens.session_check);
    assert_eq!(settings.http.bind.port(), 9_000);
}

#[test]
fn a_variable_that_ends_in_file_reads_the_value_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "sqlite://mounted.db\n").unwrap();
    let path = file.path().to_str().unwrap();
    for name in ["DATABASE_URL_FILE", "JWT_ALLAUTH__DATABASE__URL_FILE"] {
        let settings = load("", &[(name, path)]).unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&settings.database.url), "sqlite://mounted.db");
        assert!(load("", &[(name, "/does/not/exist")]).unwrap_err().contains(name));
    }
}

#[test]
fn one_message_names_every_problem_with_its_source_key_and_fix() {
    let file = r#"
        environment = "staging"
        surprise = 1
        [http]
        public_url = "example.com"
        [sessions]
        transport = "cokie"
        refresh_lifetime = "14"
        retry_window = "2m"
        max = 3
        [password]
        min_length = "eight"
        [nonsense]
        key = 1
    "#;
    let problems =
        load(file, &[("JWT_ALLAUTH__TOKENS__LEEWAY", "5m"), ("JWT_ALLAUTH__TOKENS__LIFETIME", "5m")]).unwrap_err();
    for expected in [
        "11 problems in the settings:",
        "settings.toml: `environment` must be one of development, production, not \"staging\"",
        "settings.toml: there is no setting `surprise`",
        "settings.toml: there is no setting `nonsense`",
        "settings.toml: there is no setting `sessions.max`",
        "settings.toml: `http.public_url` must be an address",
        "settings.toml: `sessions.transport` must be one of cookie, body, not \"cokie\"",
        "settings.toml: `sessions.refresh_lifetime` must be a duration",
        "settings.toml: `sessions.retry_window` must be at most \"60s\"",
        "settings.toml: `password.min_length` must be a whole number, not a text in quotes",
        "JWT_ALLAUTH__TOKENS__LEEWAY: `tokens.leeway` must be at most \"60s\"",
        "JWT_ALLAUTH__TOKENS__LIFETIME: there is no setting `tokens.lifetime`",
    ] {
        assert!(problems.contains(expected), "{expected}\n---\n{problems}");
    }
}

#[test]
fn what_is_found_when_something_is_made_is_told_with_the_rest_and_no_key_is_told_of_twice() {
    let file = "[tokens]\nalgorithm = \"none\"\nencryption_keys = [\"k1:x\"]\n[mail]\nca_file = \"ca.pem\"";
    let draft = Draft::read(Path::new("settings.toml"), file, &BTreeMap::new()).unwrap();
    let found = |key: &str| Problem::new(key, "is wrong");
    let keys = ["mail.ca_file", "tokens.algorithm", "tokens.encryption_keys", "tokens.keys", "tokens.keys"];
    let problems = draft.finish_with(|_| Err::<(), _>(keys.map(found).to_vec())).unwrap_err().to_string();
    assert!(problems.starts_with("5 problems in the settings:"), "{problems}");
    for expected in [
        "settings.toml: `tokens.algorithm` must be one of EdDSA",
        "settings.toml: `tokens.encryption_keys` entry 1 is not base64url of 32 bytes",
        "settings.toml: `mail.ca_file` is wrong",
        "  - `tokens.keys` is wrong\n  - `tokens.keys` is wrong",
    ] {
        assert!(problems.contains(expected), "{expected}\n---\n{problems}");
    }

    let draft = |text| Draft::read(Path::new("settings.toml"), text, &BTreeMap::new()).unwrap();
    assert!(draft(file).finish_with(|_| Ok(())).is_err(), "that something can be made mends nothing");
    assert_eq!(draft("").finish_with(|settings| Ok(settings.mail.port)).unwrap(), 587);
    let problems = draft("").finish_with(|_| Err::<(), _>(vec![found("tokens.keys")])).unwrap_err();
    assert_eq!(problems.to_string(), "one problem in the settings:\n  - `tokens.keys` is wrong");
}

#[test]
fn one_mistake_is_told_of_once_whatever_is_compared_with_it() {
    for (file, problem) in [
        ("[audit]\nretention = \"x\"", "`audit.retention` must be a duration"),
        ("[throttle]\nlongest_pause = \"x\"", "`throttle.longest_pause` must be a duration"),
        ("[throttle]\naccount_stop = 0", "`throttle.account_stop` must be from 1 to"),
        ("[password]\nmin_length = 70\nmax_length = 0", "`password.max_length` must be from 64 to"),
        ("[password]\nhash_memory = 16\nhash_parallelism = 9", "`password.hash_parallelism` must be from 1 to"),
        ("[codes]\nlockout = \"5\"", "`codes.lockout` must be a duration"),
        ("[codes]\nlifetime = \"30m\"\nlockout = 5", "`codes.lockout` must be a text"),
        ("[mail]\nuser = 1\npassword = \"x\"", "`mail.user` must be a text"),
        ("[http]\nbind = \"x\"\nmetrics_bind = \"127.0.0.1:8000\"", "`http.bind` must be an address and a port"),
        ("[sessions]\ncookie_path = \"\"", "`sessions.cookie_path` must not be empty"),
        (
            "[audit]\nnotify_new_device = true\n[sessions]\ncollect_device = \"no\"",
            "`sessions.collect_device` must be true or false",
        ),
    ] {
        let problems = load(file, &[]).unwrap_err();
        let expected = format!("one problem in the settings:\n  - settings.toml: {problem}");
        assert!(problems.starts_with(&expected), "{file}: {problems}");
    }
    let production: Vec<_> =
        PRODUCTION.into_iter().chain([("JWT_ALLAUTH__MAIL__TRANSPORT", "smpt"), ("EMAIL_HOST", "")]).collect();
    assert!(load("", &production).unwrap_err().starts_with("one problem"), "and refused as unsafe no more");
    let two = load("[sessions]\ncookie_name = \"__Host-a b\"\ncookie_path = \"/x\"", &[]).unwrap_err();
    assert!(two.starts_with("2 problems"), "two mistakes in one value are two: {two}");
}

#[test]
fn an_address_of_a_database_is_one_or_is_refused_without_being_shown() {
    for url in ["sqlite://app.db", "sqlite::memory:", "postgres://app:hunter2@db.example.com:5433/app?sslmode=require"]
    {
        assert!(load("", &[("DATABASE_URL", url)]).is_ok(), "{url}");
    }
    for url in ["mysql://app:hunter2@db", "postgres://app:hunter2@db:port/app", "sqlite://hunter2.db?mode=wrong"] {
        let problem = load("", &[("DATABASE_URL", url)]).unwrap_err();
        assert!(problem.contains("DATABASE_URL: `database.url` must "), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn a_key_that_itself_names_a_file_is_set_by_its_variable() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "/etc/ssl/ours.pem\n").unwrap();
    let ca_file = |variable, value: &str| load("", &[(variable, value)]).unwrap().mail.ca_file;
    let expected = Some(PathBuf::from("/etc/ssl/ours.pem"));
    assert_eq!(ca_file("JWT_ALLAUTH__MAIL__CA_FILE", "/etc/ssl/ours.pem"), expected);
    assert_eq!(ca_file("JWT_ALLAUTH__MAIL__CA_FILE_FILE", file.path().to_str().unwrap()), expected);
}

#[test]
fn what_would_never_work_together_does_not_start() {
    for (file, problem) in [
        ("admin.path = \"/docs\"", "`admin.path` must not lie within http.prefix"),
        ("admin.path = \"/jwt-allauth/user\"", "`admin.path` must not"),
        ("http.prefix = \"/admin/api\"", "`admin.path` must not"),
        ("sessions.cookie_name = \"access_token\"", "`sessions.cookie_name` is the name of another cookie"),
        ("sessions.cookie_name = \"__Host-access_token\"", "`sessions.cookie_name` is the name of another"),
        ("sessions.cookie_name = \"__Secure-access_token\"", "`sessions.cookie_name` is the name of another"),
        ("sessions.cookie_name = \"csrf_access_token\"", "`sessions.cookie_name` is the name of another"),
        ("sessions.cookie_name = \"csrftoken\"", "`sessions.cookie_name` is the name of another"),
        ("sessions.cookie_name = \"__Secure-admin_form\"", "`sessions.cookie_name` is the name of another"),
        ("sessions.cookie_name = \"account_session\"", "`sessions.cookie_name` is the name of another"),
        (
            "http.public_url = \"https://auth.example.com\"\nsessions.cookie_domain = \"example.org\"",
            "`sessions.cookie_domain` must be the host of http.public_url",
        ),
        ("http.public_url = \"https://ada:pw@auth.example.com\"", "`http.public_url` must be an address"),
        ("http.public_url = \"https://auth.example.com#x\"", "`http.public_url` must be an address"),
    ] {
        let problems = load(file, &[]).unwrap_err();
        assert!(problems.contains(problem), "{file}: {problems}");
    }
    for file in [
        "admin.path = \"/administration\"\nhttp.prefix = \"/admin\"",
        "admin.path = \"/docs\"\nadmin.enabled = false",
        "http.prefix = \"\"",
        "http.public_url = \"https://auth.example.com\"\nsessions.cookie_domain = \"Example.com\"",
    ] {
        assert!(load(file, &[]).is_ok(), "{file}");
    }
}

#[test]
fn no_budget_of_codes_outlasts_the_memory_of_what_was_spent_of_it() {
    for (file, problem) in [
        ("codes.lockout = \"25h\"", "`codes.lockout` must be at most \"24h\""),
        ("codes.lifetime = \"25h\"", "`codes.lifetime` must be longer than zero and at most \"24h\""),
        ("codes.lockout = \"1m\"", "`codes.lockout` must be at least as long as codes.lifetime"),
    ] {
        let problems = load(file, &[]).unwrap_err();
        assert!(problems.contains(problem), "{file}: {problems}");
    }
    assert!(load("codes = { lifetime = \"24h\", lockout = \"1d\" }", &[]).is_ok());
}

#[test]
fn a_variable_with_too_few_underscores_is_told_its_right_name() {
    for name in ["JWT_ALLAUTH_SESSIONS__TRANSPORT", "JWT_ALLAUTH_SESSIONS_TRANSPORT"] {
        let problem = load("", &[(name, "body")]).unwrap_err();
        assert!(problem.contains(&format!("{name}: ")), "{problem}");
        assert!(problem.contains("its name is JWT_ALLAUTH__SESSIONS__TRANSPORT,"), "{problem}");
    }
    assert!(load("", &[("JWT_ALLAUTH_SECRET_KEY", "of a Django project"), ("SESSIONS_TRANSPORT", "body")]).is_ok());
}

#[test]
fn an_address_of_redis_is_one_or_is_refused_without_being_shown() {
    for url in ["redis://:hunter2@127.0.0.1:6379/0", "redis://redis:6379", "rediss://user:hunter2@[::1]/1"] {
        let settings = load("", &[("REDIS_URL", url)]).unwrap();
        assert_eq!(settings.redis.url.as_ref().map(secrecy::ExposeSecret::expose_secret), Some(url));
        assert!(!format!("{settings:?}").contains(url));
    }
    for url in [
        "redis:6379",
        "http://:hunter2@redis",
        "redis://:hunter2@redis/zero",
        "redis://:hunter2@redis:port",
        "rediss://:hunter2@redis/#insecure",
    ] {
        let problem = load("", &[("REDIS_URL", url)]).unwrap_err();
        assert!(problem.contains("REDIS_URL: `redis.url` must be an address such as"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
    assert!(load("", &[("REDIS_URL", "")]).unwrap().redis.url.is_none());
}

#[test]
fn whoever_prints_the_settings_sees_no_secret() {
    let secret = "n0pN8J-2a1u0bqBp3vPCeFyO1VCE0bBAwW2Jx6JHv1s";
    let settings = load(
        "",
        &[
            ("DATABASE_URL", &format!("postgres://me:{secret}@localhost/app")),
            ("REDIS_URL", &format!("redis://:{secret}@localhost:6379/0")),
            ("CRON_SECRET_KEY", secret),
            ("EMAIL_HOST", "mail.example.com"),
            ("EMAIL_HOST_USER", "me"),
            ("EMAIL_HOST_PASSWORD", secret),
            ("DEFAULT_FROM_EMAIL", "no-reply@example.com"),
            ("JWT_ALLAUTH__TOKENS__KEYS", secret),
            ("JWT_ALLAUTH__TOKENS__ENCRYPTION_KEYS", &format!("new:{secret}")),
        ],
    );
    let shown = format!("{:#?}", settings.unwrap());
    assert!(shown.contains("no-reply@example.com") && !shown.contains(secret), "{shown}");
}

#[test]
fn a_file_that_is_no_toml_is_shown_with_its_line() {
    let problem = load("[http]\nbind = \"127.0.0.1:8000\nprefix = \"/x\"", &[]).unwrap_err();
    assert!(problem.contains("line 2"), "{problem}");
}

#[test]
fn production_does_not_start_without_a_public_url() {
    let problem = load("", &[("ENVIRONMENT", "production")]).unwrap_err();
    assert!(problem.contains("`http.public_url` must be set in production"), "{problem}");
    assert!(load("", &PRODUCTION).is_ok());
}

#[test]
fn production_does_not_start_with_the_console_mailer_or_without_a_sender() {
    let without = |name| {
        let variables: Vec<_> = PRODUCTION.into_iter().filter(|(variable, _)| *variable != name).collect();
        load("", &variables).unwrap_err()
    };
    assert!(without("EMAIL_HOST").contains("`mail.transport` must not be \"console\" in production"));
    assert!(without("DEFAULT_FROM_EMAIL").contains("`mail.from` must be"));
}

#[test]
fn the_variables_of_a_mail_server_are_those_everybody_knows() {
    use secrecy::ExposeSecret;
    let mail = load(
        "",
        &[
            ("EMAIL_HOST", "mail.example.com"),
            ("EMAIL_PORT", "2525"),
            ("EMAIL_HOST_USER", "ada"),
            ("EMAIL_HOST_PASSWORD", "secret"),
            ("EMAIL_USE_TLS", "True"),
            ("DEFAULT_FROM_EMAIL", "Example <no-reply@example.com>"),
        ],
    )
    .unwrap()
    .mail;
    assert!(matches!(mail.transport, mail::Transport::Smtp), "a host is enough to choose it");
    assert_eq!((mail.host.as_str(), mail.port, mail.user.as_str()), ("mail.example.com", 2525, "ada"));
    assert_eq!((mail.password.expose_secret(), mail.tls), ("secret", mail::Tls::Starttls));
    assert_eq!(mail.from.to_string(), "Example <no-reply@example.com>");
    let tls = |word| {
        let variables = [("EMAIL_HOST", "h"), ("EMAIL_USE_TLS", word), ("DEFAULT_FROM_EMAIL", "a@example.com")];
        load("", &variables).unwrap().mail.tls
    };
    for word in ["1", "true", "True", "yes", "ON"] {
        assert_eq!(tls(word), mail::Tls::Starttls, "{word}");
    }
    for word in ["0", "false", "False", "NO", "off"] {
        assert_eq!(tls(word), mail::Tls::None, "{word}");
    }
    assert!(load("", &[("EMAIL_HOST", "h")]).unwrap_err().contains("`mail.from` must be an address"));
}

#[test]
fn a_host_cookie_needs_the_attributes_browsers_ask_for() {
    let problem = load("[sessions]\ncookie_name = \"__Host-r\"\ncookie_path = \"/auth\"", &[]).unwrap_err();
    assert!(problem.contains("__Host-"), "{problem}");
    assert!(load("[sessions]\ncookie_name = \"__Host-r\"", &[]).is_ok());
}

#[test]
fn metrics_have_a_port_of_their_own() {
    let with =
        |bind, metrics| load("", &[("JWT_ALLAUTH__HTTP__BIND", bind), ("JWT_ALLAUTH__HTTP__METRICS_BIND", metrics)]);
    assert_eq!(with("127.0.0.1:8000", "").unwrap().http.metrics_bind, None);
    for (bind, metrics) in
        [("127.0.0.1:8000", "127.0.0.1:9000"), ("192.0.2.1:8000", "10.0.0.1:8000"), ("127.0.0.1:0", "127.0.0.1:0")]
    {
        assert_eq!(with(bind, metrics).unwrap().http.metrics_bind, Some(metrics.parse().unwrap()));
    }
    for (bind, metrics) in
        [("127.0.0.1:8000", "127.0.0.1:8000"), ("0.0.0.0:8000", "127.0.0.1:8000"), ("10.0.0.1:8000", "[::]:8000")]
    {
        let problem = with(bind, metrics).unwrap_err();
        assert!(problem.contains("`http.metrics_bind` must not be the port of http.bind"), "{problem}");
    }
    for no_address in ["9000", "localhost:9000", "127.0.0.1", "127.0.0.1:99999"] {
        let problem = with("127.0.0.1:8000", no_address).unwrap_err();
        assert!(problem.contains("`http.metrics_bind` must be an address and a port"), "{problem}");
    }
    assert!(
        load("", &[("PORT", "9000"), ("JWT_ALLAUTH__HTTP__METRICS_BIND", "127.0.0.1:9000")]).is_err(),
        "whatever sets the port"
    );
}

#[test]
fn a_wildcard_for_more_than_one_name_is_no_origin() {
    for origin in [
        "*",
        "https://*",
        "https://*.com",
        "http://*.example.com",
        "https://*.*.example.com",
        "https://example.com/",
        "null",
        "example.com",
        "https://ada@example.com",
        "https://example.com:99999",
        "https://example.com?a",
        "https://example.com#a",
    ] {
        assert!(load("", &[("JWT_ALLAUTH__HTTP__CORS_ORIGINS", origin)]).is_err(), "{origin}");
    }
}

#[test]
fn an_origin_is_compared_as_browsers_write_it() {
    for (written, sent) in [
        ("https://App.Example.com", "https://app.example.com"),
        ("HTTPS://app.example.com:443", "https://app.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:443", "http://localhost:443"),
        ("http://[::1]:5173", "http://[::1]:5173"),
    ] {
        let settings = load("", &[("JWT_ALLAUTH__HTTP__CORS_ORIGINS", written)]).unwrap();
        assert_eq!(settings.http.cors_origins, [sent], "{written}");
    }
}

#[test]
fn links_begin_with_the_public_url_and_without_one_where_the_server_listens() {
    let settings = load("[http]\npublic_url = \"https://auth.example.com:8443/base/\"", &[]).unwrap();
    assert_eq!(settings.http.link("/x/"), "https://auth.example.com:8443/base/jwt-allauth/x/");
    assert_eq!(settings.http.path("/x/"), "/base/jwt-allauth/x/");
    assert_eq!(settings.http.host(), "auth.example.com:8443");
    let settings = load("[http]\nprefix = \"\"", &[]).unwrap();
    assert_eq!(settings.http.link("/x/"), "http://localhost:8000/x/");
    assert_eq!(settings.http.path("/x/"), "/x/");
    assert_eq!(settings.http.host(), "localhost");
}

#[test]
fn claims_are_columns_of_the_account_or_fixed_values() {
    let fine = "[tokens.claims]\nmail = \"user.email\"\nplan = \"free\"\nlevel = 3\n\"https://x.example/beta\" = true";
    assert!(load(fine, &[]).is_ok());
    assert!(load("", &[("JWT_ALLAUTH__TOKENS__CLAIMS", "{ plan = \"free\" }")]).is_ok());
    assert!(
        load("", &[("JWT_ALLAUTH__TOKENS__CLAIMS", "plan")]).unwrap_err().contains("`tokens.claims` must be a table")
    );
    for (claim, problem) in [
        ("role = 1000", "has `role`, which cannot be a claim: every token has it already"),
        ("exp = 1", "every token has it already"),
        ("\"a b\" = 1", "which cannot be a claim: letters, digits"),
        ("hash = \"user.password_hash\"", "has `hash`, which is neither \"user.\" with one of id, email"),
        ("list = [1]", "has `list`, which is neither"),
    ] {
        let problems = load(&format!("[tokens.claims]\n{claim}"), &[]).unwrap_err();
        assert!(problems.contains(problem), "{claim}: {problems}");
    }
    let large = format!("[tokens.claims]\nlarge = \"{}\"", "x".repeat(1_100));
    assert!(load(&large, &[]).unwrap_err().contains("at most 1024 fit"));
}

#[test]
fn personal_claims_are_named_as_unsafe_unless_tokens_are_encrypted() {
    let claims = "[tokens.claims]\nmail = \"user.email\"\nsince = \"user.created_at\"";
    let warnings = |settings: Settings| {
        settings.deployment_warnings().into_iter().filter(|warning| warning.starts_with("tokens.claims")).count()
    };
    assert_eq!(warnings(load(claims, &[]).unwrap()), 1);
    let key = [("JWT_ALLAUTH__TOKENS__ENCRYPTION_KEYS", "k1:-8uKe6j6vzbOFgGk0JblCBNugUurgtTynaO-fYFT7k8")];
    assert_eq!(warnings(load(claims, &key).unwrap()), 0);
}

#[test]
fn the_issuer_is_the_public_url_unless_one_is_set_and_the_audience_without_either() {
    let issuers = |toml: &str| {
        let tokens = load(&format!("tokens.audience = \"shop\"\n{toml}"), &[]).unwrap().tokens;
        (tokens.issuer, tokens.accepted_issuers.join(" "))
    };
    let url = "http.public_url = \"https://Auth.example.com:443/base/\"";
    for (toml, issuer, accepted) in [
        (String::new(), "shop", ""),
        (url.to_owned(), "https://auth.example.com/base", "shop"),
        ("tokens.issuer = \"one\"".to_owned(), "one", ""),
        (format!("{url}\ntokens.issuer = \"one\""), "one", ""),
        (format!("{url}\ntokens.issuer = \"one\"\ntokens.accepted_issuers = [\"two\"]"), "one", "two"),
        (
            format!("{url}\ntokens.accepted_issuers = [\"two\", \"three\"]"),
            "https://auth.example.com/base",
            "two three shop",
        ),
    ] {
        assert_eq!(issuers(&toml), (issuer.to_owned(), accepted.to_owned()), "{toml}");
    }
}

#[test]
fn a_public_url_that_is_too_long_for_an_issuer_needs_one_that_is_set() {
    let url = |length: usize| format!("https://auth.example.com/{}", "x".repeat(length - 25));
    assert!(load(&format!("http.public_url = \"{}\"", url(100)), &[]).is_ok());
    let long = format!("http.public_url = \"{}\"", url(101));
    let problems = load(&long, &[]).unwrap_err();
    assert!(problems.contains("`tokens.issuer` must be set, to at most 100 bytes"), "{problems}");
    assert!(load(&format!("{long}\ntokens.issuer = \"auth\""), &[]).is_ok());
}

#[test]
fn a_client_has_a_text_for_a_name() {
    for wrong in ["3", "true"] {
        let problems = load(&format!("tokens.claims = {{ client_id = {wrong} }}"), &[]).unwrap_err();
        assert!(problems.contains("`tokens.claims` has `client_id`, which must be a text"), "{problems}");
    }
}

#[test]
fn a_key_is_published_for_longer_than_it_is_cached() {
    assert_eq!(load("", &[]).unwrap().tokens.key_lead, Duration::from_mins(70));
    assert!(load("tokens.key_lead = \"6m\"", &[]).is_ok());
    let problems = load("tokens.key_lead = \"359s\"", &[]).unwrap_err();
    assert!(problems.contains("`tokens.key_lead` must be at least \"6m\""), "{problems}");
}

#[test]
fn a_name_that_would_make_tokens_too_long_for_a_cookie_is_refused_at_the_start() {
    let names = |length: usize| format!("[tokens]\nissuer = \"{0}\"\naudience = \"{0}\"", "x".repeat(length));
    assert!(load(&names(100), &[]).is_ok());
    let problems = load(&names(101), &[]).unwrap_err();
    for key in ["tokens.issuer", "tokens.audience"] {
        assert!(problems.contains(&format!("`{key}` must be at most 100 bytes")), "{problems}");
    }
}

#[test]
fn every_section_of_the_defaults_is_in_the_list_and_no_other() {
    let defaults: toml::Table = crate::settings::DEFAULTS.parse().unwrap();
    let mut expected: Vec<&str> =
        defaults.iter().filter(|(_, value)| value.is_table()).map(|(name, _)| name.as_str()).collect();
    let settings = load("", &[]).unwrap();
    let mut listed: Vec<&str> = settings.sections().iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed, expected);
}

#[test]
fn every_accepted_issuer_is_checked_as_the_issuer_is() {
    let long = "x".repeat(101);
    for refused in ["", &long] {
        let problem = load("", &[("JWT_ALLAUTH__TOKENS__ACCEPTED_ISSUERS", &format!("[\"fine\", \"{refused}\"]"))]);
        let problem = problem.unwrap_err();
        assert!(
            problem.contains("`tokens.accepted_issuers` has \"") && problem.contains("1 to 100 bytes"),
            "{problem}"
        );
    }
    load("", &[("JWT_ALLAUTH__TOKENS__ACCEPTED_ISSUERS", &"x".repeat(100))]).unwrap();
}

#[test]
fn a_list_and_a_table_in_variables_are_json_and_quotes_are_no_part_of_a_value() {
    let issuers = |value: &str| {
        let settings = load("", &[("JWT_ALLAUTH__TOKENS__ACCEPTED_ISSUERS", value)]);
        settings.map(|settings| settings.tokens.accepted_issuers)
    };
    assert_eq!(issuers("breaker, other").unwrap(), ["breaker", "other"]);
    assert_eq!(issuers("[\"breaker\"]").unwrap(), ["breaker"]);
    for (value, told) in [
        ("\"breaker\"", "has quotes"),
        ("[breaker]", "begins with `[`, but is not a list in JSON"),
        ("[5]", "must be a list of texts in quotes"),
    ] {
        let problem = issuers(value).unwrap_err();
        let place = "JWT_ALLAUTH__TOKENS__ACCEPTED_ISSUERS: `tokens.accepted_issuers` ";
        assert!(
            problem.contains(&format!("{place}{told}")) && problem.starts_with("one problem"),
            "{value}: {problem}"
        );
    }
    let claims = |value: &str| load("", &[("JWT_ALLAUTH__TOKENS__CLAIMS", value)]);
    let (json, toml) = ("{\"plan\": \"free\", \"mail\": \"user.email\"}", "{ plan = \"free\", mail = \"user.email\" }");
    for value in [json, toml] {
        assert_eq!(claims(value).unwrap().claims.personal().collect::<Vec<_>>(), ["mail"], "{value}");
    }
    let problem = claims("plan=free").unwrap_err();
    assert!(
        problem.contains("JWT_ALLAUTH__TOKENS__CLAIMS: `tokens.claims` must be a table, in JSON such as"),
        "{problem}"
    );
}

#[test]
fn roles_that_must_have_a_second_factor_are_whole_numbers_from_wherever_they_come() {
    let roles =
        |toml: &str, variables: &[(&str, &str)]| load(toml, variables).map(|settings| settings.mfa.required_roles);
    assert_eq!(roles("mfa.required_roles = [900, 1000]", &[]).unwrap(), [900, 1000]);
    for variable in ["900, 1000", "[900, 1000]"] {
        assert_eq!(roles("", &[("JWT_ALLAUTH__MFA__REQUIRED_ROLES", variable)]).unwrap(), [900, 1000], "{variable}");
    }
    assert!(roles("mfa.required_roles = [\"staff\"]", &[]).unwrap_err().contains("must be a list of whole numbers"));
    let off = "[mfa]\ntotp = \"disabled\"\nrequired_roles = [900]";
    assert!(load(off, &[]).unwrap_err().contains("nobody could set up what they must have"));
    let negative = roles("mfa.required_roles = [900, -5]", &[]).unwrap_err();
    assert!(negative.contains("mfa.required_roles") && negative.contains("-5 is no role"), "{negative}");
}

#[test]
fn an_account_takes_as_many_guesses_at_a_second_factor_as_one_of_its_challenges() {
    assert!(load("[mfa]\nchallenge_attempts = 10\naccount_attempts = 10", &[]).is_ok());
    let problem = load("[mfa]\nchallenge_attempts = 6\naccount_attempts = 5", &[]).unwrap_err();
    let expected = "5 guesses lock the account before a challenge has taken its 6";
    assert!(problem.contains("mfa.account_attempts") && problem.contains(expected), "{problem}");
}
