//! Headers of every answer, pages of other origins.

use auth::Auth;
use auth::settings::Environment;
use auth::testing::{Engine, PASSWORD, Reply, TestApp};
use axum::Router;
use axum::http::Method;
use axum::routing::get;
use serde_json::json;

use super::{assert_refused, configured, post_raw, start};

const CORS: &str = "[http]\ncors_origins = [\"https://app.example.com\"]";

#[track_caller]
fn assert_security_headers(reply: &Reply) {
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
    let policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'";
    assert_eq!(reply.header("content-security-policy"), policy);
    assert_eq!(reply.header("x-request-id").len(), 36, "{reply:?}");
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_the_security_headers() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let mut ids = std::collections::HashSet::new();
    for (path, status) in [
        ("/jwt-allauth/user/", 200),
        ("/jwt-allauth/login/", 405),
        ("/nothing", 404),
        ("/health/live", 200),
        ("/.well-known/jwks.json", 200),
    ] {
        let reply = ada.get(path).await;
        assert_eq!(reply.status, status, "{path}");
        assert_security_headers(&reply);
        assert_eq!(reply.header("strict-transport-security"), "", "not over plain HTTP in development");
        ids.insert(reply.header("x-request-id").to_owned());
    }
    assert_eq!(ids.len(), 5);
}

/// An application that also has routes which never answer and which break.
fn unreliable(auth: Auth) -> Router {
    auth.router().route("/silent/", get(std::future::pending::<()>)).route("/broken/", get(broken)).with_state(auth)
}

async fn broken() {
    panic!("this test breaks a handler")
}

/// Of the pages to look at, that of the description is public.
fn is_page(reply: &Reply) -> bool {
    let is_admin = reply.header("location").starts_with("/admin/");
    is_admin
        || (reply.header("content-type").starts_with("text/html")
            && !reply.header("referrer-policy").starts_with("no-"))
}

#[tokio::test]
async fn every_kind_of_answer_has_the_security_headers() {
    const ORIGIN: &str = "https://app.example.com";
    let app = TestApp::start_with(Engine::Sqlite, unreliable, |settings| {
        settings.http.cors_origins = vec![ORIGIN.parse().unwrap()];
        settings.http.request_timeout = std::time::Duration::from_secs(5);
    })
    .await;
    let hasty =
        app.second_instance_with(unreliable, |settings| settings.http.request_timeout = std::time::Duration::ZERO);
    let (client, hasty) =
        (app.client().with_header("origin", ORIGIN), hasty.await.client().with_header("origin", ORIGIN));
    let preflight = client.clone().with_header("access-control-request-method", "POST");
    let login = "/jwt-allauth/login/";
    for (status, reply) in [
        (200, preflight.send(Method::OPTIONS, login, None).await),
        (200, client.get("/jwt-allauth/registration/verified/").await),
        (200, client.get("/admin/sign-in/").await),
        (200, client.get("/docs/").await),
        (200, client.get("/openapi.json").await),
        (303, client.get("/admin/").await),
        (400, client.post(login, &json!([])).await),
        (401, client.get("/jwt-allauth/user/").await),
        (403, app.client().with_header("origin", "null").post(login, &json!({})).await),
        (404, client.get("/jwt-allauth/password/reset/confirm/x/y/").await),
        (405, client.send(Method::TRACE, login, None).await),
        (503, hasty.get("/silent/").await),
        (413, client.post(login, &json!({ "email": "x".repeat(20_000) })).await),
        (415, post_raw(&client, login, Some("text/plain"), "x").await),
        (500, client.get("/broken/").await),
    ] {
        assert_eq!(reply.status, status, "{reply:?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("access-control-allow-origin", if status == 403 || is_page(&reply) { "" } else { ORIGIN }),
        ] {
            assert_eq!(reply.header(name), value, "{status}: {reply:?}");
        }
        // A page of ours says to itself where its form comes from.
        let is_page = is_page(&reply);
        let referrer = reply.header("referrer-policy");
        assert!(referrer == "no-referrer" || (is_page && referrer == "same-origin"), "{status}: {reply:?}");
        let policy = reply.header("content-security-policy");
        for part in
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action '"]
        {
            assert!(policy.contains(part), "{status}: {policy}");
        }
        assert_eq!(reply.header("x-request-id").len(), 36, "{status}");
        assert!(reply.header("vary").contains("origin"), "{status}: {reply:?}");
        let is_empty = [200, 303].contains(&status) && reply.body.is_null();
        assert!(is_empty || !reply.header("content-type").is_empty(), "{status}: {reply:?}");
    }
}

#[tokio::test]
async fn a_request_id_is_ours_whatever_the_client_sends() {
    let client = start(Engine::Sqlite).await.client().with_header("x-request-id", "chosen");
    assert_ne!(client.get("/health/live").await.header("x-request-id"), "chosen");
}

#[tokio::test]
async fn answers_of_the_api_are_stored_nowhere_and_only_keys_are() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    for path in ["user/", "sessions/", "token/claims/", "login/"] {
        assert_eq!(ada.get(&format!("/jwt-allauth/{path}")).await.header("cache-control"), "no-store", "{path}");
    }
    let login = ada.post("/jwt-allauth/login/", &json!({})).await;
    assert_eq!(login.header("cache-control"), "no-store", "refusals too");
    assert_eq!(ada.get("/.well-known/jwks.json").await.header("cache-control"), "public, max-age=300");
    for path in ["/health/live", "/health/ready", "/nothing", "/jwt-allauth/nothing/"] {
        assert_eq!(
            ada.get(path).await.header("cache-control"),
            "no-store",
            "{path}: a cache would say it for too long"
        );
    }
}

/// Production does not migrate by itself, so it is the second to start.
async fn production() -> TestApp {
    let app = start(Engine::Sqlite).await;
    app.second_instance_with(super::router, |settings| settings.environment = Environment::Production).await
}

#[tokio::test]
async fn production_adds_strict_transport_security() {
    let reply = production().await.client().get("/health/live").await;
    assert_eq!(reply.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
    assert_security_headers(&reply);
}

#[tokio::test]
async fn production_makes_the_cookie_secure() {
    let reply = production().await.client().register("ada@example.com", PASSWORD).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600"), "{cookie}");
}

#[tokio::test]
async fn only_listed_origins_are_allowed_and_none_is_reflected() {
    let app = configured(Engine::Sqlite, CORS).await;
    let preflight = async |origin: &str| {
        let client = app.client().with_header("origin", origin);
        let client = client.with_header("access-control-request-method", "POST");
        client.send(Method::OPTIONS, "/jwt-allauth/login/", None).await
    };
    let reply = preflight("https://app.example.com").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), "https://app.example.com");
    assert_eq!(reply.header("access-control-allow-credentials"), "true");
    for origin in ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"] {
        let reply = preflight(origin).await;
        assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
        assert!(reply.header("vary").contains("origin"), "{reply:?}");
    }
    let plain = start(Engine::Sqlite).await.client().with_header("origin", "https://app.example.com");
    assert_eq!(plain.get("/health/live").await.header("access-control-allow-origin"), "");
}

/// The routes of the application are behind the same layers, and its pages send what they like.
#[tokio::test]
async fn a_listed_origin_may_use_any_method_and_header() {
    let app = configured(Engine::Sqlite, CORS).await;
    for (method, header) in
        [("PUT", "x-requested-with"), ("DELETE", "authorization,x-csrftoken"), ("PATCH", "if-match")]
    {
        let client = app.client().with_header("origin", "https://app.example.com");
        let client = client.with_header("access-control-request-method", method);
        let client = client.with_header("access-control-request-headers", header);
        let reply = client.send(Method::OPTIONS, "/orders/", None).await;
        assert_eq!(reply.header("access-control-allow-methods"), method);
        assert_eq!(reply.header("access-control-allow-headers"), header);
    }
}

#[tokio::test]
async fn a_page_of_a_listed_origin_can_read_that_a_request_took_too_long() {
    let slow = |auth: auth::Auth| {
        axum::Router::new().route("/slow/", axum::routing::get(std::future::pending::<()>)).merge(super::router(auth))
    };
    let app = TestApp::start_with(Engine::Sqlite, slow, |settings| {
        settings.http.cors_origins = vec!["https://app.example.com".parse().unwrap()];
        settings.http.request_timeout = std::time::Duration::from_millis(1);
    })
    .await;
    let reply = app.client().with_header("origin", "https://app.example.com").get("/slow/").await;
    assert_eq!((reply.status, reply.text("code")), (503, "timeout"));
    assert_eq!(reply.header("access-control-allow-origin"), "https://app.example.com");
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing() {
    let app = configured(Engine::Sqlite, CORS).await;
    let ada = app.signed_in("ada@example.com").await;
    let foreign: [&[(&str, &str)]; 4] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.example.com")],
    ];
    for headers in foreign {
        for path in ["registration/", "login/", "refresh/", "logout/", "logout-all/", "password/change/"] {
            let client = headers.iter().fold(ada.clone(), |client, (name, value)| client.with_header(name, value));
            let reply = client.post(&format!("/jwt-allauth/{path}"), &json!({})).await;
            let detail = "CSRF Failed: Origin checking failed; the page's origin is not in `http.cors_origins`.";
            assert_refused(&reply, 403, &json!({ "detail": detail, "code": "csrf_failed" }));
        }
    }
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200, "nothing was done");
    let mut allowed = ada.with_header("origin", "https://app.example.com").with_header("sec-fetch-site", "cross-site");
    assert_eq!(allowed.refresh().await.status, 200);
}
