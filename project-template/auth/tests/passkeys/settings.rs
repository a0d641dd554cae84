//! `[passkeys]`: the site, other origins, and passkeys turned off.

use auth::testing::{Authenticator, Engine, TestApp};
use serde_json::json;

use super::{ADA, LOGIN, LOGIN_OPTIONS, OPTIONS, PASSKEYS, assert_refused, begin, configured, start};

const WELL_KNOWN: &str = "/.well-known/webauthn";

#[tokio::test]
async fn nothing_is_there_where_passkeys_are_turned_off() {
    let app = configured(Engine::Sqlite, "[passkeys]\nenabled = false\norigins = [\"https://example.de\"]").await;
    let ada = app.signed_in(ADA).await;
    for path in [OPTIONS, PASSKEYS, LOGIN_OPTIONS, LOGIN] {
        assert_eq!(ada.post(path, &json!({})).await.status, 404, "{path}");
    }
    for path in [PASSKEYS, WELL_KNOWN] {
        assert_eq!(ada.get(path).await.status, 404, "{path}");
    }
    assert_eq!(app.auth.settings().http.link("/x/"), "http://127.0.0.1:8000/jwt-allauth/x/");
}

#[tokio::test]
async fn in_development_links_name_the_host_that_browsers_make_passkeys_for() {
    let app = start(Engine::Sqlite).await;
    assert_eq!(app.auth.settings().http.link("/x/"), "http://localhost:8000/jwt-allauth/x/");
    let at = async |bind: &str| {
        let app = configured(Engine::Sqlite, &format!("[http]\nbind = \"{bind}\"")).await;
        app.auth.settings().http.link("/x/")
    };
    assert_eq!(at("0.0.0.0:9000").await, "http://localhost:9000/jwt-allauth/x/");
    assert_eq!(at("[::1]:9000").await, "http://localhost:9000/jwt-allauth/x/");
    assert_eq!(at("192.0.2.1:9000").await, "http://192.0.2.1:9000/jwt-allauth/x/");
}

async fn at_site(origins: &str) -> TestApp {
    let toml = format!(
        "[http]\npublic_url = \"https://Auth.Example.com:8443/base\"\n[passkeys]\nname = \"Engines\"\norigins = [{origins}]"
    );
    configured(Engine::Sqlite, &toml).await
}

#[tokio::test]
async fn the_site_is_the_host_of_the_public_url_and_its_origin_has_the_port() {
    let app = at_site("").await;
    let ada = app.signed_in(ADA).await;
    let options = begin(&ada, OPTIONS).await["options"].clone();
    assert_eq!(options["rp"], json!({ "id": "auth.example.com", "name": "Engines" }));
    let mut phone = app.authenticator();
    assert_eq!(phone.origin, "https://auth.example.com:8443");
    assert_eq!(ada.add_passkey(&mut phone).await.status, 201);
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
    "https://auth.example.com".clone_into(&mut phone.origin);
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    assert_eq!(app.client().get(WELL_KNOWN).await.status, 404);
}

#[tokio::test]
async fn pages_and_apps_that_the_settings_name_use_the_passkeys_and_no_others() {
    let android = "android:apk-key-hash:AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o";
    let origins = format!("\"https://app.auth.example.com\", \"https://example.de\", \"{android}\"");
    let app = at_site(&origins).await;
    let ada = app.signed_in(ADA).await;
    let mut phone = app.authenticator();
    assert_eq!(ada.add_passkey(&mut phone).await.status, 201);
    let signs_in = async |phone: &mut Authenticator, origin: &str| {
        origin.clone_into(&mut phone.origin);
        app.client().login_with_passkey(phone).await.status
    };
    for origin in ["https://app.auth.example.com", "https://example.de", android] {
        assert_eq!(signs_in(&mut phone, origin).await, 200, "{origin}");
    }
    for origin in [
        "https://www.auth.example.com",
        "https://www.example.de",
        "android:apk-key-hash:AAAA",
        "https://example.de:444",
    ] {
        assert_eq!(signs_in(&mut phone, origin).await, 401, "{origin}");
    }
    let related = app.client().get(WELL_KNOWN).await;
    assert_eq!((related.status, &related.body), (200, &json!({ "origins": ["https://example.de"] })));
    assert_eq!(related.header("content-type"), "application/json");
}
