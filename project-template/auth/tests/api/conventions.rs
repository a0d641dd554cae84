//! What every endpoint has in common: bodies, methods, paths, credentials.

use auth::testing::{Engine, PASSWORD};
use axum::http::Method;
use serde_json::json;

use super::{assert_not_authenticated, assert_refused, configured, post_raw, start};

const LOGIN: &str = "/jwt-allauth/login/";
const JSON: Option<&str> = Some("application/json");

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let client = start(Engine::Sqlite).await.client();
    for (content_type, named) in [(Some("text/plain"), "text/plain"), (Some("text/json"), "text/json"), (None, "")] {
        let reply = post_raw(&client, LOGIN, content_type, "{}").await;
        let detail = format!("Unsupported media type \"{named}\" in request.");
        assert_refused(&reply, 415, &json!({ "detail": detail, "code": "unsupported_media_type" }));
    }
}

#[tokio::test]
async fn a_charset_and_capitals_in_the_media_type_are_fine() {
    let client = start(Engine::Sqlite).await.client();
    let reply = post_raw(&client, LOGIN, Some("Application/JSON; charset=utf-8"), "{}").await;
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!(reply.body["email"], json!(["This field is required."]));
}

#[tokio::test]
async fn what_is_no_json_is_refused_with_the_place() {
    let client = start(Engine::Sqlite).await.client();
    for body in
        [&b"{"[..], b"{\"email\":}", b"not json", b"{} {}", b"{\"a\":\"\xff\"}", b"{\"a\":\"\\ud800\"}", b"[1e999]"]
    {
        let reply = post_raw(&client, LOGIN, JSON, body.to_vec()).await;
        assert_eq!(reply.status, 400, "{reply:?}");
        assert!(reply.text("detail").starts_with("JSON parse error - "), "{reply:?}");
        assert_eq!(reply.text("code"), "parse_error");
    }
}

#[tokio::test]
async fn what_is_no_object_is_refused_in_the_words_of_the_wire_format() {
    let client = start(Engine::Sqlite).await.client();
    let kinds =
        [("[]", "list"), ("\"a\"", "str"), ("1", "int"), ("1.5", "float"), ("true", "bool"), ("null", "NoneType")];
    for (body, name) in kinds {
        let reply = post_raw(&client, LOGIN, JSON, body).await;
        let message = format!("Invalid data. Expected a dictionary, but got {name}.");
        assert_refused(&reply, 400, &json!({ "non_field_errors": [message] }));
    }
}

#[tokio::test]
async fn all_failing_fields_are_named_at_once() {
    let client = start(Engine::Sqlite).await.client();
    let reply = client.post(LOGIN, &json!({})).await;
    let required = json!(["This field is required."]);
    assert_refused(&reply, 400, &json!({ "email": required, "password": required }));
    let reply = client.post(LOGIN, &json!({ "email": null, "password": "" })).await;
    let expected = json!({ "email": ["This field may not be null."], "password": ["This field may not be blank."] });
    assert_refused(&reply, 400, &expected);
    let reply = client.post(LOGIN, &json!({ "email": " ", "password": [] })).await;
    let expected = json!({ "email": ["This field may not be blank."], "password": ["Not a valid string."] });
    assert_refused(&reply, 400, &expected);
    let reply = client.post(LOGIN, &json!({ "email": "nobody", "password": "x" })).await;
    assert_refused(&reply, 400, &json!({ "email": ["Enter a valid email address."] }));
}

#[tokio::test]
async fn a_wrong_method_names_the_right_ones() {
    let client = start(Engine::Sqlite).await.client();
    for (method, path, allowed) in [
        (Method::GET, "login/", "POST"),
        (Method::PUT, "refresh/", "POST"),
        (Method::DELETE, "password/change/", "POST"),
        (Method::POST, "user/", "GET,HEAD,PATCH,DELETE"),
        (Method::POST, "sessions/", "GET,HEAD"),
        (Method::TRACE, "token/claims/", "GET,HEAD"),
    ] {
        let reply = client.send(method.clone(), &format!("/jwt-allauth/{path}"), None).await;
        let detail = format!("Method \"{method}\" not allowed.");
        assert_refused(&reply, 405, &json!({ "detail": detail, "code": "method_not_allowed" }));
        assert_eq!(reply.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn a_method_cannot_be_overridden_by_a_header() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await.with_header("x-http-method-override", "DELETE");
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200);
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200, "the account is still there");
}

#[tokio::test]
async fn an_unknown_path_is_answered_in_json() {
    let client = start(Engine::Sqlite).await.client();
    for path in
        ["/", "/jwt-allauth/", "/jwt-allauth/nothing/", "/jwt-allauth/login/x", "/login/", "/jwt-allauth//login/"]
    {
        assert_refused(&client.get(path).await, 404, &json!({ "detail": "Not found.", "code": "not_found" }));
    }
}

#[tokio::test]
async fn a_path_without_its_last_slash_answers_the_same() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(app.client().post("/jwt-allauth/login", &body).await.status, 200);
    for path in ["user", "sessions", "token/claims"] {
        let with = ada.get(&format!("/jwt-allauth/{path}/")).await;
        let without = ada.get(&format!("/jwt-allauth/{path}")).await;
        assert_eq!((without.status, without.body), (200, with.body), "{path}");
    }
}

#[tokio::test]
async fn the_prefix_is_a_setting() {
    for prefix in ["", "/api/v1"] {
        let app = configured(Engine::Sqlite, &format!("[http]\nprefix = \"{prefix}\"")).await;
        let reply = app.client().post(&format!("{prefix}/login/"), &json!({})).await;
        assert_eq!(reply.status, 400, "{reply:?}");
        assert_eq!(app.client().post("/jwt-allauth/login/", &json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn a_broken_bearer_is_ignored_where_none_is_needed() {
    let app = start(Engine::Sqlite).await;
    let ada = app.signed_in("ada@example.com").await;
    for header in ["Bearer broken", "Bearer a b", "Bearer", "Token x"] {
        let mut client = app.client().with_header("authorization", header);
        assert_eq!(client.register(&format!("{}@example.com", header.len()), PASSWORD).await.status, 201);
        client.refresh.clone_from(&ada.refresh);
        let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
        client.access.clear();
        assert_eq!(client.post(LOGIN, &credentials).await.status, 200, "{header}");
    }
    let mut stale = ada.with_header("authorization", "Bearer a b");
    stale.access.clear();
    assert_eq!(stale.refresh().await.status, 200);
}

#[tokio::test]
async fn a_bearer_that_is_missing_malformed_or_broken_is_told_apart() {
    let client = start(Engine::Sqlite).await.client();
    assert_not_authenticated(&client.get("/jwt-allauth/user/").await);
    for header in ["Basic YTpi", "Token abc", "", "abc"] {
        let client = client.clone().with_header("authorization", header);
        assert_not_authenticated(&client.get("/jwt-allauth/user/").await);
    }
    for header in ["Bearer", "Bearer a b", "bearer  "] {
        let reply = client.clone().with_header("authorization", header).get("/jwt-allauth/user/").await;
        let detail = "Authorization header must contain two space-delimited values";
        assert_refused(&reply, 401, &json!({ "detail": detail, "code": "bad_authorization_header" }));
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    }
    let reply = client.with_header("authorization", "bearer broken").get("/jwt-allauth/user/").await;
    assert_refused(&reply, 401, &super::tokens::refused_bearer("Token is invalid"));
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let app = configured(Engine::Sqlite, "[http]\nbody_limit = 1024").await;
    let body = |length: usize| json!({ "email": "a".repeat(length) }).to_string();
    assert_eq!(post_raw(&app.client(), LOGIN, JSON, body(900)).await.status, 400);
    let reply = post_raw(&app.client(), LOGIN, JSON, body(1_100)).await;
    let detail = "The request body is too large or was cut off.";
    assert_refused(&reply, 413, &json!({ "detail": detail, "code": "body_not_read" }));
}
