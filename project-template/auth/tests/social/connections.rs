//! `social/PROVIDER/connect/…` and `social/accounts/`.

use super::*;

auth::on_both_engines!(
    a_user_connects_an_account_whatever_its_address_says,
    an_account_of_a_provider_belongs_to_one_user,
    a_connection_is_removed_by_its_owner_only_and_never_the_last_way_in,
    a_connection_of_a_provider_that_is_gone_is_no_way_in,
    what_has_expired_is_removed,
);

const WITHOUT_MAIL: &str = "[login_codes]\nenabled = false\n[passkeys]\nenabled = false\n";

async fn a_user_connects_an_account_whatever_its_address_says(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let mut claims = provider.claims(&app, "ada-1", "other@example.com");
    claims["email_verified"] = json!(false);
    assert_eq!(app.client().post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await.status, 401);
    let sessions = live(&app).await;
    let reply = ada.post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = reply.text("id").to_owned();
    let expected = json!({
        "id": id, "provider": "example", "uid": "ada-1", "last_login": null, "date_joined": "2027-01-15T08:00:00Z",
    });
    assert_eq!(reply.body, expected);
    let again = ada.post(CONNECT_CODE, &body_of_code(&provider, &claims)).await;
    assert_eq!((again.status, again.text("id")), (201, id.as_str()));
    assert_eq!((live(&app).await, app.user(ADA).await.email_verified), (sessions, false));
    assert!(app.mailbox().await.latest(ADA).subject.contains("signs in to your account"));
    let reply = by_token(&app, &provider, &claims).await;
    assert_eq!(account(&app, &reply).await, app.user(ADA).await.id.to_string());
}

async fn an_account_of_a_provider_belongs_to_one_user(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let (ada, bob) = (app.signed_in(ADA).await, app.signed_in("bob@example.com").await);
    let claims = provider.claims(&app, "ada-1", ADA);
    assert_eq!(ada.post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await.status, 201);
    let reply = bob.post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await;
    assert_refused(&reply, 409, "social_account_in_use");
    let reply = bob.post(CONNECT_CODE, &body_of_code(&provider, &claims)).await;
    assert_refused(&reply, 409, "social_account_in_use");
}

async fn a_connection_is_removed_by_its_owner_only_and_never_the_last_way_in(engine: Engine) {
    let (provider, app) = with_provider(engine, WITHOUT_MAIL).await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    let ada = holding(&app, by_token(&app, &provider, &claims).await);
    let bob = app.signed_in("bob@example.com").await;
    let first = ada.get(ACCOUNTS).await.body[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{ACCOUNTS}{first}/");
    assert_eq!(bob.delete(&path, None).await.status, 404);
    let refused = ada.delete(&path, None).await;
    assert_refused(&refused, 400, "disconnect_not_allowed");
    assert_eq!(refused.text("detail"), "This is the only way to sign in to this account.");
    claims["sub"] = json!("ada-2");
    assert_eq!(ada.post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await.status, 201);
    assert_eq!(ada.delete(&path, None).await.status, 204);
    assert_eq!(ada.delete(&path, None).await.status, 404);
    assert_eq!(ada.delete(&format!("{ACCOUNTS}17/"), None).await.status, 404);
    assert!(app.mailbox().await.latest(ADA).subject.contains("no longer signs in"));
    assert_signed_in(&by_token(&app, &provider, &claims).await);
    // With a password it is no longer the only way.
    let theirs = provider.claims(&app, "bob-1", "bob@example.com");
    let connected = bob.post(CONNECT_TOKEN, &body_of_token(&provider, &theirs)).await;
    assert_eq!(bob.delete(&format!("{ACCOUNTS}{}/", connected.text("id")), None).await.status, 204);
}

async fn a_connection_of_a_provider_that_is_gone_is_no_way_in(engine: Engine) {
    let provider = Provider::start().await;
    let toml = format!("{WITHOUT_MAIL}{}{}", provider.settings("example"), provider.settings("second"));
    let app = TestApp::configured(engine, router, &toml).await;
    let ada = holding(&app, by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await);
    let body = body_of_token(&provider, &provider.claims(&app, "ada-1", ADA));
    assert_eq!(ada.post("/jwt-allauth/social/second/connect/token/", &body).await.status, 201);
    let app = app.second_instance_with(router, |settings| settings.social.providers.truncate(1)).await;
    let mut client = app.client();
    client.access.clone_from(&ada.access);
    let path = format!("{ACCOUNTS}{}/", client.get(ACCOUNTS).await.body[0]["id"].as_str().unwrap());
    assert_refused(&client.delete(&path, None).await, 400, "disconnect_not_allowed");
}

async fn what_has_expired_is_removed(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let claims = provider.claims(&app, "ada-1", ADA);
    assert_signed_in(&app.client().post(CODE, &body_of_code(&provider, &claims)).await);
    app.client().visit("/jwt-allauth/social/example/login/").await;
    assert_eq!((count(&app, "social_codes").await, count(&app, "social_logins").await), (1, 1));
    app.flush().await;
    assert_eq!((count(&app, "social_codes").await, count(&app, "social_logins").await), (1, 1));
    app.advance(std::time::Duration::from_mins(15));
    app.flush().await;
    assert_eq!((count(&app, "social_codes").await, count(&app, "social_logins").await), (0, 0));
}
