//! Where a second factor is required, an account sets one up before its first session.

use std::time::Duration;

use auth::testing::Received;

use super::*;

auth::on_both_engines!(
    a_sign_up_leads_to_the_setup_and_then_to_a_session,
    a_sign_in_of_an_account_without_one_leads_to_the_setup,
    before_the_address_is_verified_a_factor_is_set_up_and_no_session_begins,
    after_the_address_is_verified_the_challenge_of_the_sign_up_begins_a_session,
    a_taken_address_is_answered_alike_and_sets_nothing_up,
    many_activations_at_once_do_not_tell_whether_the_address_was_taken,
    a_factor_goes_with_the_sign_up_that_set_it_up,
    a_setup_challenge_counts_for_five_minutes_and_for_its_account,
    an_account_that_was_closed_meanwhile_sets_nothing_up,
    a_role_may_require_one_of_its_accounts_alone,
    what_is_required_is_not_removed,
);

const MANDATORY: &str = "[mfa]\ntotp = \"required\"\n[email_verification]\nmode = \"mandatory\"";

/// The answer to the first code of a setup by challenge.
async fn activate(app: &TestApp, id: &str) -> (AuthenticatorApp, Reply) {
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    assert_eq!(setup.status, 200, "{setup:?}");
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    let body = json!({ "setup_challenge_id": id, "code": authenticator.code(app) });
    (authenticator, app.client().post(ACTIVATE, &body).await)
}

async fn a_sign_up_leads_to_the_setup_and_then_to_a_session(engine: Engine) {
    let app = configured(engine, REQUIRED).await;
    let reply = app.client().register(ADA, PASSWORD).await;
    assert_eq!(reply.status, 201);
    let id = setup_challenge(&reply);
    assert_eq!(reply.body, json!({ "mfa_setup_required": true, "setup_challenge_id": id }));
    let (authenticator, reply) = activate(&app, &id).await;
    assert_signed_in(&reply);
    assert_eq!((&reply.body["success"], reply.body["recovery_codes"].as_array().unwrap().len()), (&json!(true), 10));
    assert_eq!(claims(&app, &reply).await["amr"], json!(["pwd", "otp", "mfa"]));
    let (_, again) = {
        let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
        (setup.status, setup)
    };
    assert_refused(&again, 401, "Challenge expired or invalid.", "challenge_not_valid");
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn a_sign_in_of_an_account_without_one_leads_to_the_setup(engine: Engine) {
    let before = configured(engine, "").await;
    let mut ada = before.signed_in(ADA).await;
    let app = before.second_instance_with(router, |settings| settings.mfa.totp = auth::factors::Mode::Required).await;
    let reply = app.client().login(ADA, PASSWORD).await;
    let id = setup_challenge(&reply);
    assert_eq!((reply.status, &reply.body), (200, &json!({ "mfa_setup_required": true, "setup_challenge_id": id })));
    assert_expired(&verify(&app, &id, "123456").await);
    assert_eq!(ada.refresh().await.status, 200, "a session that is there goes on");
    let body = json!({ "email": ADA, "password": PASSWORD, "remember": false });
    let id = setup_challenge(&app.client().post(LOGIN, &body).await);
    let (_, reply) = activate(&app, &id).await;
    assert_signed_in(&reply);
    assert!(!reply.header("set-cookie").contains("Max-Age"), "as the sign-in said: {reply:?}");
}

async fn before_the_address_is_verified_a_factor_is_set_up_and_no_session_begins(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    let reply = app.client().register(ADA, PASSWORD).await;
    assert_eq!(reply.status, 201);
    let id = reply.text("setup_challenge_id").to_owned();
    let body = json!({ "detail": "Verification e-mail sent.", "mfa_setup_required": true, "setup_challenge_id": id });
    assert_eq!(reply.body, body);
    assert_eq!(app.client().login(ADA, PASSWORD).await.text("code"), "email_not_verified");
    let (authenticator, reply) = activate(&app, &id).await;
    let codes = &reply.body["recovery_codes"];
    let body = json!({ "success": true, "recovery_codes": codes, "detail": "Verification e-mail sent." });
    assert_eq!((reply.status, &reply.body), (200, &body));
    assert!(reply.headers.get("set-cookie").is_none(), "{reply:?}");
    assert_eq!(app.client().login(ADA, PASSWORD).await.text("code"), "email_not_verified");
    let link = app.mailbox().await.to(ADA)[0].link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    let id = challenge(&app).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
}

async fn after_the_address_is_verified_the_challenge_of_the_sign_up_begins_a_session(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    let mut ada = app.client();
    let id = ada.register(ADA, PASSWORD).await.text("setup_challenge_id").to_owned();
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(ada.post(&link, &json!({})).await.status, 200);
    let (_, reply) = activate(&app, &id).await;
    assert_signed_in(&reply);
    assert!(reply.body.get("detail").is_none());
}

/// A setup from the sign-up to its end, as a client sees it, with what is random masked; and the rows it wrote.
async fn transcript(app: &TestApp) -> (Vec<Value>, [i64; 2]) {
    let rows = async || [super::keeping::rows(app, "outbox").await, super::keeping::rows(app, "audit").await];
    let (before, mut seen) = (rows().await, Vec::new());
    let client = app.client();
    let sign_up = json!({ "email": ADA, "password1": PASSWORD, "password2": PASSWORD });
    let mut see = |what: &str, reply: &Reply| {
        let mut body = reply.body.clone();
        for member in ["setup_challenge_id", "secret", "recovery_codes", "provisioning_uri", "qr_code"] {
            if let Some(value) = body.get_mut(member) {
                let shape = match (member, &*value) {
                    ("provisioning_uri", Value::String(uri)) => {
                        let (label, secret) = uri.split_once("?secret=").unwrap();
                        format!("{label} {}", &secret[32..])
                    }
                    ("qr_code", Value::String(svg)) => svg.split('>').next().unwrap().to_owned(),
                    (_, Value::String(text)) => format!("{} characters", text.len()),
                    (_, Value::Array(codes)) => {
                        assert!(codes.iter().all(|code| code.as_str().unwrap().len() == 8), "{codes:?}");
                        format!("{} codes", codes.len())
                    }
                    other => panic!("{other:?}"),
                };
                *value = json!(shape);
            }
        }
        let headers: Vec<_> = reply
            .headers
            .iter()
            .filter(|(name, _)| !["x-request-id", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| {
                let value = value.to_str().unwrap().split('=').next().unwrap().to_owned();
                format!("{name}: {value}")
            })
            .collect();
        seen.push(json!([what, reply.status, headers, body]));
    };
    let post = async |path: &str, body: Value| client.post(path, &body).await;

    let reply = post("/jwt-allauth/registration/", sign_up.clone()).await;
    see("sign up", &reply);
    let id = reply.text("setup_challenge_id").to_owned();
    let with = |code: &str| json!({ "setup_challenge_id": id, "code": code });
    see("a code before the setup", &post(ACTIVATE, with("123456")).await);
    let first = post(SETUP, json!({ "setup_challenge_id": id })).await;
    see("set up", &first);
    let second = post(SETUP, json!({ "setup_challenge_id": id })).await;
    see("set up again", &second);
    let (first, second) = (AuthenticatorApp::of(first.text("secret")), AuthenticatorApp::of(second.text("secret")));
    see("a code of the first secret", &post(ACTIVATE, with(&first.code(app))).await);
    see("a wrong code", &post(ACTIVATE, with(&second.wrong_code(app))).await);
    see("an old code", &post(ACTIVATE, with(&second.code_in(app, -2))).await);
    see("no code", &post(ACTIVATE, with("")).await);
    see("letters", &post(ACTIVATE, with("abcdef")).await);
    see("as if it were of a sign-in", &verify(app, &id, &second.code(app)).await);
    let both = at_once(vec![(app.client(), ACTIVATE, with(&second.code(app))); 2]).await;
    let mut both: Vec<_> = both.iter().collect();
    both.sort_by_key(|reply| reply.status);
    see("the right code", both[0]);
    assert_eq!(both[0].status, 200, "{both:?}");
    // Which of the two comes so late that it does not find the challenge is a matter of luck.
    assert!([400, 401].contains(&both[1].status), "{both:?}");
    see("the right code again", &post(ACTIVATE, with(&second.code(app))).await);
    see("set up after that", &post(SETUP, json!({ "setup_challenge_id": id })).await);

    let reply = post("/jwt-allauth/registration/", sign_up).await;
    see("sign up again", &reply);
    let id = reply.text("setup_challenge_id").to_owned();
    let setup = post(SETUP, json!({ "setup_challenge_id": id })).await;
    see("set up", &setup);
    app.advance(Duration::from_mins(5));
    let code = AuthenticatorApp::of(setup.text("secret")).code(app);
    see("too late", &post(ACTIVATE, json!({ "setup_challenge_id": id, "code": code })).await);
    see("too late to set up", &post(SETUP, json!({ "setup_challenge_id": id })).await);
    let after = rows().await;
    (seen, [after[0] - before[0], after[1] - before[1]])
}

async fn a_taken_address_is_answered_alike_and_sets_nothing_up(engine: Engine) {
    let fresh = configured(engine, MANDATORY).await;
    let (expected, rows) = transcript(&fresh).await;
    let statuses: Vec<_> = expected.iter().map(|step| step[1].as_u64().unwrap()).collect();
    let of_a_setup = [201, 400, 200, 200, 400, 400, 400, 400, 400, 400, 200, 401, 401, 201, 200, 401, 401];
    assert_eq!(statuses, of_a_setup, "{expected:#?}");
    assert!(expected[10].to_string().contains("Verification e-mail sent."), "{}", expected[10]);
    for has_factor in [false, true] {
        let taken = configured(engine, MANDATORY).await;
        let id = taken.client().register(ADA, "a different horse 5").await.text("setup_challenge_id").to_owned();
        if has_factor {
            assert_eq!(activate(&taken, &id).await.1.status, 200);
        }
        let link = taken.mailbox().await.to(ADA)[0].link();
        assert_eq!(taken.client().post(&link, &json!({})).await.status, 200);
        let enrolled = super::keeping::rows(&taken, "second_factors").await;
        // The owner had a notice of the sign-up; there is none of the setup.
        taken.deliver_mail().await;
        assert_eq!(transcript(&taken).await, (expected.clone(), rows));
        assert_eq!(super::keeping::rows(&taken, "second_factors").await, enrolled);
        assert_eq!(super::keeping::rows(&taken, "recovery_codes").await, 10 * enrolled);
        let told = taken
            .mailbox()
            .await
            .to(ADA)
            .into_iter()
            .filter(|mail| mail.subject.contains("authenticator app was added"));
        assert_eq!(told.count() as u64, u64::from(has_factor));
        let held = super::keeping::texts(&taken, "second_factor_challenges", "held").await;
        assert!(held.iter().all(|held| !held.contains("example.com")), "{held:?}");
    }
}

async fn a_factor_goes_with_the_sign_up_that_set_it_up(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    // A stranger signs up with Ada's address, and she does after them.
    let id = app.client().register(ADA, "strangers horse 1").await.text("setup_challenge_id").to_owned();
    assert_eq!(activate(&app, &id).await.1.status, 200);
    let further = app.client().register(ADA, PASSWORD).await;
    // The address is the stranger's so far, which her answers do not tell: she sets up a decoy.
    assert_eq!(activate(&app, further.text("setup_challenge_id")).await.1.status, 200);
    let links: Vec<_> = app
        .mailbox()
        .await
        .to(ADA)
        .iter()
        .filter(|mail| mail.text.contains("/verification/"))
        .map(Received::link)
        .collect();
    assert_eq!(app.client().post(links.last().unwrap(), &json!({})).await.status, 200);
    let id = setup_challenge(&app.client().login(ADA, PASSWORD).await);
    assert_signed_in(&activate(&app, &id).await.1);
}

async fn a_setup_challenge_counts_for_five_minutes_and_for_its_account(engine: Engine) {
    let app = configured(engine, REQUIRED).await;
    let id = setup_challenge(&app.client().register(ADA, PASSWORD).await);
    let other = setup_challenge(&app.client().register("bob@example.com", PASSWORD).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    let reply = app.client().post(ACTIVATE, &json!({ "setup_challenge_id": other, "code": code })).await;
    assert_refused(&reply, 400, "Setup not initiated.", "setup_not_initiated");
    app.advance(Duration::from_mins(5));
    let reply = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    assert_refused(&reply, 401, "Challenge expired or invalid.", "challenge_not_valid");
}

async fn an_account_that_was_closed_meanwhile_sets_nothing_up(engine: Engine) {
    let app = configured(engine, REQUIRED).await;
    let id = setup_challenge(&app.client().register(ADA, PASSWORD).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    auth::account::set_active(&app.auth, app.user(ADA).await.id, false).await.unwrap();
    for path in [SETUP, ACTIVATE] {
        let reply = app.client().post(path, &json!({ "setup_challenge_id": id, "code": code })).await;
        assert_refused(&reply, 401, "Challenge expired or invalid.", "challenge_not_valid");
    }
}

async fn a_role_may_require_one_of_its_accounts_alone(engine: Engine) {
    let app = configured(engine, "[mfa]\nrequired_roles = [900, 1000]").await;
    app.signed_in(ADA).await;
    assert_signed_in(&app.client().login(ADA, PASSWORD).await);
    app.set_role(ADA, 900).await;
    let id = setup_challenge(&app.client().login(ADA, PASSWORD).await);
    assert_signed_in(&activate(&app, &id).await.1);
}

async fn what_is_required_is_not_removed(engine: Engine) {
    let app = configured(engine, "[mfa]\nrequired_roles = [900]").await;
    let ada = app.signed_in(ADA).await;
    ada.enrol(&app).await;
    app.set_role(ADA, 900).await;
    for body in [json!({ "password": PASSWORD }), json!({ "password": "wrong" }), json!({})] {
        let reply = ada.post(DEACTIVATE, &body).await;
        assert_refused(&reply, 403, "MFA TOTP is required and cannot be disabled.", "mfa_required");
    }
    app.set_role(ADA, 0).await;
    assert_eq!(ada.post(DEACTIVATE, &json!({ "password": PASSWORD })).await.status, 200);
}

/// Many activations of one setup at the same moment.
async fn activations(app: &TestApp, email: &str) -> Vec<(u16, String)> {
    let id = app.client().register(email, PASSWORD).await.text("setup_challenge_id").to_owned();
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(app);
    let activate = || (app.client(), ACTIVATE, json!({ "setup_challenge_id": id, "code": code }));
    let replies = at_once((0..16).map(|_| activate()).collect()).await;
    let mut seen: Vec<_> = replies.iter().map(|reply| (reply.status, reply.text("code").to_owned())).collect();
    seen.sort();
    seen
}

async fn many_activations_at_once_do_not_tell_whether_the_address_was_taken(engine: Engine) {
    let toml = format!("[database]\nacquire_timeout = \"30s\"\n{MANDATORY}");
    let app = configured(engine, &toml).await.at_two_instances(router).await;
    app.client().register(ADA, PASSWORD).await;
    app.verify(ADA).await;
    let expected = [vec![(200, String::new())], vec![(401, "challenge_not_valid".to_owned()); 15]].concat();
    for number in 0..4 {
        assert_eq!(activations(&app, ADA).await, expected, "taken");
        assert_eq!(activations(&app, &format!("free{number}@example.com")).await, expected, "free");
    }
}
