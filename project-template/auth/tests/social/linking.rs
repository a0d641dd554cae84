//! Whose account an address leads to.

use super::*;

auth::on_both_engines!(
    an_account_with_a_proven_address_is_signed_in_to_and_connected_and_otherwise_untouched,
    a_sign_up_that_nobody_confirmed_gives_way_and_its_password_and_link_die,
    what_an_attacker_left_at_a_sign_up_is_gone,
    an_account_in_use_that_nobody_confirmed_leads_nowhere_until_its_owner_confirms,
    an_address_that_the_provider_does_not_vouch_for_leads_nowhere,
    without_linking_an_address_leads_nowhere,
    a_deactivated_account_is_refused,
    nobody_signs_up_where_sign_up_is_closed,
    an_enrolled_account_meets_its_second_factor_and_is_not_connected_by_its_address,
    an_account_that_must_enrol_is_led_to_the_setup,
    what_an_attacker_left_at_an_account_in_use_goes_when_its_owner_comes_by_the_provider,
    a_connection_of_an_attacker_goes_with_their_password,
    an_account_without_a_password_can_set_one_by_reset,
);

async fn an_account_with_a_proven_address_is_signed_in_to_and_connected_and_otherwise_untouched(engine: Engine) {
    let (provider, app) = with_provider(engine, MANDATORY).await;
    let mut ada = app.signed_in(ADA).await;
    let before = app.user(ADA).await;
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", "ADA@Example.com")).await;
    assert_eq!(account(&app, &reply).await, before.id.to_string());
    let after = app.user(ADA).await;
    assert_eq!((after.password_hash, after.first_name), (before.password_hash, before.first_name));
    assert_eq!(ada.refresh().await.status, 200, "sessions go on");
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("OpenID Connect signs in to your account"), "{mail:?}");
    let listed = ada.get(ACCOUNTS).await;
    assert_eq!((listed.body[0]["provider"].as_str(), listed.body[0]["uid"].as_str()), (Some("example"), Some("ada-1")));
    assert!(listed.body[0]["last_login"].is_string(), "{listed:?}");
}

async fn a_sign_up_that_nobody_confirmed_gives_way_and_its_password_and_link_die(engine: Engine) {
    let (provider, app) = with_provider(engine, MANDATORY).await;
    let mut attacker = app.client();
    assert_eq!(attacker.register(ADA, PASSWORD).await.status, 201);
    let link = app.mailbox().await.latest(ADA).link();
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_signed_in(&reply);
    let user = app.user(ADA).await;
    assert!(user.email_verified && user.password_hash.is_none() && user.first_name == "Ada");
    assert_eq!(attacker.login(ADA, PASSWORD).await.status, 401);
    assert_eq!(app.client().post(&link, &json!({})).await.status, 404, "its link is dead");
    assert!(app.user(ADA).await.password_hash.is_none());
}

async fn what_an_attacker_left_at_a_sign_up_is_gone(engine: Engine) {
    let toml = format!("{MANDATORY}[mfa]\ntotp = \"required\"");
    let (provider, app) = with_provider(engine, &toml).await;
    let bootstrap = app.client().register(ADA, PASSWORD).await;
    let id = bootstrap.text("setup_challenge_id").to_owned();
    let setup = app.client().post("/jwt-allauth/mfa/setup/", &json!({ "setup_challenge_id": id })).await;
    let authenticator = auth::testing::AuthenticatorApp::of(setup.text("secret"));
    let code = json!({ "setup_challenge_id": id, "code": authenticator.code(&app) });
    assert_eq!(app.client().post("/jwt-allauth/mfa/activate/", &code).await.status, 200);
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_eq!(reply.body["mfa_setup_required"], json!(true), "the attacker's factor is not asked for: {reply:?}");
    assert_eq!(count(&app, "second_factors").await, 0);
}

async fn an_account_in_use_that_nobody_confirmed_leads_nowhere_until_its_owner_confirms(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    app.signed_in(ADA).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    assert_refused(&by_token(&app, &provider, &claims).await, 409, "local_account_unverified");
    assert_eq!(count(&app, "social_accounts").await, 0);
    app.client().post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await;
    let code = app.mailbox().await.latest(ADA).code();
    let body = json!({ "email": ADA, "code": code });
    assert_eq!(app.client().post("/jwt-allauth/login/code/verify/", &body).await.status, 200);
    assert_signed_in(&by_token(&app, &provider, &claims).await);
}

async fn an_address_that_the_provider_does_not_vouch_for_leads_nowhere(engine: Engine) {
    for verified in [json!(false), json!(null), json!("no")] {
        let (provider, app) = with_provider(engine, "").await;
        let mut claims = provider.claims(&app, "ada-1", ADA);
        claims["email_verified"] = verified;
        assert_refused(&by_token(&app, &provider, &claims).await, 400, "provider_email_unverified");
        assert_eq!(count(&app, "users").await, 0);
    }
    let (provider, app) = with_provider(engine, "[social]\nrequire_verified_email = false\n").await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    claims["email_verified"] = json!(false);
    let reply = by_token(&app, &provider, &claims).await;
    assert_signed_in(&reply);
    assert!(!app.user(ADA).await.email_verified);
    app.signed_in("bob@example.com").await;
    app.verify("bob@example.com").await;
    let mut claims = provider.claims(&app, "bob-1", "bob@example.com");
    claims["email_verified"] = json!(false);
    assert_refused(&by_token(&app, &provider, &claims).await, 409, "email_already_registered");

    let toml = format!("{MANDATORY}[social]\nrequire_verified_email = false\n");
    let (provider, app) = with_provider(engine, &toml).await;
    let mut claims = provider.claims(&app, "ada-1", ADA);
    claims["email_verified"] = json!(false);
    for _ in 0..2 {
        assert_refused(&by_token(&app, &provider, &claims).await, 401, "email_not_verified");
    }
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_signed_in(&by_token(&app, &provider, &claims).await);
}

async fn without_linking_an_address_leads_nowhere(engine: Engine) {
    let (provider, app) = with_provider(engine, "[social]\nemail_linking = \"never\"\n").await;
    app.signed_in(ADA).await;
    app.verify(ADA).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    assert_refused(&by_token(&app, &provider, &claims).await, 409, "email_already_registered");
    assert_signed_in(&by_token(&app, &provider, &provider.claims(&app, "bob-1", "bob@example.com")).await);
}

async fn a_deactivated_account_is_refused(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let claims = provider.claims(&app, "ada-1", ADA);
    let ada = holding(&app, by_token(&app, &provider, &claims).await);
    let query = "update users set is_active = false";
    auth::on!(app.auth.db(), pool => auth::sqlx::query(query).execute(pool).await.map(drop)).unwrap();
    assert_refused(&by_token(&app, &provider, &claims).await, 401, "account_deactivated");
    let another = provider.claims(&app, "ada-2", ADA);
    assert_refused(&by_token(&app, &provider, &another).await, 401, "account_deactivated");
    assert_eq!(ada.post(CONNECT_TOKEN, &body_of_token(&provider, &another)).await.status, 401);
    assert_eq!(count(&app, "social_accounts").await, 1);
}

async fn nobody_signs_up_where_sign_up_is_closed(engine: Engine) {
    let (provider, app) = with_provider(engine, "[registration]\nopen = false\n").await;
    assert_refused(&by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await, 403, "signup_closed");
    let (provider, app) = with_provider(engine, "").await;
    let claims = provider.claims(&app, "ada-1", "ada@mailinator.com");
    assert_refused(&by_token(&app, &provider, &claims).await, 403, "email_domain_not_allowed");
    assert_eq!(count(&app, "users").await, 0);
}

async fn an_enrolled_account_meets_its_second_factor_and_is_not_connected_by_its_address(engine: Engine) {
    let (provider, app) = with_provider(engine, MANDATORY).await;
    let ada = app.signed_in(ADA).await;
    let authenticator = ada.enrol(&app).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    let reply = by_token(&app, &provider, &claims).await;
    let id = reply.text("challenge_id").to_owned();
    assert_eq!((reply.status, &reply.body), (200, &json!({ "mfa_required": true, "challenge_id": id })));
    assert_eq!(count(&app, "social_accounts").await, 0);
    let answer = json!({ "challenge_id": id, "code": authenticator.next_code(&app) });
    assert_signed_in(&app.client().post("/jwt-allauth/mfa/verify/", &answer).await);
    assert_eq!(count(&app, "social_accounts").await, 0, "only its owner connects it");
    assert_eq!(ada.post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await.status, 201);
    let reply = app.client().post(CODE, &body_of_code(&provider, &claims)).await;
    assert_eq!(reply.body["mfa_required"], json!(true), "a connection is no second factor: {reply:?}");
}

async fn an_account_that_must_enrol_is_led_to_the_setup(engine: Engine) {
    let (provider, app) = with_provider(engine, "[mfa]\ntotp = \"required\"\n").await;
    let claims = provider.claims(&app, "ada-1", ADA);
    for body in [body_of_token(&provider, &claims), body_of_token(&provider, &claims)] {
        let reply = app.client().post(TOKEN, &body).await;
        assert_eq!((reply.status, &reply.body["mfa_setup_required"]), (200, &json!(true)), "{reply:?}");
        assert!(reply.headers.get("set-cookie").is_none(), "{reply:?}");
    }
    assert_eq!((count(&app, "users").await, live(&app).await), (1, 0));
}

/// The owner has proven the address by a mailed code, and trusts the account since.
async fn what_an_attacker_left_at_an_account_in_use_goes_when_its_owner_comes_by_the_provider(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    let mut attacker = app.signed_in(ADA).await;
    let theirs = provider.claims(&app, "eve-1", "eve@example.com");
    assert_eq!(attacker.post(CONNECT_TOKEN, &body_of_token(&provider, &theirs)).await.status, 201);
    app.client().post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await;
    let body = json!({ "email": ADA, "code": app.mailbox().await.latest(ADA).code() });
    let owner = holding(&app, app.client().post("/jwt-allauth/login/code/verify/", &body).await);
    attacker.enrol(&app).await;
    let reply = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_signed_in(&reply);
    assert_eq!(account(&app, &reply).await, app.user(ADA).await.id.to_string());
    assert_eq!(count(&app, "second_factors").await, 0, "the attacker's app was not asked for, and is gone");
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
    assert_eq!(attacker.refresh().await.status, 401);
    let listed = owner.get(ACCOUNTS).await;
    assert_eq!(listed.status, 401, "the owner signs in again: {listed:?}");
    let listed = holding(&app, reply).get(ACCOUNTS).await;
    assert_eq!((listed.body.as_array().map(Vec::len), listed.body[0]["uid"].as_str()), (Some(1), Some("ada-1")));
    let mails = app.mailbox().await.to(ADA);
    assert!(mails.iter().any(|mail| mail.subject.contains("Set your own password")), "{mails:?}");
    let again = by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await;
    assert_signed_in(&again);
    assert_eq!(live(&app).await, 2, "what is proven stays");
}

async fn a_connection_of_an_attacker_goes_with_their_password(engine: Engine) {
    let toml = "[email_verification]\nmode = \"optional\"\nfirst_proof = \"reset\"\n";
    let (provider, app) = with_provider(engine, toml).await;
    let attacker = app.signed_in(ADA).await;
    let theirs = provider.claims(&app, "eve-1", "eve@example.com");
    assert_eq!(attacker.post(CONNECT_TOKEN, &body_of_token(&provider, &theirs)).await.status, 201);
    let link = app.mailbox().await.all().into_iter().find(|mail| mail.subject.contains("onfirm")).unwrap().link();
    assert!(app.client().post(&link, &json!({})).await.status < 400);
    assert_eq!(count(&app, "social_accounts").await, 0);
    let reply = by_token(&app, &provider, &theirs).await;
    assert_ne!(account(&app, &reply).await, app.user(ADA).await.id.to_string());
}

async fn an_account_without_a_password_can_set_one_by_reset(engine: Engine) {
    let (provider, app) = with_provider(engine, "").await;
    assert_signed_in(&by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await);
    app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    let link = app.mailbox().await.latest(ADA).link();
    let mut browser = app.client();
    browser.visit(&link).await;
    let token = browser.cookies["csrftoken"].clone();
    let new = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    let set = browser.with_header("x-csrftoken", &token).post("/jwt-allauth/password/reset/set-new/", &new).await;
    assert_eq!(set.status, 200, "{set:?}");
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
    assert_eq!(count(&app, "social_accounts").await, 1, "and keeps the connection");
}
