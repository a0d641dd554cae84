//! `social/PROVIDER/token/`: what of an ID token is believed.

use auth::testing::{ED25519, P256};

use super::*;

auth::on_both_engines!(
    who_is_new_gets_an_account_without_a_password_and_keeps_it,
    a_token_that_is_not_as_it_must_be_is_refused_and_writes_nothing,
    a_nonce_that_the_client_names_must_be_the_tokens,
    a_token_is_believed_about_its_own_application_only,
    what_is_missing_in_the_token_is_asked_for_and_believed_about_the_same_user_only,
    an_unknown_provider_is_404_and_a_missing_token_is_a_field_error,
    without_a_provider_there_is_nothing,
    a_stale_bearer_is_ignored,
);

async fn who_is_new_gets_an_account_without_a_password_and_keeps_it(engine: Engine) {
    let (provider, app) = with_provider(engine, MANDATORY).await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    let reply = by_token(&app, &provider, &claims).await;
    assert_signed_in(&reply);
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert!(cookies.iter().all(|cookie| cookie.to_str().unwrap().starts_with("refresh_token=")), "{cookies:?}");
    let user = app.user(ADA).await;
    assert!(user.email_verified && user.password_hash.is_none());
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("Ada", "Lovelace"));
    let claimed = app.client().holding(reply.text("access"), "").get("/jwt-allauth/token/claims/").await;
    assert_eq!(claimed.body["amr"], json!(["federated"]));

    // Whatever the address says by then, and whatever it is called.
    (claims["email"], claims["email_verified"], claims["given_name"]) =
        (json!("b@x.example"), json!(false), json!("B"));
    let again = by_token(&app, &provider, &claims).await;
    assert_eq!(account(&app, &again).await, user.id.to_string());
    assert_eq!(app.user(ADA).await.first_name, "Ada");
    assert_eq!((count(&app, "users").await, count(&app, "social_accounts").await), (1, 1));
    app.finish_audit_log().await;
    let kinds: Vec<_> = app.audit_log().await.into_iter().map(|row| row.kind).collect();
    assert!(kinds.contains(&"provider_connected".to_owned()) && kinds.contains(&"sign_up".to_owned()), "{kinds:?}");
    assert!(app.metrics().await.contains("way=\"social\",outcome=\"succeeded\"} 2"), "{}", app.metrics().await);
    assert!(app.mailbox().await.all().is_empty(), "nobody is told of their own sign-up");
}

async fn a_token_that_is_not_as_it_must_be_is_refused_and_writes_nothing(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let good = provider.claims(&app, "ada-1", ADA);
    let now = app.auth.now().unix_timestamp();
    for (name, value) in [
        ("iss", json!("https://accounts.example.com")),
        ("aud", json!("another")),
        ("aud", json!(["web", "another"])),
        ("azp", json!("another")),
        ("exp", json!(now - 60)),
        ("exp", json!(null)),
        ("nbf", json!(now + 60)),
        ("iat", json!(now + 60)),
        ("sub", json!(null)),
    ] {
        let mut claims = good.clone();
        claims[name] = value.clone();
        let reply = by_token(&app, &provider, &claims).await;
        assert_refused(&reply, 401, "invalid_social_token");
        assert_eq!(reply.text("detail"), "The provider rejected the credential.", "{name} {value}");
    }
    for typ in ["at+jwt", "logout+jwt"] {
        let body = json!({ "id_token": provider.sign_typed(typ, &good), "client_id": "web" });
        assert_refused(&app.client().post(TOKEN, &body).await, 401, "invalid_social_token");
    }
    let token = provider.sign(&good);
    let payload = token.split('.').nth(1).unwrap();
    // {"alg":"none"}, and {"alg":"HS256","kid":"1"}.
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    let by_secret = format!("eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.{payload}.AAAA");
    for token in [unsigned, by_secret, token[..token.len() - 4].to_owned(), "x".to_owned(), "a.b.c".to_owned()] {
        let body = json!({ "id_token": token, "client_id": "web" });
        assert_refused(&app.client().post(TOKEN, &body).await, 401, "invalid_social_token");
    }
    provider.forge(P256);
    app.advance(std::time::Duration::from_mins(1));
    assert_refused(&by_token(&app, &provider, &good).await, 401, "invalid_social_token");
    assert_eq!((count(&app, "users").await, count(&app, "social_accounts").await, live(&app).await), (0, 0, 0));
}

async fn a_nonce_that_the_client_names_must_be_the_tokens(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    let body =
        |claims: &Value, nonce: &str| json!({ "id_token": provider.sign(claims), "client_id": "web", "nonce": nonce });
    assert_refused(&app.client().post(TOKEN, &body(&claims, "n-1")).await, 401, "invalid_social_token");
    claims["nonce"] = json!("n-1");
    assert_refused(&app.client().post(TOKEN, &body(&claims, "n-2")).await, 401, "invalid_social_token");
    assert_signed_in(&app.client().post(TOKEN, &body(&claims, "n-1")).await);
}

async fn a_token_is_believed_about_its_own_application_only(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    claims["aud"] = json!("android");
    let body = |client: Value| json!({ "id_token": provider.sign(&claims), "client_id": client });
    assert_refused(&app.client().post(TOKEN, &body(json!("another"))).await, 401, "client_id_mismatch");
    assert_refused(&app.client().post(TOKEN, &body(json!("web"))).await, 401, "invalid_social_token");
    let without = app.client().post(TOKEN, &json!({ "id_token": provider.sign(&claims) })).await;
    assert_refused(&without, 401, "client_id_mismatch");
    assert_eq!(without.text("detail"), "The credential was not issued for this application.");
    assert_signed_in(&app.client().post(TOKEN, &body(json!("android"))).await);
}

async fn what_is_missing_in_the_token_is_asked_for_and_believed_about_the_same_user_only(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    for member in ["email", "email_verified", "given_name", "family_name"] {
        claims.as_object_mut().unwrap().remove(member);
    }
    assert_refused(&by_token(&app, &provider, &claims).await, 400, "provider_email_unverified");
    let mut body = body_of_token(&provider, &claims);
    body["access_token"] = json!("access");
    provider.tell(json!({ "sub": "bob-1", "email": ADA, "email_verified": true }));
    assert_refused(&app.client().post(TOKEN, &body).await, 401, "invalid_social_token");
    provider.tell(json!({ "sub": "ada-1", "email": ADA, "email_verified": true, "name": "Ada King", "aud": "x" }));
    assert_signed_in(&app.client().post(TOKEN, &body).await);
    assert_eq!(app.user(ADA).await.last_name, "King");
    // It is said about no address, and not about the one from elsewhere.
    let mut claims = provider.claims(&app, "eve-1", ADA);
    claims.as_object_mut().unwrap().remove("email");
    let mut body = body_of_token(&provider, &claims);
    body["access_token"] = json!("access");
    provider.tell(json!({ "sub": "eve-1", "email": ADA }));
    assert_refused(&app.client().post(TOKEN, &body).await, 400, "provider_email_unverified");
    let alone = json!({ "access_token": "access", "client_id": "web" });
    assert_refused(&app.client().post(TOKEN, &alone).await, 401, "invalid_social_token");
}

async fn an_unknown_provider_is_404_and_a_missing_token_is_a_field_error(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let client = app.client();
    for path in ["token", "code"] {
        let reply = client.post(&format!("/jwt-allauth/social/other/{path}/"), &json!({})).await;
        assert_refused(&reply, 404, "provider_not_configured");
    }
    let reply = client.post(TOKEN, &json!({ "client_id": "web" })).await;
    let expected = json!({ "non_field_errors": ["Either an id_token or an access_token is required."] });
    assert_eq!((reply.status, reply.body), (400, expected));
    let reply = client.post(TOKEN, &json!({ "id_token": "", "client_id": "web" })).await;
    assert_eq!((reply.status, reply.body), (400, json!({ "id_token": ["This field may not be blank."] })));
    let listed = client.get("/jwt-allauth/social/providers/").await;
    assert_eq!(listed.body, json!([{ "id": "example", "name": "OpenID Connect", "client_id": "web" }]));
    assert_eq!(client.get(TOKEN).await.status, 405);
    assert_eq!(provider.asked("/.well-known/openid-configuration"), 0, "nothing was asked in vain");
}

async fn without_a_provider_there_is_nothing(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let client = app.client();
    let ada = app.signed_in(ADA).await;
    for (client, path) in [(&client, "token"), (&client, "code"), (&ada, "connect/token"), (&ada, "connect/code")] {
        let reply = client.post(&format!("/jwt-allauth/social/google/{path}/"), &json!({})).await;
        assert_refused(&reply, 404, "provider_not_configured");
    }
    assert_eq!(client.get("/jwt-allauth/social/google/login/").await.status, 404);
    assert_eq!(client.get("/jwt-allauth/social/google/callback/?state=1&code=2").await.status, 404);
    assert_eq!(client.get("/jwt-allauth/social/providers/").await.body, json!([]));
    assert_eq!(ada.get(ACCOUNTS).await.body, json!([]));
}

async fn a_stale_bearer_is_ignored(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let stale = app.client().holding("stale", "");
    let claims = provider.claims(&app, "ada-1", ADA);
    assert_signed_in(&stale.post(TOKEN, &body_of_token(&provider, &claims)).await);
    assert_signed_in(&stale.post(CODE, &body_of_code(&provider, &claims)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_key_is_believed_and_a_new_one_after_a_minute_at_most() {
    let (provider, app) = with_provider(Engine::Sqlite, "").await;
    let claims = |app: &TestApp| provider.claims(app, "ada-1", ADA);
    for key in [None, Some(P256), Some(ED25519)] {
        if let Some(key) = key {
            provider.add_key(key);
            app.advance(std::time::Duration::from_mins(1));
        }
        assert_signed_in(&by_token(&app, &provider, &claims(&app)).await);
    }
    assert_eq!((provider.asked("/.well-known/openid-configuration"), provider.asked("/keys")), (1, 3));
    // A stranger can name keys that do not exist.
    provider.forge(auth::testing::RSA);
    for _ in 0..30 {
        assert_signed_in(&by_token(&app, &provider, &claims(&app)).await);
    }
    let foreign = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vIn0.e30.AAAA";
    for _ in 0..30 {
        let body = json!({ "id_token": foreign, "client_id": "web" });
        assert_refused(&app.client().post(TOKEN, &body).await, 401, "invalid_social_token");
    }
    assert_eq!((provider.asked("/.well-known/openid-configuration"), provider.asked("/keys")), (1, 3));
}
