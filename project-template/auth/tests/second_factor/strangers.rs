//! Second factors of strangers who signed up with somebody else's address: none of them keeps the owner out.

use auth::testing::Received;

use super::ways::{by_code, by_reset, signed_in_by_code};
use super::*;

auth::on_both_engines!(
    the_owner_who_resets_the_password_is_not_asked_for_the_strangers_code,
    the_owner_who_signs_in_with_a_mailed_code_is_not_asked_for_it_either,
    nor_after_the_stranger_set_up_another_one_in_the_account_they_share,
    a_confirmation_that_signs_in_does_not_ask_for_it,
    a_sign_up_that_the_owner_confirms_elsewhere_does_not_lock_them_out,
    an_owner_who_confirms_a_strangers_sign_up_gets_past_what_the_stranger_adds_later,
    whoever_confirms_in_the_browser_of_the_sign_up_keeps_what_they_add_later,
    a_mailed_code_removes_a_strangers_passkey_like_their_app,
    what_the_stranger_began_ends_with_the_confirmation,
    whoever_confirms_in_the_browser_of_the_sign_up_keeps_the_factor,
    a_link_that_somebody_else_requested_does_not_prove_the_factor,
    a_factor_set_up_by_a_reader_of_the_mail_stays,
    a_change_of_address_takes_no_second_factor_away,
    a_passkey_that_follows_an_account_to_the_owners_address_does_not_share_it,
    nor_does_one_beside_a_factor_that_is_not_proven,
    whoever_confirms_another_address_in_their_session_keeps_their_passkeys,
    a_code_that_the_application_delivers_removes_nothing,
    a_promotion_removes_a_strangers_factor,
);

const OPEN: &str = "[codes]\nresend_cooldown = \"0s\"\nmax_resends = 100\n";
const OPTIONAL: &str = "[codes]\nresend_cooldown = \"0s\"\nmax_resends = 100\n\
    [email_verification]\nmode = \"optional\"\nmethod = \"both\"\n";
const MANDATORY: &str = "[codes]\nresend_cooldown = \"0s\"\nmax_resends = 100\n[mfa]\ntotp = \"required\"\n\
    [email_verification]\nmode = \"mandatory\"\nmethod = \"both\"\n";
const RESEND: &str = "/jwt-allauth/registration/verification/resend/";
const STRANGERS: &str = "a strangers horse 17";

/// A stranger signs up with Ada's address and sets up a factor; in required mode by the challenge of the sign-up.
async fn stranger(app: &TestApp) -> (Client, AuthenticatorApp) {
    let mut stranger = app.client();
    let reply = stranger.register(ADA, STRANGERS).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    if !stranger.access.is_empty() {
        let authenticator = stranger.enrol(app).await;
        return (stranger, authenticator);
    }
    let id = reply.text("setup_challenge_id");
    let setup = stranger.post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    let body = json!({ "setup_challenge_id": id, "code": authenticator.code(app) });
    let reply = stranger.post(ACTIVATE, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    (stranger, authenticator)
}

/// The mail about the first sign-up.
async fn first_mail(app: &TestApp) -> Received {
    let mails = app.mailbox().await.to(ADA);
    mails.into_iter().find(|mail| mail.text.contains("/registration/verification/")).unwrap()
}

/// In a browser that has nothing of the sign-up.
async fn confirm_elsewhere(app: &TestApp) {
    let link = first_mail(app).await.link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
}

async fn is_notified(app: &TestApp) -> bool {
    app.mailbox().await.to(ADA).iter().any(|mail| mail.subject.contains("authenticator app was removed"))
}

async fn removals(app: &TestApp) -> Vec<String> {
    let log = app.audit_log().await;
    log.into_iter().filter(|event| event.kind == "second_factor_removed").filter_map(|event| event.detail).collect()
}

async fn the_owner_who_resets_the_password_is_not_asked_for_the_strangers_code(engine: Engine) {
    for toml in [OPEN, OPTIONAL] {
        let app = configured(engine, toml).await;
        let (_, authenticator) = stranger(&app).await;
        let id = app.client().login(ADA, STRANGERS).await.text("challenge_id").to_owned();
        assert_signed_in(&by_reset(&app, ADA).await);
        assert_signed_in(&app.client().login(ADA, PASSWORD).await);
        assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
        assert!(is_notified(&app).await);
        assert_eq!(removals(&app).await, ["not_verified"]);
        let reset = signed_in_by_code(&app, ADA).await;
        assert_eq!(reset.get(AUTHENTICATORS).await.body, json!([]));
    }
}

async fn the_owner_who_signs_in_with_a_mailed_code_is_not_asked_for_it_either(engine: Engine) {
    for toml in [OPEN, OPTIONAL] {
        let app = configured(engine, toml).await;
        let (_, authenticator) = stranger(&app).await;
        let id = app.client().login(ADA, STRANGERS).await.text("challenge_id").to_owned();
        let owner = signed_in_by_code(&app, ADA).await;
        assert_eq!(owner.get(AUTHENTICATORS).await.body, json!([]));
        assert_expired(&verify(&app, &id, &authenticator.next_code(&app)).await);
        assert!(is_notified(&app).await);
        assert_eq!(removals(&app).await, ["not_verified"]);
    }
    // Where the address must be confirmed first, the code is the confirmation.
    let app = configured(engine, MANDATORY).await;
    stranger(&app).await;
    let id = setup_challenge(&by_code(&app, ADA).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    assert_signed_in(&app.client().post(ACTIVATE, &json!({ "setup_challenge_id": id, "code": code })).await);
}

async fn nor_after_the_stranger_set_up_another_one_in_the_account_they_share(engine: Engine) {
    let app = configured(engine, OPEN).await;
    let (stranger, _) = stranger(&app).await;
    signed_in_by_code(&app, ADA).await;
    stranger.enrol(&app).await;
    assert_challenged(&app.client().login(ADA, STRANGERS).await);
    signed_in_by_code(&app, ADA).await;
    assert_eq!(removals(&app).await, ["not_verified", "not_verified"]);
    assert_signed_in(&by_reset(&app, ADA).await);
}

async fn a_confirmation_that_signs_in_does_not_ask_for_it(engine: Engine) {
    let app = configured(engine, &format!("{OPTIONAL}session_on_verification = true\n")).await;
    stranger(&app).await;
    let link = first_mail(&app).await.link();
    assert_signed_in(&app.client().post(&link, &json!({})).await);
    assert!(is_notified(&app).await);
}

async fn a_sign_up_that_the_owner_confirms_elsewhere_does_not_lock_them_out(engine: Engine) {
    for by_mailed_code in [false, true] {
        let app = configured(engine, MANDATORY).await;
        let (_, authenticator) = stranger(&app).await;
        confirm_elsewhere(&app).await;
        // Whose it is, is not known yet: it goes on.
        let id = app.client().login(ADA, STRANGERS).await.text("challenge_id").to_owned();
        assert_signed_in(&verify(&app, &id, &authenticator.next_code(&app)).await);
        let reply = if by_mailed_code { by_code(&app, ADA).await } else { by_reset(&app, ADA).await };
        setup_challenge_of(&reply);
        assert_eq!(removals(&app).await, ["not_verified"]);
    }
}

const CONFIRMED: &str = "[codes]\nresend_cooldown = \"0s\"\nmax_resends = 100\n\
    [email_verification]\nmode = \"mandatory\"\nmethod = \"both\"\n";

async fn an_owner_who_confirms_a_strangers_sign_up_gets_past_what_the_stranger_adds_later(engine: Engine) {
    for is_second in [false, true] {
        let app = configured(engine, CONFIRMED).await;
        let mut owner = app.client();
        if is_second {
            owner.register(ADA, PASSWORD).await;
        }
        let mut stranger = app.client();
        stranger.register(ADA, STRANGERS).await;
        // The owner takes it for theirs, in a browser that may have signed up as well.
        let link = app.mailbox().await.latest(ADA).link();
        assert_eq!(owner.submit(&link, &[]).await.status, 303);
        assert_signed_in(&stranger.login(ADA, STRANGERS).await);
        stranger.enrol(&app).await;
        let mut passkey = app.authenticator();
        assert_eq!(stranger.add_passkey(&mut passkey).await.status, 201);
        assert_signed_in(&by_reset(&app, ADA).await);
        assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
        assert_signed_in(&app.client().login(ADA, PASSWORD).await);
    }
}

async fn whoever_confirms_in_the_browser_of_the_sign_up_keeps_what_they_add_later(engine: Engine) {
    for is_second in [false, true] {
        let app = configured(engine, CONFIRMED).await;
        if is_second {
            app.client().register(ADA, STRANGERS).await;
        }
        let mut ada = app.client();
        ada.register(ADA, PASSWORD).await;
        let link = app.mailbox().await.latest(ADA).link();
        assert_eq!(ada.submit(&link, &[]).await.status, 303);
        ada.login(ADA, PASSWORD).await;
        let authenticator = ada.enrol(&app).await;
        app.advance(std::time::Duration::from_secs(30));
        assert_outlives_a_reset(&app, &authenticator).await;
    }
}

async fn a_mailed_code_removes_a_strangers_passkey_like_their_app(engine: Engine) {
    let app = configured(engine, OPEN).await;
    let (stranger, _) = stranger(&app).await;
    let mut passkey = app.authenticator();
    assert_eq!(stranger.add_passkey(&mut passkey).await.status, 201);
    let mut owner = signed_in_by_code(&app, ADA).await;
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
    assert_eq!(owner.get("/jwt-allauth/passkeys/").await.body, json!([]));
    assert!(is_notified(&app).await);
    let mails = app.mailbox().await.to(ADA);
    assert!(mails.iter().any(|mail| mail.subject.contains("passkey was removed")), "{mails:?}");
    // The owner's own stays.
    let mut own = app.authenticator();
    assert_eq!(owner.add_passkey(&mut own).await.status, 201);
    owner = signed_in_by_code(&app, ADA).await;
    assert_eq!(owner.get("/jwt-allauth/passkeys/").await.body.as_array().unwrap().len(), 1);
}

/// Also beside the members of a reset.
fn setup_challenge_of(reply: &Reply) {
    assert!(reply.status == 200 && reply.body["mfa_setup_required"] == json!(true), "{reply:?}");
}

async fn what_the_stranger_began_ends_with_the_confirmation(engine: Engine) {
    let app = configured(engine, MANDATORY).await;
    let mut stranger = app.client();
    let id = stranger.register(ADA, STRANGERS).await.text("setup_challenge_id").to_owned();
    let setup = stranger.post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    confirm_elsewhere(&app).await;
    for path in [SETUP, ACTIVATE] {
        let body = json!({ "setup_challenge_id": id, "code": authenticator.code(&app) });
        assert_refused(&stranger.post(path, &body).await, 401, "Challenge expired or invalid.", "challenge_not_valid");
    }
    // So does a secret that was shown within a session.
    let app = configured(engine, OPTIONAL).await;
    let mut stranger = app.client();
    stranger.register(ADA, STRANGERS).await;
    let setup = stranger.post(SETUP, &json!({})).await;
    let code = AuthenticatorApp::of(setup.text("secret")).code(&app);
    confirm_elsewhere(&app).await;
    let reply = stranger.post(ACTIVATE, &json!({ "code": code })).await;
    assert_refused(&reply, 400, "Setup not initiated.", "setup_not_initiated");
}

/// The address is proven, and the password is set anew.
async fn assert_outlives_a_reset(app: &TestApp, authenticator: &AuthenticatorApp) {
    assert_eq!(by_code(app, ADA).await.body["mfa_required"], json!(true));
    let reset = by_reset(app, ADA).await;
    assert_eq!(reset.body["mfa_required"], json!(true), "{reset:?}");
    let reply = verify(app, reset.text("challenge_id"), &authenticator.next_code(app)).await;
    assert_signed_in(&reply);
    assert_eq!(removals(app).await, Vec::<String>::new());
}

async fn whoever_confirms_in_the_browser_of_the_sign_up_keeps_the_factor(engine: Engine) {
    for toml in [OPTIONAL, MANDATORY] {
        for by_typed_code in [false, true] {
            let app = configured(engine, toml).await;
            let (mut ada, authenticator) = stranger(&app).await;
            let mail = first_mail(&app).await;
            let reply = if by_typed_code {
                let body = json!({ "email": ADA, "otp": mail.code() });
                ada.post("/jwt-allauth/registration/verify-otp/", &body).await
            } else {
                ada.submit(&mail.link(), &[]).await
            };
            assert!(reply.status == 200 || reply.status == 303, "{reply:?}");
            app.advance(std::time::Duration::from_secs(30));
            assert_outlives_a_reset(&app, &authenticator).await;
        }
    }
}

async fn a_link_that_somebody_else_requested_does_not_prove_the_factor(engine: Engine) {
    let app = configured(engine, OPTIONAL).await;
    stranger(&app).await;
    app.deliver_mail().await;
    let mut owner = app.client();
    let reply = owner.post(RESEND, &json!({ "email": ADA })).await;
    owner.keep(reply);
    // Not even a cookie of the owner's own sign-up, with another address.
    owner.register("bob@example.com", PASSWORD).await;
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(owner.post(&link, &json!({})).await.status, 200);
    assert_signed_in(&by_reset(&app, ADA).await);
}

async fn a_factor_set_up_by_a_reader_of_the_mail_stays(engine: Engine) {
    let app = configured(engine, &format!("{OPEN}[login_codes]\ncreate_accounts = true\n")).await;
    let authenticator = signed_in_by_code(&app, ADA).await.enrol(&app).await;
    assert_outlives_a_reset(&app, &authenticator).await;
    // In an account that somebody else signed up with, as well.
    let app = configured(engine, OPEN).await;
    app.client().register(ADA, STRANGERS).await;
    let authenticator = signed_in_by_code(&app, ADA).await.enrol(&app).await;
    assert_outlives_a_reset(&app, &authenticator).await;
    // By the challenge of such a sign-in, too.
    let app = configured(engine, &format!("{OPEN}[mfa]\ntotp = \"required\"\n")).await;
    app.client().register(ADA, STRANGERS).await;
    let id = setup_challenge(&by_code(&app, ADA).await);
    let setup = app.client().post(SETUP, &json!({ "setup_challenge_id": id })).await;
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    let body = json!({ "setup_challenge_id": id, "code": authenticator.code(&app) });
    assert_signed_in(&app.client().post(ACTIVATE, &body).await);
    assert_outlives_a_reset(&app, &authenticator).await;
}

const HERS: &str = "stranger@example.com";

/// The account of a stranger, with a passkey that is proven, and its link to Ada's address.
async fn moving(app: &TestApp, stranger: &mut Client) -> (auth::testing::Authenticator, String) {
    let mut passkey = app.authenticator();
    assert_eq!(stranger.add_passkey(&mut passkey).await.status, 201);
    let asked = stranger.post("/jwt-allauth/user/email/", &json!({ "email": ADA })).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    stranger.refresh().await;
    (passkey, app.mailbox().await.latest(ADA).link())
}

async fn of_stranger(engine: Engine) -> (TestApp, Client) {
    let app = configured(engine, &format!("{OPEN}[login_codes]\ncreate_accounts = true\n")).await;
    let stranger = signed_in_by_code(&app, HERS).await;
    (app, stranger)
}

/// Whoever has a session could otherwise move the account to a mailbox of theirs, and reset what they could not remove.
async fn a_change_of_address_takes_no_second_factor_away(engine: Engine) {
    let (app, mut owner) = of_stranger(engine).await;
    let authenticator = owner.enrol(&app).await;
    let (mut passkey, link) = moving(&app, &mut owner).await;
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    app.advance(std::time::Duration::from_secs(30));
    assert_outlives_a_reset(&app, &authenticator).await;
    assert_signed_in(&app.client().login_with_passkey(&mut passkey).await);
}

async fn a_passkey_that_follows_an_account_to_the_owners_address_does_not_share_it(engine: Engine) {
    let (app, mut stranger) = of_stranger(engine).await;
    let (mut passkey, link) = moving(&app, &mut stranger).await;
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    let claims = stranger.get("/jwt-allauth/token/claims/").await;
    assert_eq!(claims.status, 200, "the session that asked goes on: {claims:?}");
    // What that session showed was the mail of the earlier address.
    let mut other = app.authenticator();
    assert_eq!(stranger.add_passkey(&mut other).await.status, 201);
    stranger.enrol(&app).await;
    assert_signed_in(&by_reset(&app, ADA).await);
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
    assert_eq!(app.client().login_with_passkey(&mut other).await.status, 401);
}

/// The reset removes that factor, which guards nothing then.
async fn nor_does_one_beside_a_factor_that_is_not_proven(engine: Engine) {
    let app = configured(engine, OPEN).await;
    let mut stranger = app.client();
    assert_eq!(stranger.register(HERS, STRANGERS).await.status, 201);
    let mut passkey = app.authenticator();
    assert_eq!(signed_in_by_code(&app, HERS).await.add_passkey(&mut passkey).await.status, 201);
    stranger.login(HERS, STRANGERS).await;
    stranger.enrol(&app).await;
    let asked = json!({ "email": ADA, "password": STRANGERS });
    assert_eq!(stranger.post("/jwt-allauth/user/email/", &asked).await.status, 200);
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_signed_in(&by_reset(&app, ADA).await);
    assert_eq!(app.client().login_with_passkey(&mut passkey).await.status, 401);
}

async fn whoever_confirms_another_address_in_their_session_keeps_their_passkeys(engine: Engine) {
    let (app, mut owner) = of_stranger(engine).await;
    let (mut passkey, link) = moving(&app, &mut owner).await;
    assert_eq!(owner.post(&link, &json!({})).await.status, 200);
    assert_signed_in(&by_reset(&app, ADA).await);
    assert_signed_in(&app.client().login_with_passkey(&mut passkey).await);
}

/// Delivers codes to a telephone, of which nobody knows whose it is.
struct Telephone;

impl auth::Hooks for Telephone {
    fn delivers_codes(&self) -> bool {
        true
    }

    fn deliver_code<'h>(
        &'h self,
        _: &'h Auth,
        _: &'h auth::users::User,
        _: &'h secrecy::SecretString,
    ) -> auth::hooks::Hook<'h, Result<bool, auth::Error>> {
        Box::pin(async { Ok(false) })
    }
}

async fn a_code_that_the_application_delivers_removes_nothing(engine: Engine) {
    let app = configured(engine, OPEN).await;
    let app = app.with_hooks(router, Telephone).await;
    let (_, authenticator) = stranger(&app).await;
    let reply = by_code(&app, ADA).await;
    assert_challenged(&reply);
    assert_signed_in(&verify(&app, reply.text("challenge_id"), &authenticator.next_code(&app)).await);
}

async fn a_promotion_removes_a_strangers_factor(engine: Engine) {
    let app = configured(engine, OPEN).await;
    app.signed_in_as("boss@example.com", auth::users::role::SUPERUSER).await;
    let (stranger, _) = stranger(&app).await;
    let page = format!("/admin/users/{}/", app.user(ADA).await.id);
    let (mut boss, _) = super::admin::after_the_password(&app, "boss@example.com").await;
    let token = super::admin::token(&boss.visit(&page).await);
    let form = [("csrf_token", token.as_str()), ("role", "900"), ("password", PASSWORD)];
    let done = boss.submit(&format!("{page}role/"), &form).await;
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(removals(&app).await, ["not_verified"]);
    assert_eq!(stranger.get(AUTHENTICATORS).await.status, 401);
    assert_signed_in(&by_reset(&app, ADA).await);
}
