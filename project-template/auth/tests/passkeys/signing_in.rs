//! Signing in with a passkey.

use std::time::Duration;

use auth::testing::{Authenticator, Engine, PASSWORD};
use serde_json::{Value, json};

use super::{
    ADA, GRACE, LOGIN, LOGIN_OPTIONS, PASSKEYS, assert_refused, begin, configured, details, response, signed, start,
    with_passkey,
};

auth::on_both_engines!(
    a_passkey_signs_in_without_a_name,
    the_options_name_no_passkey_and_nobody,
    every_check_that_fails_is_refused_alike_and_recorded,
    a_challenge_counts_once_for_five_minutes,
    a_counter_that_goes_back_is_refused_recorded_and_mailed_and_counts_on_afterwards,
    an_authenticator_that_does_not_count_signs_in_again_and_again,
    the_state_of_the_backup_follows_each_use,
    a_passkey_that_was_of_one_device_is_never_one_of_several,
    a_deactivated_account_is_refused_like_an_unknown_passkey,
    an_address_that_must_be_verified_is_refused,
    a_sign_in_can_be_forgotten_and_come_in_the_body,
    too_many_attempts_of_a_client_are_throttled,
    a_password_goes_on_working_beside_it,
);

async fn a_passkey_signs_in_without_a_name(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    let (_, mut other) = with_passkey(&app, GRACE).await;
    app.advance(Duration::from_hours(24));
    for (authenticator, email) in [(&mut phone, ADA), (&mut other, GRACE)] {
        let mut client = app.client();
        let reply = client.login_with_passkey(authenticator).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.body["refresh"].is_null() && reply.header("set-cookie").contains("HttpOnly"));
        assert_eq!(client.get("/jwt-allauth/user/").await.text("email"), email);
        assert_eq!(client.refresh().await.status, 200);
        let used = client.get(PASSKEYS).await.body[0]["last_used_at"].clone();
        assert_eq!(used, "2027-01-16T08:00:00Z");
    }
    let log = app.audit_log().await;
    let sign_ins: Vec<_> = log.iter().filter(|row| row.kind == "sign_in").map(|row| row.detail.as_deref()).collect();
    assert_eq!(&sign_ins[sign_ins.len() - 2..], [Some("passkey"), Some("passkey")]);
    assert!(app.metrics().await.contains("auth_sign_ins_total{way=\"passkey\",outcome=\"succeeded\"} 2"));
}

async fn the_options_name_no_passkey_and_nobody(engine: Engine) {
    let app = start(engine).await;
    with_passkey(&app, ADA).await;
    let first = begin(&app.client(), LOGIN_OPTIONS).await;
    let options = &first["options"];
    assert_eq!((&options["allowCredentials"], &options["rpId"]), (&json!([]), &json!("localhost")));
    assert_eq!((&options["userVerification"], &options["timeout"]), (&json!("required"), &json!(300_000)));
    let second = begin(&app.client(), LOGIN_OPTIONS).await;
    assert_ne!(options["challenge"], second["options"]["challenge"]);
}

async fn every_check_that_fails_is_refused_alike_and_recorded(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    let (_, other) = with_passkey(&app, GRACE).await;
    let mut stranger = app.authenticator();
    stranger.user.clone_from(&phone.user);
    let own = phone.origin.clone();
    let mut expected = Vec::new();
    let refused = async |phone: &mut Authenticator, changes: Value| {
        let begun = begin(&app.client(), LOGIN_OPTIONS).await;
        let mut body = response(&begun, &phone.sign(&begun["options"]));
        for (pointer, value) in changes.as_object().unwrap() {
            *body.pointer_mut(pointer).unwrap() = value.clone();
        }
        assert_refused(&app.client().post(LOGIN, &body).await);
    };
    let unchanged = json!({});

    for origin in
        ["https://evil.example", "http://localhost", "http://localhost:8001", "https://localhost:8000", "null"]
    {
        origin.clone_into(&mut phone.origin);
        refused(&mut phone, unchanged.clone()).await;
        expected.push("passkey_origin");
    }
    phone.origin = own;
    phone.site = Some("evil.example".to_owned());
    refused(&mut phone, unchanged.clone()).await;
    expected.push("passkey_site");
    phone.site = None;
    phone.verifies = false;
    refused(&mut phone, unchanged.clone()).await;
    expected.push("passkey_not_verified");
    phone.verifies = true;
    refused(&mut stranger, unchanged.clone()).await;
    expected.push("passkey_unknown");
    let own_user = std::mem::replace(&mut phone.user, other.user.clone());
    refused(&mut phone, unchanged.clone()).await;
    expected.push("passkey_owner");
    phone.user = own_user;
    refused(&mut phone, json!({ "/credential/response/userHandle": null })).await;
    expected.push("passkey_owner");
    let own_credential = std::mem::replace(&mut phone.credential, other.credential.clone());
    let own_user = std::mem::replace(&mut phone.user, other.user.clone());
    refused(&mut phone, unchanged.clone()).await;
    expected.push("passkey_signature");
    (phone.credential, phone.user) = (own_credential, own_user);
    for wrong in [json!("AAAA"), json!("")] {
        refused(&mut phone, json!({ "/credential/response/signature": wrong })).await;
        expected.push("passkey_signature");
    }
    let again = begin(&app.client(), LOGIN_OPTIONS).await;
    refused(&mut phone, json!({ "/challenge_id": again["challenge_id"] })).await;
    expected.push("passkey_challenge");
    for wrong in ["x", "AAAA", &"A".repeat(43), "\u{e9}\u{1f511}"] {
        refused(&mut phone, json!({ "/challenge_id": wrong })).await;
        expected.push("passkey_challenge");
    }
    for (pointer, wrong) in [
        ("/credential/rawId", json!("AA==")),
        ("/credential/rawId", json!(7)),
        ("/credential/response", json!("none")),
        ("/credential/response/authenticatorData", json!("A".repeat(9_000))),
        ("/credential/response/clientDataJSON", json!("e30")),
        ("/credential", json!({})),
    ] {
        refused(&mut phone, json!({ pointer: wrong })).await;
        expected.push(if wrong == "e30" { "passkey_ceremony" } else { "passkey_malformed" });
    }
    assert_eq!(details(&app, "sign_in_failed").await, expected);
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200, "and it still signs in");
}

async fn a_challenge_counts_once_for_five_minutes(engine: Engine) {
    let app = start(engine).await;
    let (ada, mut phone) = with_passkey(&app, ADA).await;
    let body = signed(&app, &mut phone).await;
    assert_eq!(app.client().post(LOGIN, &body).await.status, 200);
    assert_refused(&app.client().post(LOGIN, &body).await);

    let late = signed(&app, &mut phone).await;
    app.advance(Duration::from_mins(5));
    assert_refused(&app.client().post(LOGIN, &late).await);

    let mut ada = ada;
    ada.login(ADA, PASSWORD).await;
    let registration = begin(&ada, super::OPTIONS).await;
    let mut options = begin(&ada, LOGIN_OPTIONS).await["options"].clone();
    options["challenge"] = registration["options"]["challenge"].clone();
    let body = response(&registration, &phone.sign(&options));
    assert_refused(&app.client().post(LOGIN, &body).await);
}

async fn a_counter_that_goes_back_is_refused_recorded_and_mailed_and_counts_on_afterwards(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
    let mails = app.mailbox().await.to(ADA).len();
    // The copy has signed less often.
    let count = phone.counter;
    for _ in 0..2 {
        phone.counter = Some(0);
        assert_refused(&app.client().login_with_passkey(&mut phone).await);
    }
    phone.counter = count.map(|count| count - 1);
    let equal = signed(&app, &mut phone).await;
    for _ in 0..2 {
        assert_refused(&app.client().post(LOGIN, &equal).await);
    }
    assert_eq!(details(&app, "passkey_copied").await, ["passkey_counter"; 3], "once for each challenge");
    let mailed = app.mailbox().await.to(ADA);
    assert_eq!(mailed.len(), mails + 1, "at most once an hour");
    assert!(mailed.last().unwrap().subject.contains("There may be a copy of your passkey"));
    phone.counter = count;
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
    app.advance(Duration::from_hours(1));
    phone.counter = Some(0);
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    assert_eq!(app.mailbox().await.to(ADA).len(), mails + 2);
    phone.counter = None;
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
}

async fn an_authenticator_that_does_not_count_signs_in_again_and_again(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    let mut phone = app.authenticator();
    phone.counter = None;
    assert_eq!(ada.add_passkey(&mut phone).await.status, 201);
    for _ in 0..3 {
        assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
    }
    // It begins to count.
    phone.counter = Some(6);
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
    phone.counter = None;
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
}

async fn the_state_of_the_backup_follows_each_use(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    let mut phone = app.authenticator();
    phone.is_synced = true;
    assert_eq!(ada.add_passkey(&mut phone).await.status, 201);
    assert_eq!(ada.get(PASSKEYS).await.body[0]["synced"], true);
    auth::on!(app.auth.db(), pool => {
        auth::sqlx::query("update passkeys set is_synced = false").execute(pool).await.map(drop).unwrap();
    });
    assert_eq!(ada.get(PASSKEYS).await.body[0]["synced"], false);
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
    assert_eq!(ada.get(PASSKEYS).await.body[0]["synced"], true);
}

async fn a_passkey_that_was_of_one_device_is_never_one_of_several(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    phone.is_synced = true;
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    assert_eq!(details(&app, "sign_in_failed").await, ["passkey_sync_changed"]);
}

async fn a_deactivated_account_is_refused_like_an_unknown_passkey(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    let pending = signed(&app, &mut phone).await;
    let ada = app.user(ADA).await.id;
    assert!(auth::account::set_active(&app.auth, ada, false).await.unwrap());
    assert_refused(&app.client().post(LOGIN, &pending).await);
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    phone.counter = Some(0);
    assert_refused(&app.client().login_with_passkey(&mut phone).await);
    assert_eq!(details(&app, "sign_in_failed").await, ["inactive"; 3]);
    assert!(auth::account::set_active(&app.auth, ada, true).await.unwrap());
    phone.counter = Some(7);
    assert_eq!(app.client().login_with_passkey(&mut phone).await.status, 200);
}

async fn an_address_that_must_be_verified_is_refused(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    let strict = app
        .second_instance_with(super::router, |settings| {
            settings.email_verification.mode = auth::email_verification::Mode::Mandatory;
        })
        .await;
    let refused = strict.client().login_with_passkey(&mut phone).await;
    assert_eq!((refused.status, refused.text("code")), (401, "email_not_verified"));
    app.verify(ADA).await;
    assert_eq!(strict.client().login_with_passkey(&mut phone).await.status, 200);
}

async fn a_sign_in_can_be_forgotten_and_come_in_the_body(engine: Engine) {
    let app = start(engine).await;
    let (_, mut phone) = with_passkey(&app, ADA).await;
    let mut body = signed(&app, &mut phone).await;
    body["remember"] = json!(false);
    let reply = app.client().post(LOGIN, &body).await;
    assert!(!reply.header("set-cookie").contains("Max-Age"), "{reply:?}");
    let body = signed(&app, &mut phone).await;
    let reply = app.client().with_header("prefer", "token").post(LOGIN, &body).await;
    assert!(reply.body["refresh"].is_string() && reply.header("set-cookie").is_empty(), "{reply:?}");
    let mut body = signed(&app, &mut phone).await;
    body["remember"] = json!("perhaps");
    let reply = app.client().post(LOGIN, &body).await;
    assert_eq!((reply.status, &reply.body), (400, &json!({ "remember": ["Must be a valid boolean."] })));
    let reply = app.client().post(LOGIN, &json!({ "credential": "x" })).await;
    let problems = json!({
        "challenge_id": ["This field is required."],
        "credential": ["Expected a dictionary of items but got type \"str\"."],
    });
    assert_eq!((reply.status, &reply.body), (400, &problems));
}

async fn too_many_attempts_of_a_client_are_throttled(engine: Engine) {
    let app = configured(engine, "[throttle]\nlogin_passkey = \"2/h\"\nlogin_passkey_options = \"3/h\"").await;
    let stranger = app.client().from_address("198.51.100.7");
    let body = json!({ "challenge_id": "x", "credential": {} });
    for path in [LOGIN, LOGIN_OPTIONS] {
        let allowed = if path == LOGIN { 2 } else { 3 };
        for _ in 0..allowed {
            assert_ne!(stranger.post(path, &body).await.status, 429);
        }
        let refused = stranger.post(path, &body).await;
        assert_eq!((refused.status, refused.text("code")), (429, "throttled"));
        assert_ne!(app.client().from_address("203.0.113.9").post(path, &body).await.status, 429);
    }
}

async fn a_password_goes_on_working_beside_it(engine: Engine) {
    let app = start(engine).await;
    with_passkey(&app, ADA).await;
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
}
