//! Passkeys as the second factor, and as another proof within a session.

use std::time::Duration;

use auth::factors::Mode;
use auth::testing::Authenticator;
use auth::users::role::STAFF;

use super::*;

auth::on_both_engines!(
    beside_an_app_a_passkey_is_offered_and_signs_in,
    an_account_with_passkeys_alone_signs_in_by_its_password,
    where_a_factor_is_required_a_passkey_is_one,
    a_passkey_that_did_not_verify_its_user_counts_beside_an_app_only,
    what_is_not_an_answer_of_the_account_to_this_challenge_is_refused,
    an_answer_counts_once,
    of_many_answers_to_one_challenge_one_signs_in,
    wrong_answers_use_up_the_budgets_of_the_codes,
    a_copied_passkey_is_refused_and_reported,
    a_session_is_proven_again_with_a_passkey,
    a_strangers_passkey_does_not_keep_a_reader_of_the_mail_out,
    where_it_is_off_the_routes_say_so,
    a_locked_out_user_gets_the_passkeys_removed,
    a_user_who_lost_both_gets_both_removed_at_once,
);

const LOGIN_OPTIONS: &str = "/jwt-allauth/login/passkey/options/";
const BOB: &str = "bob@example.com";

/// The id of a challenge that can be answered in these ways.
#[track_caller]
pub(super) fn challenged(reply: &Reply, ways: &[&str]) -> String {
    let id = reply.text("challenge_id").to_owned();
    let expected = json!({ "mfa_required": true, "challenge_id": id, "methods": ways });
    assert_eq!((reply.status, &reply.body), (200, &expected), "{reply:?}");
    assert!(is_id(&id) && reply.headers.get("set-cookie").is_none(), "{reply:?}");
    id
}

const ALL: [&str; 3] = ["totp", "recovery", "passkey"];

/// A user with an app and a passkey.
async fn with_both(engine: Engine, toml: &str) -> (TestApp, Client, AuthenticatorApp, Authenticator) {
    let (app, ada, authenticator) = enrolled(engine, toml).await;
    let mut passkey = app.authenticator();
    assert_eq!(ada.add_passkey(&mut passkey).await.status, 201);
    (app, ada, authenticator, passkey)
}

async fn with_passkey(app: &TestApp, email: &str) -> (Client, Authenticator) {
    let client = app.signed_in(email).await;
    let mut passkey = app.authenticator();
    assert_eq!(client.add_passkey(&mut passkey).await.status, 201);
    (client, passkey)
}

async fn offered(app: &TestApp) -> String {
    challenged(&app.client().login(ADA, PASSWORD).await, &ALL)
}

async fn options(app: &TestApp, id: &str) -> Value {
    let reply = app.client().post(VERIFY_PASSKEY_OPTIONS, &json!({ "challenge_id": id })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body
}

fn answer(id: &str, begun: &Value, credential: &Value) -> Value {
    json!({ "challenge_id": id, "passkey_challenge_id": begun["challenge_id"], "credential": credential })
}

/// The answer to new options.
async fn signed(app: &TestApp, id: &str, passkey: &mut Authenticator) -> Value {
    let begun = options(app, id).await;
    answer(id, &begun, &passkey.sign(&begun["options"]))
}

async fn show(app: &TestApp, id: &str, passkey: &mut Authenticator) -> Reply {
    let body = signed(app, id, passkey).await;
    app.client().post(VERIFY_PASSKEY, &body).await
}

#[track_caller]
fn assert_not_valid(reply: &Reply) {
    assert_refused(reply, 400, "Invalid passkey.", "passkey_not_valid");
}

async fn beside_an_app_a_passkey_is_offered_and_signs_in(engine: Engine) {
    let (app, _, authenticator, mut passkey) = with_both(engine, "").await;
    let id = offered(&app).await;
    let begun = options(&app, &id).await;
    let listed = &begun["options"]["allowCredentials"];
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["transports"]), (1, &json!(["internal"])));
    assert_eq!(begun["options"]["userVerification"], "preferred");
    let body = answer(&id, &begun, &passkey.sign(&begun["options"]));
    let reply = app.client().post(VERIFY_PASSKEY, &body).await;
    assert_signed_in(&reply);
    assert_eq!(claims(&app, &reply).await["amr"], json!(["pwd", "hwk", "user", "mfa"]));
    let log = app.audit_log().await;
    assert!(log.iter().any(|event| event.kind == "sign_in" && event.detail.as_deref() == Some("passkey")));
    assert!(app.metrics().await.contains("auth_sign_ins_total{way=\"second_factor\",outcome=\"succeeded\"} 1"));
    // As many challenges as one likes, and each can be answered with a code as well.
    let id = offered(&app).await;
    options(&app, &id).await;
    assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
    // The sign-in says how long the session is kept.
    let body = json!({ "email": ADA, "password": PASSWORD, "remember": false });
    let id = challenged(&app.client().post(LOGIN, &body).await, &ALL);
    let reply = show(&app, &id, &mut passkey).await;
    assert!(reply.status == 200 && !reply.header("set-cookie").contains("Max-Age"), "{reply:?}");
}

async fn an_account_with_passkeys_alone_signs_in_by_its_password(engine: Engine) {
    let app = configured(engine, "").await;
    with_passkey(&app, ADA).await;
    let reply = app.client().login(ADA, PASSWORD).await;
    assert_signed_in(&reply);
    assert_eq!(claims(&app, &reply).await["amr"], json!(["pwd"]));
}

async fn where_a_factor_is_required_a_passkey_is_one(engine: Engine) {
    let before = configured(engine, "").await;
    let (_, mut passkey) = with_passkey(&before, ADA).await;
    before.set_role(ADA, STAFF).await;
    for by_role in [false, true] {
        let app = before
            .second_instance_with(router, |settings| {
                if by_role {
                    settings.mfa.required_roles = vec![STAFF];
                } else {
                    settings.mfa.totp = Mode::Required;
                }
            })
            .await;
        let id = challenged(&app.client().login(ADA, PASSWORD).await, &["passkey"]);
        assert_eq!(options(&app, &id).await["options"]["userVerification"], "required");
        let reply = show(&app, &id, &mut passkey).await;
        assert_signed_in(&reply);
        assert_eq!(claims(&app, &reply).await["amr"], json!(["pwd", "hwk", "user", "mfa"]));
        let id = challenged(&app.client().login(ADA, PASSWORD).await, &["passkey"]);
        assert_expired(&verify(&app, &id, "123456").await);
        assert_expired(&verify_recovery(&app, &id, "12345678").await);
        assert_signed_in(&show(&app, &id, &mut passkey).await);
    }
}

async fn a_passkey_that_did_not_verify_its_user_counts_beside_an_app_only(engine: Engine) {
    let (app, _, _, mut passkey) = with_both(engine, "").await;
    passkey.verifies = false;
    let id = offered(&app).await;
    let reply = show(&app, &id, &mut passkey).await;
    assert_signed_in(&reply);
    assert_eq!(claims(&app, &reply).await["amr"], json!(["pwd", "hwk", "mfa"]));
    // It is no first factor, and no second one by itself.
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
    let (_, mut passkey) = with_passkey(&app, BOB).await;
    passkey.verifies = false;
    let app = app.second_instance_with(router, |settings| settings.mfa.totp = Mode::Required).await;
    let id = challenged(&app.client().login(BOB, PASSWORD).await, &["passkey"]);
    assert_not_valid(&show(&app, &id, &mut passkey).await);
    passkey.verifies = true;
    assert_signed_in(&show(&app, &id, &mut passkey).await);
}

async fn what_is_not_an_answer_of_the_account_to_this_challenge_is_refused(engine: Engine) {
    let (app, ada, _, mut passkey) = with_both(engine, "[mfa]\nchallenge_attempts = 50\naccount_attempts = 50").await;
    let (bob, mut of_bob) = with_passkey(&app, BOB).await;
    bob.enrol(&app).await;
    let id = offered(&app).await;
    // Another account's passkey, whatever it says of itself.
    assert_not_valid(&show(&app, &id, &mut of_bob).await);
    of_bob.user.clone_from(&passkey.user);
    assert_not_valid(&show(&app, &id, &mut of_bob).await);
    // Options of another account, of a first factor, and of a registration.
    let of_bobs = challenged(&app.client().login(BOB, PASSWORD).await, &ALL);
    let begun = [
        options(&app, &of_bobs).await,
        app.client().post(LOGIN_OPTIONS, &json!({})).await.body,
        json!({ "challenge_id": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o",
            "options": { "rpId": "localhost", "challenge": "AQgPFh0kKzI5QEdOVVxjanF4f4aNlJuiqbC3vsXM09o" } }),
    ];
    for begun in begun {
        let body = answer(&id, &begun, &passkey.sign(&begun["options"]));
        assert_not_valid(&app.client().post(VERIFY_PASSKEY, &body).await);
    }
    // Those of another sign-in of the same account.
    let other = offered(&app).await;
    let begun = options(&app, &other).await;
    let body = answer(&id, &begun, &passkey.sign(&begun["options"]));
    assert_not_valid(&app.client().post(VERIFY_PASSKEY, &body).await);
    // The other way round, these options are good for a second factor only.
    let begun = options(&app, &id).await;
    let body = json!({ "challenge_id": begun["challenge_id"], "credential": passkey.sign(&begun["options"]) });
    assert_eq!(app.client().post("/jwt-allauth/login/passkey/", &body).await.status, 401);
    assert_not_valid(&ada.post(REAUTHENTICATE, &body).await);
    for origin in ["https://evil.example", "http://localhost:8001"] {
        let own = std::mem::replace(&mut passkey.origin, origin.to_owned());
        assert_not_valid(&show(&app, &id, &mut passkey).await);
        passkey.origin = own;
    }
    let right = signed(&app, &id, &mut passkey).await;
    for (pointer, value) in [
        ("/credential/response/signature", json!("oA")),
        ("/credential/response/userHandle", json!("oA")),
        ("/credential/response/clientDataJSON", json!("e30=")),
        ("/credential/rawId", json!("oA")),
        ("/credential/type", json!("password")),
        ("/credential/response", json!("")),
        ("/passkey_challenge_id", json!("oA")),
    ] {
        let mut body = right.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        assert_not_valid(&app.client().post(VERIFY_PASSKEY, &body).await);
    }
    // A user handle may be missing where the user is known.
    let mut body = right;
    body["credential"]["response"].as_object_mut().unwrap().remove("userHandle");
    assert_signed_in(&app.client().post(VERIFY_PASSKEY, &body).await);
    for (body, fields) in [
        (json!({}), &["challenge_id", "credential", "passkey_challenge_id"][..]),
        (json!({ "challenge_id": "", "passkey_challenge_id": 7, "credential": [] }), &["challenge_id", "credential"]),
    ] {
        let reply = app.client().post(VERIFY_PASSKEY, &body).await;
        assert!(reply.status == 400 && fields.iter().all(|field| reply.body.get(field).is_some()), "{reply:?}");
    }
    let unknown = json!({ "challenge_id": "9f86d081884c7d659a2feaa0c55ad015" });
    assert_expired(&app.client().post(VERIFY_PASSKEY_OPTIONS, &unknown).await);
    let (_, with_app_alone) = (app.signed_in("cid@example.com").await.enrol(&app).await, "cid@example.com");
    let id = app.client().login(with_app_alone, PASSWORD).await.text("challenge_id").to_owned();
    assert_not_valid(&app.client().post(VERIFY_PASSKEY_OPTIONS, &json!({ "challenge_id": id })).await);
}

async fn an_answer_counts_once(engine: Engine) {
    let (app, _, _, mut passkey) = with_both(engine, "").await;
    let id = offered(&app).await;
    let mut body = signed(&app, &id, &mut passkey).await;
    assert_signed_in(&app.client().post(VERIFY_PASSKEY, &body).await);
    assert_expired(&app.client().post(VERIFY_PASSKEY, &body).await);
    body["challenge_id"] = json!(offered(&app).await);
    assert_not_valid(&app.client().post(VERIFY_PASSKEY, &body).await);
    let id = offered(&app).await;
    let body = signed(&app, &id, &mut passkey).await;
    app.advance(Duration::from_mins(5));
    assert_expired(&app.client().post(VERIFY_PASSKEY, &body).await);
}

async fn of_many_answers_to_one_challenge_one_signs_in(engine: Engine) {
    let (app, _, _, mut passkey) = with_both(engine, PATIENT).await;
    // The same answer ten times, and ten answers to one challenge.
    for differ in [false, true] {
        let id = offered(&app).await;
        let mut requests = Vec::new();
        let first = signed(&app, &id, &mut passkey).await;
        for _ in 0..10 {
            let body = if differ { signed(&app, &id, &mut passkey).await } else { first.clone() };
            requests.push((app.client(), VERIFY_PASSKEY, body));
        }
        let statuses = statuses(&at_once(requests).await);
        assert_eq!((statuses[0], statuses.iter().filter(|status| **status == 200).count()), (200, 1), "{statuses:?}");
        assert!(statuses[1..].iter().all(|status| [400, 429].contains(status)), "{statuses:?}");
        app.advance(Duration::from_mins(15));
    }
}

async fn wrong_answers_use_up_the_budgets_of_the_codes(engine: Engine) {
    let (app, _, authenticator, mut passkey) = with_both(engine, "").await;
    let mut stranger = app.authenticator();
    stranger.user.clone_from(&passkey.user);
    let id = offered(&app).await;
    for _ in 0..4 {
        assert_not_valid(&show(&app, &id, &mut stranger).await);
    }
    let reply = show(&app, &id, &mut stranger).await;
    assert_refused(&reply, 400, "Too many failed attempts. Challenge invalidated.", "too_many_attempts");
    let reply = app.client().post(VERIFY_PASSKEY, &answer(&id, &json!({ "challenge_id": "oA" }), &json!({}))).await;
    assert_expired(&reply);
    // Codes and passkeys together.
    let id = offered(&app).await;
    for _ in 0..3 {
        assert_wrong(&verify(&app, &id, &authenticator.wrong_code(&app)).await);
    }
    assert_not_valid(&show(&app, &id, &mut stranger).await);
    let right = signed(&app, &id, &mut passkey).await;
    assert_locked(&show(&app, &id, &mut stranger).await);
    assert_locked(&app.client().post(VERIFY_PASSKEY, &right).await);
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 429);
    app.advance(Duration::from_mins(15));
    let id = offered(&app).await;
    assert_signed_in(&show(&app, &id, &mut passkey).await);
}

async fn a_copied_passkey_is_refused_and_reported(engine: Engine) {
    let (app, _, _, mut passkey) = with_both(engine, "").await;
    let id = offered(&app).await;
    assert_signed_in(&show(&app, &id, &mut passkey).await);
    passkey.counter = Some(0);
    let id = offered(&app).await;
    assert_not_valid(&show(&app, &id, &mut passkey).await);
    let log = app.audit_log().await;
    assert_eq!(log.iter().filter(|event| event.kind == "passkey_copied").count(), 1);
    assert!(app.mailbox().await.latest(ADA).subject.contains("may be a copy"));
}

async fn a_session_is_proven_again_with_a_passkey(engine: Engine) {
    let app = configured(engine, "").await;
    let (ada, mut passkey) = with_passkey(&app, ADA).await;
    let (_, mut of_bob) = with_passkey(&app, BOB).await;
    app.advance(Duration::from_mins(6));
    assert_eq!(ada.post("/jwt-allauth/passkeys/options/", &json!({})).await.status, 403);
    let begun = ada.post(LOGIN_OPTIONS, &json!({})).await.body;
    let show = |passkey: &mut Authenticator| json!({ "challenge_id": begun["challenge_id"], "credential": passkey.sign(&begun["options"]) });
    assert_not_valid(&ada.post(REAUTHENTICATE, &show(&mut of_bob)).await);
    passkey.verifies = false;
    assert_not_valid(&ada.post(REAUTHENTICATE, &show(&mut passkey)).await);
    passkey.verifies = true;
    let body = show(&mut passkey);
    let reply = ada.post(REAUTHENTICATE, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let told = claims(&app, &reply).await;
    assert_eq!(told["amr"], json!(["pwd", "hwk", "user", "mfa"]));
    assert_eq!(told["auth_time"], app.auth.now().unix_timestamp());
    let again = app.client().holding(reply.text("access"), "");
    assert_eq!(again.post("/jwt-allauth/passkeys/options/", &json!({})).await.status, 200);
    assert_not_valid(&ada.post(REAUTHENTICATE, &body).await);
    let log = app.audit_log().await;
    let proven = log.iter().filter(|event| event.kind == "reauthenticated").map(|event| event.detail.as_deref());
    assert_eq!(proven.collect::<Vec<_>>(), [Some("passkey")]);
    let reply = ada.post(REAUTHENTICATE, &json!({ "credential": {} })).await;
    assert!(reply.status == 400 && reply.body.get("challenge_id").is_some(), "{reply:?}");
}

async fn a_strangers_passkey_does_not_keep_a_reader_of_the_mail_out(engine: Engine) {
    let app = configured(engine, "").await;
    with_passkey(&app, ADA).await;
    let app = app.second_instance_with(router, |settings| settings.mfa.totp = Mode::Required).await;
    challenged(&app.client().login(ADA, PASSWORD).await, &["passkey"]);
    setup_challenge(&super::ways::by_code(&app, ADA).await);
    app.advance(Duration::from_mins(2));
    let reset = super::ways::by_reset(&app, ADA).await;
    assert_eq!(reset.body["mfa_setup_required"], json!(true), "{reset:?}");
}

async fn where_it_is_off_the_routes_say_so(engine: Engine) {
    let (app, ada, _, _) = with_both(engine, "").await;
    let id = offered(&app).await;
    let without = app.second_instance_with(router, |settings| settings.passkeys.enabled = false).await;
    assert_challenged(&without.client().login(ADA, PASSWORD).await);
    for path in [VERIFY_PASSKEY, VERIFY_PASSKEY_OPTIONS] {
        let reply = without.client().post(path, &json!({ "challenge_id": id })).await;
        assert_eq!(reply.status, 404, "{reply:?}");
        assert_eq!(app.client().get(path).await.status, 405);
    }
    let reply = without.client().holding(&ada.access, "").post(REAUTHENTICATE, &json!({ "credential": {} })).await;
    assert!(reply.status == 400 && reply.body.get("password").is_some(), "{reply:?}");
    let without = app.second_instance_with(router, |settings| settings.mfa.totp = Mode::Disabled).await;
    for path in [VERIFY_PASSKEY, VERIFY_PASSKEY_OPTIONS] {
        let reply = without.client().post(path, &json!({ "challenge_id": id })).await;
        assert_refused(&reply, 403, "MFA TOTP is disabled.", "mfa_disabled");
    }
    assert_signed_in(&without.client().login(ADA, PASSWORD).await);
}

async fn a_locked_out_user_gets_the_passkeys_removed(engine: Engine) {
    let app = configured(engine, "").await;
    let (mut ada, mut passkey) = with_passkey(&app, ADA).await;
    app.set_role(ADA, STAFF).await;
    let app = app.second_instance_with(router, |settings| settings.mfa.required_roles = vec![STAFF, 1000]).await;
    let (boss, mut key_of_boss) = with_passkey(&app, "boss@example.com").await;
    drop(boss);
    app.set_role("boss@example.com", 1000).await;
    let page = format!("/admin/users/{}/", app.user(ADA).await.id);
    // The pages have no passkeys: the superuser has an app, too.
    let mut boss = app.client();
    boss.login_with_passkey(&mut key_of_boss).await;
    let authenticator = boss.enrol(&app).await;
    let (mut boss, form) = super::admin::after_the_password(&app, "boss@example.com").await;
    super::admin::enter(&mut boss, &form, &authenticator.next_code(&app)).await;
    let token = super::admin::token(&boss.visit("/admin/upkeep/").await);
    let done = boss.submit(&format!("{page}remove-factor/"), &[("csrf_token", &token), ("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
    assert_eq!(ada.refresh().await.status, 401);
    setup_challenge(&app.client().login(ADA, PASSWORD).await);
    assert!(app.mailbox().await.to(ADA).iter().any(|mail| mail.subject.contains("passkey was removed")));
}

async fn a_user_who_lost_both_gets_both_removed_at_once(engine: Engine) {
    let (app, _, _, mut passkey) = with_both(engine, "").await;
    app.set_role(ADA, STAFF).await;
    let app = app.second_instance_with(router, |settings| settings.mfa.required_roles = vec![STAFF, 1000]).await;
    let boss = app.client();
    drop(boss);
    let (mut boss, mut key_of_boss) = {
        let before = app.second_instance_with(router, |settings| settings.mfa.required_roles = Vec::new()).await;
        with_passkey(&before, "boss@example.com").await
    };
    app.set_role("boss@example.com", 1000).await;
    boss = boss.holding("", "");
    boss.login_with_passkey(&mut key_of_boss).await;
    let authenticator = boss.enrol(&app).await;
    let (mut boss, form) = super::admin::after_the_password(&app, "boss@example.com").await;
    super::admin::enter(&mut boss, &form, &authenticator.next_code(&app)).await;
    let token = super::admin::token(&boss.visit("/admin/upkeep/").await);
    let path = format!("/admin/users/{}/remove-factor/", app.user(ADA).await.id);
    let done = boss.submit(&path, &[("csrf_token", &token), ("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{done:?}");
    setup_challenge(&app.client().login(ADA, PASSWORD).await);
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
}
