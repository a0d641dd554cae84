//! Pages are for their own origin, whatever `http.cors_origins` lets other origins do with the API.

use auth::testing::{Client, Engine, PASSWORD};
use axum::http::Method;
use serde_json::json;

use super::configured;

const CORS: &str = "[http]\ncors_origins = [\"https://app.example.com\"]\n[email_verification]\nmode = \"optional\"\n\
                    [portal]\nenabled = true";
const ALLOWED: &str = "https://app.example.com";

/// A page of an allowed origin on another host of the same site: cookies with `SameSite` come along.
fn from_allowed(client: &Client) -> Client {
    client.clone().with_header("origin", ALLOWED).with_header("sec-fetch-site", "same-site")
}

#[track_caller]
fn assert_closed(reply: &auth::testing::Reply) {
    let said: Vec<_> = reply.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
    assert!(said.is_empty(), "{said:?}: {reply:?}");
}

#[tokio::test]
async fn no_script_of_an_allowed_origin_reads_a_page_or_is_told_that_it_may() {
    let app = configured(Engine::Sqlite, CORS).await;
    let script = from_allowed(&app.client());
    assert_eq!(app.client().register("ada@example.com", PASSWORD).await.status, 201);
    let confirmation = app.mailbox().await.latest("ada@example.com").link();
    let api = "/jwt-allauth";
    for path in [
        "/admin/",
        "/admin/sign-in/",
        "/admin/nothing/",
        "/admin",
        &format!("{api}/account/"),
        &format!("{api}/account/sign-in/"),
        &confirmation,
        &format!("{api}/registration/verification/unknown/"),
        &format!("{api}/registration/verified/"),
        &format!("{api}/password/reset/default/"),
        &format!("{api}/password/reset/complete/"),
        &format!("{api}/password/reset/confirm/x/y/"),
        &format!("{api}/user/email/confirm/unknown/"),
    ] {
        let reply = script.get(path).await;
        assert_closed(&reply);
        assert!(reply.header("vary").contains("origin") || reply.status == 404, "{path}: {reply:?}");
        let mut script = script.clone();
        assert_closed(&script.visit(path).await);
    }
    for path in ["/admin/users/x/role/", "/admin/sign-in/", "/jwt-allauth/account/remove/"] {
        let preflight = script.clone().with_header("access-control-request-method", "POST");
        assert_closed(&preflight.send(Method::OPTIONS, path, None).await);
    }
    let reply = script.get(&format!("{api}/user/")).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (401, ALLOWED), "the API is open to it");
    assert_eq!(script.get("/administration/").await.header("access-control-allow-origin"), ALLOWED);
}

#[tokio::test]
async fn no_page_of_an_allowed_origin_posts_a_form_of_ours() {
    let app = configured(Engine::Sqlite, CORS).await;
    assert_eq!(app.client().register("ada@example.com", PASSWORD).await.status, 201);
    let confirmation = app.mailbox().await.latest("ada@example.com").link();
    for path in [
        "/admin/sign-in/",
        "/admin/upkeep/",
        "/jwt-allauth/account/sign-in/",
        "/jwt-allauth/account/remove/",
        "/jwt-allauth/password/reset/set-new/",
        &confirmation,
    ] {
        for site in ["same-site", "cross-site"] {
            let page = app.client().with_header("origin", ALLOWED).with_header("sec-fetch-site", site);
            let reply = page.clone().submit(path, &[("csrf_token", "x")]).await;
            assert_eq!(reply.status, 403, "{path} {site}: {reply:?}");
            assert_closed(&reply);
        }
        let mut old_browser = app.client().with_header("origin", ALLOWED).with_header("host", "auth.example.com");
        assert_eq!(old_browser.submit(path, &[("csrf_token", "x")]).await.status, 403, "{path}");
    }
    let script = from_allowed(&app.client());
    assert_eq!(script.post("/admin/sign-in/", &json!({})).await.status, 403, "as a program neither");
    assert_eq!(script.post(&confirmation, &json!({})).await.status, 200, "what the API offers, it may do");
    let fetch = script.clone().with_header("accept", "text/html, application/json");
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    for (mode, status) in [("cors", 200), ("no-cors", 403), ("navigate", 403)] {
        let reply = fetch.clone().with_header("sec-fetch-mode", mode).post("/jwt-allauth/login/", &login).await;
        assert_eq!(reply.status, status, "{mode}: what a script accepts makes no form of its request");
    }
    let mut own = app.client().with_header("sec-fetch-site", "same-origin");
    assert_eq!(own.submit("/jwt-allauth/password/reset/", &[("email", "ada@example.com")]).await.status, 200);
}
