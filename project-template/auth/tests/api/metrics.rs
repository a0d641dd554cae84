//! `/metrics`.

#![expect(clippy::float_cmp, reason = "what is counted is a whole number")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth::email_verification::Mode;
use auth::on;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use axum::http::Method;
use serde_json::json;
use uuid::{NoContext, Timestamp, Uuid};

use super::{configured, router, start, user_id};

const ADA: &str = "ada@example.com";
const HOME: &str = "198.51.100.1";

auth::on_both_engines!(
    they_are_nowhere_among_the_addresses_of_the_api,
    sign_ins_are_counted_by_way_and_outcome,
    refreshes_are_counted_by_outcome,
    requests_are_counted_and_timed_by_route_method_and_status,
    strangers_make_no_series,
    no_label_holds_what_a_client_sent,
    the_outbox_is_as_long_and_as_old_as_it_is,
    what_was_removed_is_counted,
    what_a_busy_answer_lacked_is_counted,
    a_redis_that_does_not_answer_is_seen,
    without_a_database_the_rest_is_told,
);

/// What a scrape has: the value of each series.
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    async fn of(app: &TestApp) -> Self {
        Self::parse(&app.metrics().await)
    }

    /// Reads the text as the standard (`OpenMetrics` 1.0) has it, and as Prometheus' conventions have the names.
    fn parse(text: &str) -> Self {
        let (body, end) = text.split_at(text.len() - "# EOF\n".len());
        assert_eq!(end, "# EOF\n");
        let mut series = BTreeMap::new();
        let mut families = BTreeSet::new();
        let (mut family, mut kind) = ("", "");
        for line in body.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                family = help.split(' ').next().unwrap();
                assert!(families.insert(family), "{family} stands in two places");
                assert!(["auth_", "http_", "process_"].iter().any(|prefix| family.starts_with(prefix)), "{family}");
                assert!(help.len() > family.len() + 10 && help.ends_with('.'), "{line}");
                continue;
            }
            if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (name, of) = typed.split_once(' ').unwrap();
                assert_eq!(name, family, "{line}");
                kind = of;
                continue;
            }
            let (series_name, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series_name.split_once('{').unwrap_or((series_name, "}"));
            let suffix = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} stands below {family}"));
            let suffixes: &[&str] = match kind {
                "counter" => &["_total"],
                "gauge" => &[""],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => panic!("{family} is {kind}"),
            };
            assert!(suffixes.contains(&suffix), "{line}");
            assert_labels(labels.strip_suffix('}').unwrap());
            let value: f64 = value.parse().unwrap();
            assert!(value.is_finite() && value >= 0.0, "{line}");
            assert!(series.insert(series_name.to_owned(), value).is_none(), "{line} stands there twice");
        }
        Self(series)
    }

    #[track_caller]
    fn get(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("there is no {series}:\n{:#?}", self.0.keys()))
    }

    fn has(&self, name: &str) -> bool {
        self.0.keys().any(|series| series.split('{').next() == Some(name))
    }

    /// By how much a series has grown since; one that was not there was nothing.
    #[track_caller]
    fn grown(&self, since: &Self, series: &str) -> f64 {
        self.get(series) - since.0.get(series).copied().unwrap_or_default()
    }
}

fn assert_labels(labels: &str) {
    let mut rest = labels;
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").unwrap();
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{labels}");
        let (value, after) = value.split_once('"').unwrap();
        assert!(!value.contains('\\'), "a word or a route needs no escape: {labels}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
}

async fn ada(app: &TestApp) -> Client {
    app.signed_in(ADA).await
}

async fn they_are_nowhere_among_the_addresses_of_the_api(engine: Engine) {
    let app = start(engine).await;
    for path in ["/metrics", "/metrics/", "/jwt-allauth/metrics"] {
        assert_eq!(app.client().get(path).await.status, 404, "{path}");
    }
    let scraper = app.metrics_client();
    for path in ["/", "/health/live", "/jwt-allauth/login/", "/admin/", "/metrics/x"] {
        assert_eq!(scraper.get(path).await.status, 404, "{path}");
    }
    assert_eq!(scraper.post("/metrics", &json!({})).await.status, 405);
    let scrape = Scrape::of(&app).await;
    let version = scrape.0.keys().find(|series| series.starts_with("auth_build_info{version=\"")).unwrap();
    assert_eq!(scrape.get(version), 1.0);
    assert_eq!(scrape.get("process_start_time_seconds"), 1_800_000_000.0);
    assert_eq!(scrape.get("auth_database_up"), 1.0);
    assert!(!scrape.has("auth_redis_up"), "where there is no Redis, none is down");
}

async fn sign_ins_are_counted_by_way_and_outcome(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let before = Scrape::of(&app).await;
    for (outcome, password, times) in [("succeeded", PASSWORD, 2), ("refused", "wrong", 5), ("throttled", PASSWORD, 1)]
    {
        for _ in 0..times {
            app.client().login(ADA, password).await;
        }
        let after = Scrape::of(&app).await;
        let series = format!("auth_sign_ins_total{{way=\"password\",outcome=\"{outcome}\"}}");
        assert_eq!(after.grown(&before, &series), f64::from(times), "{outcome}");
    }
    let incomplete = app.client().post("/jwt-allauth/login/", &json!({ "email": ADA })).await;
    assert_eq!(incomplete.status, 400);

    let client = app.client();
    assert_eq!(client.post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await.status, 204);
    let code = app.mailbox().await.latest(ADA).code();
    // What cannot be a code is no guess.
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for code in ["x", wrong, code.as_str()] {
        client.post("/jwt-allauth/login/code/verify/", &json!({ "email": ADA, "code": code })).await;
    }
    let after = Scrape::of(&app).await;
    for (series, expected) in [
        ("auth_sign_ins_total{way=\"password\",outcome=\"refused\"}", 5.0),
        ("auth_sign_ins_total{way=\"code\",outcome=\"succeeded\"}", 1.0),
        ("auth_sign_ins_total{way=\"code\",outcome=\"refused\"}", 2.0),
        ("auth_sign_ins_total{way=\"admin\",outcome=\"succeeded\"}", 0.0),
        ("auth_events_total{kind=\"sign_in\"}", 3.0),
        ("auth_events_total{kind=\"sign_in_failed\"}", 5.0),
        ("auth_events_total{kind=\"code_wrong\"}", 1.0),
        ("auth_events_total{kind=\"locked_out\"}", 1.0),
        ("auth_throttled_total{action=\"guess\"}", 1.0),
        ("auth_throttled_total{action=\"login\"}", 0.0),
        ("auth_password_hashes_total", 7.0),
        ("auth_password_hashes_refused_total", 0.0),
        ("auth_mails_total{outcome=\"sent\"}", 1.0),
    ] {
        assert_eq!(after.grown(&before, series), expected, "{series}");
    }
}

async fn refreshes_are_counted_by_outcome(engine: Engine) {
    let app = configured(engine, "throttle.refresh = \"3/h\"").await;
    let (mut client, mut copied) = (ada(&app).await, app.signed_in("bob@example.com").await);
    let replayed = copied.clone();
    copied.refresh().await;
    for _ in 0..3 {
        client.refresh().await;
    }
    for mut client in [replayed, app.client().holding("", "garbage"), client] {
        client.refresh().await;
    }
    app.client().post("/jwt-allauth/refresh/", &json!({})).await;
    let scrape = Scrape::of(&app).await;
    for (outcome, expected) in
        [("succeeded", 4.0), ("replayed", 1.0), ("refused", 1.0), ("throttled", 1.0), ("failed", 0.0)]
    {
        let series = format!("auth_refreshes_total{{outcome=\"{outcome}\"}}");
        assert_eq!(scrape.get(&series), expected, "{outcome}");
    }
    assert_eq!(scrape.get("auth_throttled_total{action=\"refresh\"}"), 1.0);
    assert_eq!(scrape.get("auth_events_total{kind=\"replayed\"}"), 1.0);
}

async fn requests_are_counted_and_timed_by_route_method_and_status(engine: Engine) {
    let app = start(engine).await;
    let client = ada(&app).await;
    let before = Scrape::of(&app).await;
    for session in [Uuid::now_v7(), Uuid::now_v7()] {
        client.delete(&format!("/jwt-allauth/sessions/{session}/"), None).await;
    }
    client.get("/jwt-allauth/user/").await;
    let after = Scrape::of(&app).await;
    let counted = |labels: &str| {
        let series = format!("http_request_duration_seconds_count{{{labels}}}");
        assert_eq!(
            after.grown(&before, &series),
            after.grown(&before, &format!("http_request_duration_seconds_bucket{{le=\"+Inf\",{labels}}}")),
        );
        assert!(after.get(&format!("http_request_duration_seconds_sum{{{labels}}}")) > 0.0);
        after.grown(&before, &series)
    };
    assert_eq!(counted("method=\"DELETE\",route=\"/jwt-allauth/sessions/{id}/\",status=\"4xx\""), 2.0);
    assert_eq!(counted("method=\"GET\",route=\"/jwt-allauth/user/\",status=\"2xx\""), 1.0);
    assert_eq!(after.get("http_requests_in_flight"), 0.0);
    let buckets: Vec<f64> = after
        .0
        .iter()
        .filter(|(series, _)| series.contains("_bucket{") && series.contains("/user/\",status=\"2xx\""))
        .map(|(_, value)| *value)
        .collect();
    assert!(buckets.len() > 10 && buckets.iter().all(|value| *value <= 1.0), "{buckets:?}");
}

async fn strangers_make_no_series(engine: Engine) {
    let app = start(engine).await;
    let ask = async |number: usize| {
        let client = app.client();
        client.get(&format!("/{number}/{}", Uuid::now_v7())).await;
        client.get(&format!("/jwt-allauth/sessions/{number}/")).await;
        client.get(&format!("/jwt-allauth/user/?{number}")).await;
        for path in [format!("/{number}"), "/jwt-allauth/login/".to_owned()] {
            let method = format!("{}{number}", ["BREW", "PROPFIND"][number % 2]).parse::<Method>().unwrap();
            client.send(method, &path, None).await;
        }
    };
    for number in 0..2 {
        ask(number).await;
    }
    let before = Scrape::of(&app).await;
    for number in 2..50 {
        ask(number).await;
    }
    let after = Scrape::of(&app).await;
    assert_eq!(before.0.keys().collect::<Vec<_>>(), after.0.keys().collect::<Vec<_>>());
    let other = "http_request_duration_seconds_count{method=\"other\",route=\"unmatched\",status=\"4xx\"}";
    assert_eq!(after.grown(&before, other), 48.0);
    assert_eq!(after.grown(&before, &other.replace("other", "GET")), 48.0);
}

async fn no_label_holds_what_a_client_sent(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| settings.email_verification.mode = Mode::Optional).await;
    let mut client = app.client().from_address(HOME).with_header("user-agent", "Shop/3.1");
    assert_eq!(client.register(ADA, PASSWORD).await.status, 201);
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(client.post(&link, &json!({})).await.status, 200);
    client.login(ADA, "wrong").await;
    let sessions = client.get("/jwt-allauth/sessions/").await.body;
    let session = sessions[0]["id"].as_str().unwrap();
    client.delete(&format!("/jwt-allauth/sessions/{session}/"), None).await;
    let text = app.metrics().await;
    Scrape::parse(&text);
    let user = user_id(&client).await.to_string();
    let secret = link.trim_end_matches('/').rsplit('/').next().unwrap();
    for sent in ["example.com", "ada", HOME, "Shop", session, &user, secret] {
        assert!(!sent.is_empty() && !text.contains(sent), "{sent} is in:\n{text}");
    }
}

async fn the_outbox_is_as_long_and_as_old_as_it_is(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| settings.email_verification.mode = Mode::Optional).await;
    let empty = Scrape::of(&app).await;
    assert_eq!((empty.get("auth_mail_outbox"), empty.get("auth_mail_outbox_oldest_seconds")), (0.0, 0.0));
    for email in [ADA, "bob@example.com"] {
        app.signed_in(email).await;
    }
    let (seconds, _) = Uuid::now_v7().get_timestamp().unwrap().to_unix();
    let hour_ago = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds - 3_600, 0));
    on!(app.auth.db(), pool => sqlx::query("update outbox set id = $1 where id = (select id from outbox limit 1)")
        .bind(hour_ago)
        .execute(pool)
        .await
        .unwrap()
        .rows_affected());
    let full = Scrape::of(&app).await;
    assert_eq!(full.get("auth_mail_outbox"), 2.0);
    assert!((3_600.0..3_700.0).contains(&full.get("auth_mail_outbox_oldest_seconds")));
    // The one that does not open any more is tried again; the other has left.
    app.deliver_mail().await;
    let after = Scrape::of(&app).await;
    assert_eq!(after.get("auth_mail_outbox"), 1.0);
    assert_eq!(after.get("auth_mails_total{outcome=\"sent\"}"), 1.0);
    assert_eq!(after.get("auth_mails_total{outcome=\"postponed\"}"), 1.0);
    assert_eq!(after.get("auth_mails_total{outcome=\"dropped\"}"), 0.0);
}

async fn what_was_removed_is_counted(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    assert_eq!(Scrape::of(&app).await.get("auth_flush_timestamp_seconds"), 0.0);
    app.advance(Duration::from_hours(24 * 15));
    app.flush().await;
    let scrape = Scrape::of(&app).await;
    assert_eq!(scrape.get("auth_flushed_rows_total{kind=\"sessions\"}"), 1.0);
    assert_eq!(scrape.get("auth_flushed_rows_total{kind=\"codes\"}"), 0.0);
    assert_eq!(scrape.get("auth_flush_timestamp_seconds"), 1_800_000_000.0 + 15.0 * 86_400.0);
}

async fn what_a_busy_answer_lacked_is_counted(engine: Engine) {
    let toml = "database.acquire_timeout = \"1s\"\ndatabase.max_connections = 1\n\
                password.hash_workers = 2\npassword.hash_queue = 3";
    let app = configured(engine, toml).await;
    ada(&app).await;
    let occupied = app.occupy_password_workers();
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 503);
    let scrape = Scrape::of(&app).await;
    assert_eq!(scrape.get("auth_password_hashes_waiting"), 5.0);
    assert_eq!(scrape.get("auth_password_hashes_running"), 0.0);
    assert_eq!(scrape.get("auth_password_hash_workers"), 2.0);
    assert_eq!(scrape.get("auth_password_hashes_refused_total"), 1.0);
    assert_eq!(scrape.get("auth_unavailable_total{cause=\"worker\"}"), 1.0);
    assert_eq!(scrape.get("auth_sign_ins_total{way=\"password\",outcome=\"failed\"}"), 1.0);
    drop(occupied);

    let held = app.auth.db().begin().await.unwrap();
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 503);
    drop(held);
    let scrape = Scrape::of(&app).await;
    assert_eq!(scrape.get("auth_unavailable_total{cause=\"connection\"}"), 1.0);
    let limit = scrape.get("auth_database_connections_limit");
    // On SQLite that are reads as well, on as many as there are cores.
    assert!(if engine == Engine::Sqlite { limit >= 2.0 } else { limit == 1.0 }, "{limit}");
    let states = ["idle", "used"].map(|state| scrape.get(&format!("auth_database_connections{{state=\"{state}\"}}")));
    assert!((1.0..=limit).contains(&states.iter().sum()), "{states:?}");
}

async fn a_redis_that_does_not_answer_is_seen(engine: Engine) {
    let app =
        TestApp::start_with(engine, router, |settings| settings.redis.url = Some("redis://127.0.0.1:1".into())).await;
    let before = Scrape::of(&app).await;
    assert_eq!((before.get("auth_redis_up"), before.get("auth_redis_failures_total")), (1.0, 0.0));
    let mut client = app.client().from_address(HOME);
    assert_eq!(client.register(ADA, PASSWORD).await.status, 201, "the database counts");
    let after = Scrape::of(&app).await;
    assert_eq!((after.get("auth_redis_up"), after.get("auth_redis_failures_total")), (0.0, 1.0));
}

async fn without_a_database_the_rest_is_told(engine: Engine) {
    let app = start(engine).await;
    let client = ada(&app).await;
    app.auth.db().close().await;
    assert_eq!(client.get("/jwt-allauth/user/").await.status, 503);
    let scrape = Scrape::of(&app).await;
    assert_eq!(scrape.get("auth_database_up"), 0.0);
    assert!(!scrape.has("auth_mail_outbox") && !scrape.has("auth_mail_outbox_oldest_seconds"));
    assert_eq!(scrape.get("auth_unavailable_total{cause=\"database\"}"), 1.0);
    assert_eq!(
        scrape.get("http_request_duration_seconds_count{method=\"GET\",route=\"/jwt-allauth/user/\",status=\"5xx\"}"),
        1.0
    );
}
