//! `social/PROVIDER/code/`.

use super::*;

auth::on_both_engines!(
    a_code_is_exchanged_with_the_secret_and_signs_in,
    a_code_that_the_provider_refuses_is_refused,
    a_code_goes_to_listed_addresses_only,
    an_id_token_from_an_exchange_is_checked_as_well,
);

async fn a_code_is_exchanged_with_the_secret_and_signs_in(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let claims = provider.claims(&app, "ada-1", ADA);
    let reply = app.client().post(CODE, &body_of_code(&provider, &claims)).await;
    assert_signed_in(&reply);
    let again = by_token(&app, &provider, &claims).await;
    assert_eq!(account(&app, &again).await, account(&app, &reply).await);
    let mut body = body_of_code(&provider, &claims);
    body["client_id"] = json!("another");
    assert_refused(&app.client().post(CODE, &body).await, 401, "client_id_mismatch");
    let missing = app.client().post(CODE, &json!({ "code": "" })).await;
    let expected = json!({ "code": ["This field may not be blank."], "callback_url": ["This field is required."] });
    assert_eq!((missing.status, missing.body), (400, expected));
}

async fn a_code_that_the_provider_refuses_is_refused(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let body = body_of_code(&provider, &provider.claims(&app, "ada-1", ADA));
    assert_signed_in(&app.client().post(CODE, &body).await);
    assert_refused(&app.client().post(CODE, &body).await, 401, "invalid_social_token");
    let unknown = json!({ "code": "unknown", "callback_url": CALLBACK, "code_verifier": "v" });
    assert_refused(&app.client().post(CODE, &unknown).await, 401, "invalid_social_token");
    let wrong = provider.settings("example").replace("s+e c/ret", "another");
    let other = TestApp::configured(engine, router, &wrong).await;
    let body = body_of_code(&provider, &provider.claims(&other, "ada-1", ADA));
    assert_refused(&other.client().post(CODE, &body).await, 401, "invalid_social_token");
}

async fn a_code_goes_to_listed_addresses_only(engine: Engine) {
    let (provider, app) = with_provider(engine, &format!("[social]\ncallback_urls = [\"{CALLBACK}\"]\n")).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    let mut body = body_of_code(&provider, &claims);
    for elsewhere in [format!("{CALLBACK}/"), format!("{CALLBACK}?x=1"), "https://evil.example/".to_owned()] {
        body["callback_url"] = json!(elsewhere);
        assert_refused(&app.client().post(CODE, &body).await, 400, "callback_url_not_allowed");
    }
    assert_eq!(provider.asked("/token"), 0, "the provider is not asked");
    assert_signed_in(&app.client().post(CODE, &body_of_code(&provider, &claims)).await);
}

async fn an_id_token_from_an_exchange_is_checked_as_well(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    claims["aud"] = json!("another");
    let reply = app.client().post(CODE, &body_of_code(&provider, &claims)).await;
    assert_refused(&reply, 401, "invalid_social_token");
    claims["aud"] = json!("web");
    claims.as_object_mut().unwrap().remove("email");
    provider.tell(json!({ "sub": "bob-1", "email": ADA, "email_verified": true }));
    let reply = app.client().post(CODE, &body_of_code(&provider, &claims)).await;
    assert_refused(&reply, 401, "invalid_social_token");
    provider.tell(json!({ "sub": "ada-1", "email": ADA, "email_verified": true }));
    assert_signed_in(&app.client().post(CODE, &body_of_code(&provider, &claims)).await);
    assert_eq!(count(&app, "users").await, 1);
}
