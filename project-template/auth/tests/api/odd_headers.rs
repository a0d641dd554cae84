//! Whatever stands in a cookie or a header: an answer, no fault of the server, and nothing of it in a header of ours.

use auth::testing::{Client, Engine, TestApp};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};

use super::{configured, start};

const COOKIES: [&str; 8] = [
    "admin_form",
    "admin_session",
    "admin_done",
    "refresh_token",
    "access_token",
    "csrf_access_token",
    "password_reset_access_token",
    "csrftoken",
];
const HEADERS: [&str; 18] = [
    "accept",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "content-type",
    "expect",
    "host",
    "if-none-match",
    "origin",
    "prefer",
    "referer",
    "sec-fetch-site",
    "user-agent",
    "x-cron-secret",
    "x-csrftoken",
    "x-forwarded-for",
    "x-request-id",
];
/// Where a cookie or a header is read.
const PATHS: [(Method, &str); 13] = [
    (Method::GET, "/admin/sign-in/"),
    (Method::POST, "/admin/sign-in/"),
    (Method::GET, "/admin/"),
    (Method::POST, "/admin/sign-out/"),
    (Method::POST, "/jwt-allauth/refresh/"),
    (Method::POST, "/jwt-allauth/logout/"),
    (Method::POST, "/jwt-allauth/login/"),
    (Method::GET, "/jwt-allauth/user/"),
    (Method::GET, "/jwt-allauth/password/reset/default/"),
    (Method::POST, "/jwt-allauth/password/reset/set-new/"),
    (Method::POST, "/jwt-allauth/cron/flush-tokens/"),
    (Method::OPTIONS, "/jwt-allauth/login/"),
    (Method::GET, "/health/live"),
];

fn odd_values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = [
        "",
        " ",
        "%0a",
        "%00",
        "%0d%0aX-Chosen: 1",
        "a%3B%20Domain%3Dexample.com%3B%20Path%3D/",
        "%",
        "%zz",
        "a; Domain=example.com",
        "\"quoted\"",
        "a,b",
        "\\",
        "=",
        "chosen",
        "null",
        "AAAAAAAAAAAAAAAAAAAAAA%3D",
        "bearer",
        "Bearer a b",
        "Bearer \t",
        "application/json; charset=\"",
        "0",
        "-1",
        "99999999999999999999",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    values.push(vec![0xff, 0xfe, 0x80]);
    values.push("\u{202e}é".into());
    values.push(b"a\tb".to_vec());
    values.push(vec![b'x'; 8 * 1024]);
    values.push([b"%41".repeat(2_700), b"%0a".to_vec()].concat());
    values
}

async fn send(client: &Client, (method, path): &(Method, &str), name: &str, value: &HeaderValue) {
    let bodies: &[&str] = if method == Method::POST { &["", "{}"] } else { &[""] };
    for body in bodies {
        let request = Request::builder().method(method).uri(*path).header(name, value);
        let request = match name {
            "content-type" => request,
            _ => request.header("content-type", "application/json"),
        };
        let reply = client.send_raw(request.body(Body::from(*body)).unwrap()).await;
        assert!(reply.status < 500, "{method} {path} {name}: {value:?}: {reply:?}");
        for set in reply.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            assert!(
                !set.contains("example.com") && !set.contains("chosen"),
                "{method} {path} {name}: {value:?}: {set}"
            );
        }
        assert!(!reply.headers.contains_key("x-chosen"), "{method} {path} {name}: {value:?}");
    }
}

async fn apps() -> [TestApp; 2] {
    let browser_mode = "[sessions]\naccess_cookie = true\n[http]\ncors_origins = [\"https://app.example.com\"]\n\
                        trusted_proxies = [\"127.0.0.1\"]\n[cron]\nsecret = \"0123456789abcdef0123456789abcdef\"\n\
                        [throttle]\nenabled = false";
    [start(Engine::Sqlite).await, configured(Engine::Sqlite, browser_mode).await]
}

#[tokio::test]
async fn no_cookie_breaks_an_answer_or_becomes_an_attribute_of_one() {
    for app in apps().await {
        for target in &PATHS {
            for cookie in COOKIES {
                for value in odd_values() {
                    let sent = [cookie.as_bytes(), b"=", &value].concat();
                    if let Ok(value) = HeaderValue::from_bytes(&sent) {
                        send(&app.client(), target, "cookie", &value).await;
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cookie_of_another_host_hides_no_session_whatever_its_bytes_are() {
    let app = start(Engine::Sqlite).await;
    let mut ada = app.signed_in("ada@example.com").await;
    for foreign in [&b"caf\xe9=1"[..], b"theme=\xff\xfe", "nom=Zo\u{eb}".as_bytes()] {
        let line = [foreign, b"; refresh_token=", ada.refresh.as_bytes()].concat();
        let request = Request::post("/jwt-allauth/refresh/").header("cookie", HeaderValue::from_bytes(&line).unwrap());
        let request = request.header("content-type", "application/json").body(Body::from("{}")).unwrap();
        let reply = app.client().send_raw(request).await;
        let reply = ada.keep(reply);
        assert_eq!(reply.status, 200, "{foreign:?}: {reply:?}");
    }
}

#[tokio::test]
async fn no_header_breaks_an_answer() {
    for app in apps().await {
        for target in &PATHS {
            for header in HEADERS {
                for value in odd_values() {
                    if let Ok(value) = HeaderValue::from_bytes(&value) {
                        send(&app.client().from_address("127.0.0.1"), target, header, &value).await;
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_header_that_decides_comes_once() {
    let app = start(Engine::Sqlite).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let bearer = format!("Bearer {}", std::mem::take(&mut ada.access));
    for (name, values) in [
        ("Host", ["auth.example.com", "evil.example"]),
        ("Authorization", [&bearer, "Bearer other"]),
        ("Authorization", ["Bearer other", &bearer]),
        ("Content-Type", ["application/json", "application/json"]),
        ("Content-Length", ["0", "0"]),
        ("X-CSRFToken", ["a", "a"]),
        ("X-Cron-Secret", ["a", "b"]),
    ] {
        let client = values.iter().fold(app.client(), |client, value| client.with_header(name, value));
        let reply = client.get("/jwt-allauth/user/").await;
        let detail = format!("The request has more than one {name} header.");
        assert_eq!((reply.status, reply.text("code"), reply.text("detail")), (400, "bad_request", detail.as_str()));
    }
    let once = app.client().with_header("authorization", &bearer);
    assert_eq!(once.get("/jwt-allauth/user/").await.status, 200);
}

#[tokio::test]
async fn a_coded_body_is_not_read_as_if_it_were_plain() {
    let app = start(Engine::Sqlite).await;
    app.signed_in("ada@example.com").await;
    let login = serde_json::json!({ "email": "ada@example.com", "password": auth::testing::PASSWORD });
    for (coding, status) in [("gzip", 415), ("br", 415), ("identity, gzip", 415), ("identity", 200), ("Identity", 200)]
    {
        let reply = app.client().with_header("content-encoding", coding).post("/jwt-allauth/login/", &login).await;
        assert_eq!(reply.status, status, "{coding}");
        if status == 415 {
            assert_eq!(reply.text("code"), "unsupported_content_coding");
        }
    }
}
