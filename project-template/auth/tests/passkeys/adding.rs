//! Adding a passkey.

use std::time::Duration;

use auth::testing::Engine;
use serde_json::{Value, json};

use super::{ADA, GRACE, OPTIONS, PASSKEYS, begin, details, response, start, with_passkey};

auth::on_both_engines!(
    a_new_passkey_is_listed_recorded_and_mailed_to_its_owner,
    the_options_ask_for_a_discoverable_passkey_whose_user_is_verified,
    an_account_that_has_a_passkey_excludes_it_from_the_next_registration,
    only_a_user_who_signed_in_just_now_adds_a_passkey,
    a_challenge_counts_once_for_its_account_for_five_minutes,
    a_response_that_fails_a_check_adds_nothing,
    a_passkey_belongs_to_one_account,
    an_account_has_at_most_25_passkeys,
    a_name_is_the_owners_and_else_that_of_the_device,
);

const CHROMIUM: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36";

async fn a_new_passkey_is_listed_recorded_and_mailed_to_its_owner(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    assert_eq!(ada.get(PASSKEYS).await.body, json!([]));
    let mut phone = app.authenticator();
    phone.is_synced = true;
    let added = ada.add_passkey(&mut phone).await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(added.body["last_used_at"], Value::Null);
    assert_eq!((&added.body["synced"], &added.body["transports"]), (&json!(true), &json!(["internal"])));
    assert_eq!(ada.get(PASSKEYS).await.body, json!([added.body]));
    assert_eq!(details(&app, "passkey_added").await, [""]);
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.contains("A passkey was added"), "{}", mail.subject);
    let export = ada.get("/jwt-allauth/user/export/").await;
    assert_eq!(export.body["passkeys"][0]["id"], added.body["id"], "{export:?}");
    let text = format!("{added:?}{export:?}");
    assert!(!text.contains("public_key") && !text.contains("credential_id"), "{text}");
}

async fn the_options_ask_for_a_discoverable_passkey_whose_user_is_verified(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    let begun = begin(&ada, OPTIONS).await;
    let options = &begun["options"];
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["user"]["name"], ADA);
    assert_eq!(options["attestation"], "none");
    let selection = json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" });
    assert_eq!(options["authenticatorSelection"], selection);
    let algorithms: Vec<_> = options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| &one["alg"]).collect();
    assert_eq!(algorithms, [-8, -7, -257]);
    assert_eq!(options["timeout"], 300_000);
    let challenge = options["challenge"].as_str().unwrap();
    assert_eq!((challenge.len(), &options["excludeCredentials"]), (43, &json!([])));
    let handle = begin(&ada, OPTIONS).await["options"]["user"]["id"].clone();
    assert_eq!(handle, options["user"]["id"], "the same for every passkey of the account");
    assert!(!options["user"]["id"].as_str().unwrap().contains("ada"));
}

async fn an_account_that_has_a_passkey_excludes_it_from_the_next_registration(engine: Engine) {
    let app = start(engine).await;
    let (ada, phone) = with_passkey(&app, ADA).await;
    let begun = begin(&ada, OPTIONS).await;
    let excluded = &begun["options"]["excludeCredentials"];
    assert_eq!(excluded.as_array().unwrap().len(), 1);
    let id = serde_json::to_value(base64_url(&phone.credential)).unwrap();
    assert_eq!((&excluded[0]["id"], &excluded[0]["transports"]), (&id, &json!(["internal"])));
    let grace = app.signed_in(GRACE).await;
    assert_eq!(begin(&grace, OPTIONS).await["options"]["excludeCredentials"], json!([]));
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

async fn only_a_user_who_signed_in_just_now_adds_a_passkey(engine: Engine) {
    let app = start(engine).await;
    let nobody = app.client();
    let mut ada = app.signed_in(ADA).await;
    let begun = begin(&ada, OPTIONS).await;
    let body = response(&begun, &app.authenticator().register(&begun["options"]));
    for (path, body) in [(OPTIONS, &json!({})), (PASSKEYS, &body)] {
        assert_eq!(nobody.post(path, body).await.status, 401);
    }
    app.advance(Duration::from_mins(5));
    ada.refresh().await;
    for (path, body) in [(OPTIONS, &json!({})), (PASSKEYS, &body)] {
        let refused = ada.post(path, body).await;
        assert_eq!((refused.status, refused.text("code")), (403, "sign_in_again"));
    }
    assert_eq!(ada.get(PASSKEYS).await.body, json!([]));
}

async fn a_challenge_counts_once_for_its_account_for_five_minutes(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    let begun = begin(&ada, OPTIONS).await;
    let body = response(&begun, &app.authenticator().register(&begun["options"]));
    let grace = app.signed_in(GRACE).await;
    let not_valid = |reply: &auth::testing::Reply| (reply.status, reply.text("code").to_owned());
    let refused = (400, "challenge_not_valid".to_owned());
    assert_eq!(not_valid(&grace.post(PASSKEYS, &body).await), refused, "Grace's");
    assert_eq!(ada.post(PASSKEYS, &body).await.status, 201);
    assert_eq!(not_valid(&ada.post(PASSKEYS, &body).await), refused, "used");

    let earlier = begin(&ada, OPTIONS).await;
    begin(&ada, OPTIONS).await;
    let body = response(&earlier, &app.authenticator().register(&earlier["options"]));
    assert_eq!(not_valid(&ada.post(PASSKEYS, &body).await), refused, "replaced by a later one");

    let sign_in = begin(&ada, super::LOGIN_OPTIONS).await;
    let mut options = begin(&ada, OPTIONS).await;
    options["options"]["challenge"] = sign_in["options"]["challenge"].clone();
    options["challenge_id"] = sign_in["challenge_id"].clone();
    let body = response(&options, &app.authenticator().register(&options["options"]));
    assert_eq!(not_valid(&ada.post(PASSKEYS, &body).await), refused, "of a sign-in");

    let begun = begin(&ada, OPTIONS).await;
    let body = response(&begun, &app.authenticator().register(&begun["options"]));
    app.advance(Duration::from_mins(5) - Duration::from_secs(1));
    let mut ada = ada;
    ada.login(ADA, auth::testing::PASSWORD).await;
    app.advance(Duration::from_secs(1));
    assert_eq!(not_valid(&ada.post(PASSKEYS, &body).await), refused, "expired");
    for id in ["", "x", "AAAA", &"A".repeat(43), &"A".repeat(5_000), "\u{e9}"] {
        let reply = ada.post(PASSKEYS, &json!({ "challenge_id": id, "credential": {} })).await;
        assert_eq!(reply.status, 400, "{reply:?}");
    }
}

async fn a_response_that_fails_a_check_adds_nothing(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    let refused = async |change: &dyn Fn(&mut auth::testing::Authenticator, &mut Value)| {
        let mut authenticator = app.authenticator();
        let begun = begin(&ada, OPTIONS).await;
        let mut body = Value::Null;
        change(&mut authenticator, &mut body);
        let mut credential = authenticator.register(&begun["options"]);
        if let Value::Object(members) = body {
            for (pointer, value) in members {
                *credential.pointer_mut(&pointer).unwrap() = value;
            }
        }
        let reply = ada.post(PASSKEYS, &response(&begun, &credential)).await;
        assert_eq!((reply.status, reply.text("code")), (400, "passkey_not_valid"), "{reply:?}");
    };
    refused(&|phone, _| "https://evil.example".clone_into(&mut phone.origin)).await;
    refused(&|phone, _| "http://localhost:8001".clone_into(&mut phone.origin)).await;
    refused(&|phone, _| phone.site = Some("evil.example".to_owned())).await;
    refused(&|phone, _| phone.verifies = false).await;
    refused(&|_, body| *body = json!({ "/rawId": "AAAA" })).await;
    refused(&|_, body| *body = json!({ "/rawId": null })).await;
    refused(&|_, body| *body = json!({ "/type": "password" })).await;
    refused(&|_, body| *body = json!({ "/type": null })).await;
    refused(&|_, body| *body = json!({ "/response/attestationObject": "oA==" })).await;
    refused(&|_, body| *body = json!({ "/response/attestationObject": "oA" })).await;
    refused(&|_, body| *body = json!({ "/response/attestationObject": "" })).await;
    refused(&|_, body| *body = json!({ "/response/attestationObject": "A".repeat(10_000) })).await;
    refused(&|_, body| *body = json!({ "/response/clientDataJSON": "+/+/" })).await;
    refused(&|_, body| *body = json!({ "/response/transports": "internal" })).await;
    refused(&|_, body| *body = json!({ "/response": [] })).await;
    assert_eq!(ada.get(PASSKEYS).await.body, json!([]));
    assert!(app.mailbox().await.to(ADA).is_empty());
}

async fn a_passkey_belongs_to_one_account(engine: Engine) {
    let app = start(engine).await;
    let (ada, mut phone) = with_passkey(&app, ADA).await;
    let grace = app.signed_in(GRACE).await;
    for client in [&ada, &grace] {
        let reply = client.add_passkey(&mut phone).await;
        assert_eq!((reply.status, reply.text("code")), (409, "passkey_in_use"));
    }
    assert_eq!(grace.get(PASSKEYS).await.body, json!([]));
}

async fn an_account_has_at_most_25_passkeys(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await;
    for _ in 0..25 {
        assert_eq!(ada.add_passkey(&mut app.authenticator()).await.status, 201);
    }
    let refused = ada.add_passkey(&mut app.authenticator()).await;
    assert_eq!((refused.status, refused.text("code")), (409, "too_many_passkeys"));
}

async fn a_name_is_the_owners_and_else_that_of_the_device(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in(ADA).await.with_header("user-agent", CHROMIUM);
    assert_eq!(ada.add_passkey(&mut app.authenticator()).await.text("name"), "Chrome on Linux");
    for (name, expected) in
        [(" Ada's phone ", "Ada's phone"), ("", "Chrome on Linux"), (&"é".repeat(100), &"é".repeat(100))]
    {
        let begun = begin(&ada, OPTIONS).await;
        let mut body = response(&begun, &app.authenticator().register(&begun["options"]));
        body["name"] = json!(name);
        assert_eq!(ada.post(PASSKEYS, &body).await.text("name"), expected);
    }
    let begun = begin(&ada, OPTIONS).await;
    let mut body = response(&begun, &app.authenticator().register(&begun["options"]));
    body["name"] = json!("é".repeat(101));
    let refused = ada.post(PASSKEYS, &body).await;
    assert_eq!((refused.status, refused.body["name"].is_array()), (400, true), "{refused:?}");
    let mails = app.mailbox().await.to(ADA);
    assert!(
        mails.iter().all(|mail| !mail.source.contains("phone") && !mail.text.contains('é')),
        "no word of a user's own"
    );
}
