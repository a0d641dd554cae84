//! `check --deploy` reports each unsafe setting with a remedy.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

/// The settings of a careful operator.
const SAFE: &str = r#"
    environment = "production"
    http.public_url = "https://auth.example.com"
    http.trusted_proxies = ["10.0.0.0/8"]
    mail.host = "mail.example.com"
    mail.from = "no-reply@example.com"
    email_verification.mode = "mandatory"
    password.min_length = 15
    sessions.lifetime = "30d"
    admin.networks = ["10.0.0.0/8"]
"#;

/// The warnings for the safe settings with one line added or replaced.
fn warnings(line: &str) -> Vec<String> {
    let key = line.split_once(" = ").map_or(line, |(key, _)| key);
    let kept = SAFE.lines().filter(|safe| key.is_empty() || !safe.trim_start().starts_with(&format!("{key} = ")));
    let text = kept.chain([line]).collect::<Vec<_>>().join("\n");
    match Settings::load(Path::new("settings.toml"), &text, &BTreeMap::new()) {
        Ok(settings) => settings.deployment_warnings(),
        Err(problems) => panic!("{line}: {problems}"),
    }
}

#[test]
fn careful_settings_are_fine() {
    assert_eq!(warnings(""), [""; 0]);
}

#[test]
fn every_setting_below_its_floor_is_named_and_nothing_else() {
    for line in [
        r#"http.public_url = "http://auth.example.com""#,
        "http.trusted_proxies = []",
        r#"http.trusted_proxies = ["0.0.0.0/0"]"#,
        r#"http.cors_origins = ["https://app.example.com", "http://app.example.com"]"#,
        "http.body_limit = 65537",
        r#"http.request_timeout = "61s""#,
        r#"http.docs = "on""#,
        r#"http.metrics_bind = "203.0.113.7:9000""#,
        r#"http.metrics_bind = "[2001:db8::1]:9000""#,
        r#"database.url = "postgres://app@db.example.com/app""#,
        r#"database.url = "postgres://app@db.example.com/app?sslmode=prefer""#,
        r#"database.acquire_timeout = "4s""#,
        r#"redis.url = "redis://:secret@redis.example.com""#,
        "registration.hide_existing = false",
        r#"email_verification.mode = "optional""#,
        r#"email_verification.link_lifetime = "4d""#,
        "email_verification.confirm_on_get = true",
        "email_verification.session_on_verification = true",
        r#"email_verification.redirect = "http://app.example.com/""#,
        "codes.attempts = 6",
        r#"codes.lifetime = "11m""#,
        r#"codes.lockout = "14m""#,
        r#"codes.resend_cooldown = "59s""#,
        "codes.max_resends = 4",
        r#"mfa.challenge_lifetime = "11m""#,
        "mfa.account_attempts = 11",
        r#"mfa.lockout = "14m""#,
        r#"invitations.set_password_redirect = "http://auth.example.com/join""#,
        r#"mail.tls = "none""#,
        r#"mail.transport = "file""#,
        "password.min_length = 14",
        "password.refuse_common = false",
        "password.refuse_similar = false",
        "password.old_password_required = false",
        "password.logout_on_change = false",
        r#"password.reset_lifetime = "61m""#,
        r#"password.reset_redirect = "http://auth.example.com/new-password""#,
        r#"password.forgot_page = "http://app.example.com/forgot-password""#,
        "password.hash_memory = 9000",
        r#"sessions.lifetime = """#,
        r#"sessions.lifetime = "31d""#,
        r#"sessions.refresh_lifetime = "31d""#,
        r#"sessions.cookie_prefix = "off""#,
        r#"sessions.cookie_same_site = "none""#,
        r#"tokens.typ = "JWT""#,
        "admin.networks = []",
        r#"tokens.access_lifetime = "61m""#,
        r#"tokens.algorithm = "HS256""#,
        r#"tokens.claims = { mail = "user.email" }"#,
        r#"tokens.encryption_keys = ["k1:-8uKe6j6vzbOFgGk0JblCBNugUurgtTynaO-fYFT7k8", "plain"]"#,
    ] {
        let key = line.split(' ').next().unwrap();
        let warnings = warnings(line);
        let [warning] = warnings.as_slice() else { panic!("{line}: {warnings:?}") };
        assert!(warning.starts_with(&format!("{key}: ")), "{line}: {warning}");
    }
}

#[test]
fn that_every_user_may_invite_is_named_where_people_can_be_invited() {
    let of = |keys: &str| warnings(&format!("[invitations]\nallowed_roles = [0, 900]\n{keys}"));
    for keys in ["enabled = true", "only = true"] {
        let [warning] = of(keys).try_into().unwrap();
        assert!(warning.starts_with("invitations.allowed_roles: every user can invite"), "{warning}");
    }
    assert_eq!(of("enabled = false"), [""; 0]);
}

#[test]
fn what_is_just_at_its_floor_passes() {
    for line in [
        "http.body_limit = 65536",
        r#"http.docs = "off""#,
        r#"http.metrics_bind = "0.0.0.0:9000""#,
        r#"http.metrics_bind = "127.0.0.1:9000""#,
        r#"http.metrics_bind = "10.0.0.5:8000""#,
        r#"http.metrics_bind = "[fd00::5]:9000""#,
        r#"http.cors_origins = ["https://app.example.com"]"#,
        r#"database.url = "postgres://app@localhost/app""#,
        r#"database.url = "postgres://app@db.example.com/app?sslmode=verify-full""#,
        r#"email_verification.link_lifetime = "3d""#,
        r#"email_verification.redirect = "/welcome""#,
        r#"codes.lifetime = "10m""#,
        r#"mfa.challenge_lifetime = "10m""#,
        r#"mfa.totp = "disabled""#,
        "mfa.required_roles = [900, 1000]",
        "password.hash_memory = 19456",
        r#"password.reset_lifetime = "1h""#,
        r#"tokens.access_lifetime = "1h""#,
    ] {
        assert_eq!(warnings(line), [""; 0], "{line}");
    }
}

/// An account cannot take fewer guesses than one of its challenges, so neither is above its limit alone.
#[test]
fn many_guesses_at_a_challenge_are_as_unsafe_as_many_at_its_account() {
    let found = warnings("mfa.challenge_attempts = 11\nmfa.account_attempts = 11");
    let keys: Vec<_> = found.iter().filter_map(|warning| warning.split(':').next()).collect();
    assert_eq!(keys, ["mfa.challenge_attempts", "mfa.account_attempts"]);
}

/// A container has no alternative, and the settings cannot tell who reaches it.
#[test]
fn metrics_on_every_address_are_noted_with_who_can_read_them() {
    let notes = |line: &str| {
        let settings = Settings::load(Path::new("settings.toml"), line, &BTreeMap::new()).unwrap();
        settings.deployment_notes()
    };
    for bind in ["0.0.0.0:9000", "[::]:9000"] {
        let notes = notes(&format!("http.metrics_bind = \"{bind}\""));
        let [note] = notes.as_slice() else { panic!("{notes:?}") };
        assert!(note.starts_with("http.metrics_bind: whoever reaches this machine"), "{note}");
    }
    assert_eq!(notes("http.metrics_bind = \"127.0.0.1:9000\""), [""; 0]);
}

#[test]
fn names_in_two_cookies_are_more_than_a_proxy_may_take() {
    let of = |lines: &str| warnings(&format!("tokens.claims = {{ first = \"user.first_name\" }}\n{lines}"));
    let is_of_length = |warning: &String| warning.contains("proxy_buffer_size 16k;");
    assert!(!of("").iter().any(is_of_length));
    assert_eq!(of("sessions.access_cookie = true").iter().filter(|warning| is_of_length(warning)).count(), 1);
}
