//! GitHub, which has an API instead of ID tokens.

use super::*;

auth::on_both_engines!(
    the_user_is_the_one_of_the_number_and_the_address_the_primary_one,
    an_address_that_was_not_verified_there_leads_nowhere,
    there_are_no_id_tokens,
);

const GITHUB: &str = "/jwt-allauth/social/github/code/";

async fn with_github(engine: Engine) -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::configured(engine, router, &provider.settings("github")).await;
    (provider, app)
}

fn told(id: u64, email: &str, is_verified: bool) -> Value {
    json!({
        "user": { "id": id, "login": "ada", "name": "Ada King", "email": "public@example.com" },
        "emails": [
            { "email": "second@example.com", "primary": false, "verified": true },
            { "email": email, "primary": true, "verified": is_verified },
        ],
    })
}

async fn the_user_is_the_one_of_the_number_and_the_address_the_primary_one(engine: Engine) {
    let (provider, app) = with_github(engine).await;
    provider.tell(told(17, ADA, true));
    let code = || body_of_code(&provider, &json!({}));
    let reply = app.client().post(GITHUB, &code()).await;
    assert_signed_in(&reply);
    let user = app.user(ADA).await;
    assert_eq!((user.first_name.as_str(), user.last_name.as_str()), ("Ada", "King"));
    provider.tell(told(17, "new@example.com", false));
    let again = app.client().post(GITHUB, &code()).await;
    assert_eq!(account(&app, &again).await, user.id.to_string());
    let listed = app.client().get("/jwt-allauth/social/providers/").await;
    assert_eq!(listed.body[0]["name"], json!("GitHub"));
}

async fn an_address_that_was_not_verified_there_leads_nowhere(engine: Engine) {
    let (provider, app) = with_github(engine).await;
    provider.tell(told(17, ADA, false));
    let reply = app.client().post(GITHUB, &body_of_code(&provider, &json!({}))).await;
    assert_refused(&reply, 400, "provider_email_unverified");
    let reply = app.client().post(GITHUB, &json!({ "code": "unknown", "callback_url": CALLBACK })).await;
    assert_refused(&reply, 401, "invalid_social_token");
}

async fn there_are_no_id_tokens(engine: Engine) {
    let (_provider, app) = with_github(engine).await;
    let body = json!({ "id_token": "a.b.c", "client_id": "web" });
    let reply = app.client().post("/jwt-allauth/social/github/token/", &body).await;
    assert_refused(&reply, 400, "flow_not_supported");
}
