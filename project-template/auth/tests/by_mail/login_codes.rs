//! `login/code/` and `login/code/verify/`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::codes::Sending;
use auth::email_verification::{FirstProof, Method, Mode};
use auth::hooks::{Hook, Hooks};
use auth::mail::{Tls, Transport};
use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use auth::users::User;
use auth::{Auth, Result, Settings};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::support::*;

auth::on_both_engines! {
    a_mailed_code_signs_in_once,
    nobody_learns_whether_an_address_has_an_account,
    five_guesses_are_all_and_another_code_brings_none_back,
    what_cannot_be_a_code_costs_no_guess,
    a_code_is_read_as_people_type_it,
    two_hundred_guesses_at_once_do_not_pass_the_budget,
    of_many_who_show_the_right_code_at_once_one_is_signed_in,
    a_client_address_is_blocked_after_ten_wrong_codes,
    a_code_of_one_purpose_is_none_of_another,
    a_code_verifies_the_address_it_was_mailed_to,
    whoever_signed_up_with_somebody_elses_address_gains_nothing_from_their_code,
    whose_password_is_not_certain_loses_it,
    the_first_proof_of_an_address_tells_its_owner_of_a_password_there_was_and_how_to_end_it,
    where_the_settings_say_so_the_first_proof_takes_that_password_and_its_sessions_away,
    a_deactivated_account_gets_no_code_and_no_session,
    an_address_without_an_account_gets_one_where_the_settings_say_so,
    where_nobody_signs_up_with_a_password_a_code_is_the_way_to_an_account,
    of_many_who_join_with_one_code_one_does,
    no_code_is_given_out_while_the_mail_server_is_out_of_reach,
    a_mail_that_cannot_be_made_says_nothing_about_the_mail_server,
    no_code_is_given_out_while_mails_cannot_be_written_into_files,
    codes_that_need_no_mail_do_not_wait_for_the_mail_server,
    a_code_may_take_another_way_than_mail,
    a_code_is_void_once_the_account_that_asked_for_it_has_gone_or_changed,
}

async fn start(engine: Engine, change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::start_with(engine, router, change).await
}

async fn password_reset(app: &TestApp, email: &str) {
    let reply = app.client().post("/jwt-allauth/password/reset/", &json!({ "email": email })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

async fn show(client: &mut Client, email: &str, code: &str) -> Reply {
    let reply = client.post("/jwt-allauth/login/code/verify/", &json!({ "email": email, "code": code })).await;
    client.keep(reply)
}

/// Asks for a code and reads the mail.
async fn code(app: &TestApp, email: &str) -> String {
    let reply = ask_for_code(app, email).await;
    assert_eq!((reply.status, &reply.body), (204, &Value::Null), "{reply:?}");
    app.mailbox().await.latest(email).code()
}

#[track_caller]
fn assert_not_valid(reply: &Reply) {
    assert_eq!((reply.status, reply.text("code")), (401, "code_not_valid"), "{reply:?}");
    assert!(!reply.header("www-authenticate").is_empty());
}

async fn a_mailed_code_signs_in_once(engine: Engine) {
    let app = start(engine, |_| ()).await;
    app.signed_in(ADA).await;
    assert_eq!(ask_for_code(&app, "Ada@Example.com").await.status, 204);
    let code = app.mailbox().await.latest(ADA).code();
    let mut client = app.client();
    let reply = show(&mut client, ADA, &format!(" {code} ")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(client.get("/jwt-allauth/user/").await.text("email"), ADA);
    assert_eq!(client.refresh().await.status, 200);
    assert_not_valid(&show(&mut app.client(), ADA, &code).await);
    app.advance(Duration::from_mins(1));
    let late = self::code(&app, ADA).await;
    app.advance(app.auth.settings().codes.lifetime);
    assert_not_valid(&show(&mut app.client(), ADA, &late).await);
}

async fn nobody_learns_whether_an_address_has_an_account(engine: Engine) {
    let app = start(engine, |_| ()).await;
    app.signed_in(ADA).await;
    let before = app.mailbox().await.all().len();
    for email in [ADA, "nobody@example.com"] {
        let reply = ask_for_code(&app, email).await;
        assert_eq!((reply.status, &reply.body, reply.header("cache-control")), (204, &Value::Null, "no-store"));
        let again = ask_for_code(&app, email).await;
        assert_eq!((again.status, again.text("code"), again.header("retry-after")), (429, "throttled", "60"));
        assert_not_valid(&show(&mut app.client(), email, "000000").await);
    }
    assert_eq!(app.mailbox().await.all().len(), before + 1);
}

async fn five_guesses_are_all_and_another_code_brings_none_back(engine: Engine) {
    let app = start(engine, |_| ()).await;
    app.signed_in(ADA).await;
    let first = code(&app, ADA).await;
    for _ in 0..4 {
        assert_not_valid(&show(&mut app.client(), ADA, &wrong(&first)).await);
    }
    app.advance(Duration::from_mins(1));
    let second = code(&app, ADA).await;
    assert_not_valid(&show(&mut app.client(), ADA, if first == second { "x" } else { &first }).await);
    let reply = show(&mut app.client(), ADA, &second).await;
    assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (429, "throttled", "1200"));
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200, "who has the password is not kept out");
}

async fn what_cannot_be_a_code_costs_no_guess(engine: Engine) {
    let app = start(engine, |settings| settings.throttle.enabled = false).await;
    app.signed_in(ADA).await;
    let right = code(&app, ADA).await;
    for _ in 0..10 {
        for text in [&right[1..], &format!("{right}0"), "O12345", "123,456", "see my mail"] {
            assert_not_valid(&show(&mut app.client(), ADA, text).await);
        }
    }
    assert_eq!(show(&mut app.client(), ADA, &right).await.status, 200);
}

async fn a_code_is_read_as_people_type_it(engine: Engine) {
    let app = start(engine, |settings| settings.throttle.enabled = false).await;
    app.signed_in(ADA).await;
    let grouped = |code: &str| format!(" {} {}\u{200b}", &code[..3], &code[3..]);
    let dashed = |code: &str| format!("{}-{}", &code[..3], &code[3..]);
    let wide = |code: &str| code.chars().filter_map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10)).collect();
    for write in [&grouped as &dyn Fn(&str) -> String, &dashed, &wide] {
        let code = code(&app, ADA).await;
        assert_eq!(show(&mut app.client(), ADA, &write(&code)).await.status, 200);
        app.advance(Duration::from_hours(1));
    }
}

async fn two_hundred_guesses_at_once_do_not_pass_the_budget(engine: Engine) {
    let app = start(engine, |_| ()).await.at_two_instances(router).await;
    app.signed_in(ADA).await;
    let code = code(&app, ADA).await;
    let guesses = (0..200).map(|_| {
        let (mut client, code) = (app.client(), wrong(&code));
        tokio::spawn(async move { show(&mut client, ADA, &code).await.status })
    });
    let guesses: Vec<_> = guesses.collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += usize::from(guess.await.unwrap() == 401);
    }
    assert_eq!(looked_at, 5);
    assert_eq!(show(&mut app.client(), ADA, &code).await.status, 429);
}

async fn of_many_who_show_the_right_code_at_once_one_is_signed_in(engine: Engine) {
    let app = start(engine, |settings| settings.codes.attempts = 20).await.at_two_instances(router).await;
    app.signed_in(ADA).await;
    for _ in 0..20 {
        app.advance(Duration::from_mins(30));
        let code = code(&app, ADA).await;
        let shown = (0..10).map(|_| {
            let (mut client, code) = (app.client(), code.clone());
            tokio::spawn(async move { show(&mut client, ADA, &code).await.status })
        });
        let shown: Vec<_> = shown.collect();
        let mut signed_in = 0;
        for one in shown {
            signed_in += usize::from(one.await.unwrap() == 200);
        }
        assert_eq!(signed_in, 1);
    }
}

async fn a_client_address_is_blocked_after_ten_wrong_codes(engine: Engine) {
    let app = start(engine, |_| ()).await;
    app.signed_in(ADA).await;
    let code = code(&app, ADA).await;
    let stranger = || app.client().from_address("198.51.100.7");
    for number in 0..10 {
        let email = format!("user{number}@example.com");
        assert_eq!(ask_for_code(&app, &email).await.status, 204);
        assert_not_valid(&show(&mut stranger(), &email, "000000").await);
    }
    let reply = show(&mut stranger(), ADA, &code).await;
    assert_eq!((reply.status, reply.text("code"), reply.header("retry-after")), (429, "throttled", "900"));
    let mut elsewhere = app.client().from_address("203.0.113.7");
    assert_eq!(show(&mut elsewhere, ADA, &code).await.status, 200, "the code was not looked at, nor used");
}

async fn a_code_of_one_purpose_is_none_of_another(engine: Engine) {
    let app = strict(engine, Method::Code).await;
    sign_up(&app, ADA, PASSWORD).await;
    let verification = app.mailbox().await.latest(ADA).code();
    let login = code(&app, ADA).await;
    if verification != login {
        assert_not_valid(&show(&mut app.client(), ADA, &verification).await);
        assert_eq!(verify_code(&app, ADA, &login).await.status, 400);
    }
    assert_eq!(show(&mut app.client(), ADA, &login).await.status, 200);
}

async fn a_code_verifies_the_address_it_was_mailed_to(engine: Engine) {
    for mode in [Mode::None, Mode::Optional] {
        let app = start(engine, |settings| settings.email_verification.mode = mode).await;
        app.client().register(ADA, PASSWORD).await;
        let code = code(&app, ADA).await;
        let mut client = app.client();
        assert_eq!(show(&mut client, ADA, &code).await.status, 200, "{mode:?}");
        let claims = client.get("/jwt-allauth/token/claims/").await;
        assert_eq!(claims.body["email_verified"], true, "{mode:?}");
        assert_eq!(login(&app, PASSWORD).await.status, 200, "the only sign-up there was is believed");
    }
}

async fn whoever_signed_up_with_somebody_elses_address_gains_nothing_from_their_code(engine: Engine) {
    let app = start(engine, |settings| settings.email_verification.mode = Mode::Mandatory).await;
    sign_up(&app, ADA, EVES_PASSWORD).await;
    let code = code(&app, ADA).await;
    let mut ada = app.client();
    assert_eq!(show(&mut ada, ADA, &code).await.status, 200);
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.body["email_verified"], true);
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
    assert_eq!(ada.refresh().await.status, 200);
}

async fn whose_password_is_not_certain_loses_it(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, EVES_PASSWORD).await;
    app.advance(Duration::from_mins(1));
    sign_up(&app, ADA, PASSWORD).await;
    let code = code(&app, ADA).await;
    assert_eq!(show(&mut app.client(), ADA, &code).await.status, 200);
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
    assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials");
}

async fn the_first_proof_of_an_address_tells_its_owner_of_a_password_there_was_and_how_to_end_it(engine: Engine) {
    for mode in [Mode::None, Mode::Optional] {
        let app = start(engine, |settings| settings.email_verification.mode = mode).await;
        let mut eve = app.client();
        assert_eq!(eve.register(ADA, EVES_PASSWORD).await.status, 201);
        let mut ada = app.client();
        let first = code(&app, ADA).await;
        assert_eq!(show(&mut ada, ADA, &first).await.status, 200);
        let notice = app.mailbox().await.latest(ADA);
        assert!(notice.subject.starts_with("Set your own password"), "{mode:?}: {}", notice.subject);
        assert!(notice.text.contains("they can still"), "{}", notice.text);
        assert_eq!(eve.refresh().await.status, 200, "the account is shared: {mode:?}");

        set_password(&app, &notice.link(), PASSWORD).await;
        assert_eq!(eve.refresh().await.status, 401);
        assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
        assert_eq!(login_code(&app, PASSWORD).await, "signed in");
        app.advance(Duration::from_mins(1));
        let second = code(&app, ADA).await;
        assert_eq!(show(&mut ada, ADA, &second).await.status, 200);
        let told = app.mailbox().await.to(ADA);
        assert_eq!(told.iter().filter(|mail| mail.subject.starts_with("Set your own")).count(), 1);
    }
}

async fn where_the_settings_say_so_the_first_proof_takes_that_password_and_its_sessions_away(engine: Engine) {
    let app = start(engine, |settings| settings.email_verification.first_proof = FirstProof::Reset).await;
    let mut eve = app.client();
    assert_eq!(eve.register(ADA, EVES_PASSWORD).await.status, 201);
    let mut ada = app.client();
    let code = code(&app, ADA).await;
    assert_eq!(show(&mut ada, ADA, &code).await.status, 200);
    assert_eq!(eve.refresh().await.status, 401);
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
    assert_eq!(ada.refresh().await.status, 200);
    let notice = app.mailbox().await.latest(ADA);
    assert!(notice.text.contains("no longer counts"), "{}", notice.text);
    set_password(&app, &notice.link(), PASSWORD).await;
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
}

async fn a_deactivated_account_gets_no_code_and_no_session(engine: Engine) {
    let app = start(engine, |settings| settings.login_codes.create_accounts = true).await;
    app.signed_in(ADA).await;
    let code = code(&app, ADA).await;
    let deactivate = "update users set is_active = false";
    auth::on!(app.auth.db(), pool => sqlx::query(deactivate).execute(pool).await.map(drop)).unwrap();
    assert_not_valid(&show(&mut app.client(), ADA, &code).await);
    app.advance(Duration::from_mins(1));
    let mails = app.mailbox().await.all().len();
    assert_eq!(ask_for_code(&app, ADA).await.status, 204);
    assert_eq!(app.mailbox().await.all().len(), mails);
}

async fn an_address_without_an_account_gets_one_where_the_settings_say_so(engine: Engine) {
    let app = start(engine, |settings| settings.login_codes.create_accounts = true).await;
    let code = code(&app, ADA).await;
    assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials", "there is no account before it is shown");
    assert_not_valid(&show(&mut app.client(), ADA, &wrong(&code)).await);
    let mut client = app.client();
    assert_eq!(show(&mut client, ADA, &code).await.status, 200);
    assert_eq!(client.get("/jwt-allauth/user/").await.body, json!({ "email": ADA, "first_name": "", "last_name": "" }));
    assert_eq!(client.get("/jwt-allauth/token/claims/").await.body["email_verified"], true);
    assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials", "nor has it a password");
    let mails = app.mailbox().await.all().len();
    assert_eq!(ask_for_code(&app, "ada@mailinator.com").await.status, 204);
    assert_eq!(app.mailbox().await.all().len(), mails, "addresses of blocked domains get none");
}

async fn where_nobody_signs_up_with_a_password_a_code_is_the_way_to_an_account(engine: Engine) {
    let app = start(engine, |settings| {
        settings.login_codes.create_accounts = true;
        settings.registration.open = false;
    })
    .await;
    assert_eq!(app.client().register(ADA, PASSWORD).await.status, 404);
    let code = code(&app, ADA).await;
    assert_eq!(show(&mut app.client(), ADA, &code).await.status, 200);
}

async fn of_many_who_join_with_one_code_one_does(engine: Engine) {
    let app = start(engine, |settings| settings.login_codes.create_accounts = true).await;
    for round in 0..20 {
        let email = format!("ada{round}@example.com");
        let code = code(&app, &email).await;
        let shown = (0..4).map(|_| {
            let (mut client, email, code) = (app.client(), email.clone(), code.clone());
            tokio::spawn(async move { show(&mut client, &email, &code).await.status })
        });
        let shown: Vec<_> = shown.collect();
        let mut signed_in = 0;
        for one in shown {
            let status = one.await.unwrap();
            assert!(matches!(status, 200 | 401 | 409), "{status}");
            signed_in += usize::from(status == 200);
        }
        assert_eq!(signed_in, 1);
    }
}

/// Nobody listens where nobody is asked for a port.
fn cut_off(settings: &mut Settings) {
    settings.mail.transport = Transport::Smtp;
    "127.0.0.1".clone_into(&mut settings.mail.host);
    settings.mail.port = 1;
    settings.mail.tls = Tls::None;
}

async fn assert_unavailable(app: &TestApp, email: &str) {
    let reply = ask_for_code(app, email).await;
    assert_eq!((reply.status, reply.text("code")), (503, "mail_unavailable"), "{reply:?}");
    assert!(!reply.header("retry-after").is_empty());
}

async fn no_code_is_given_out_while_the_mail_server_is_out_of_reach(engine: Engine) {
    let app = start(engine, |_| ()).await;
    let cut_off = app.second_instance_with(router, cut_off).await;
    cut_off.signed_in(ADA).await;
    assert_eq!(ask_for_code(&cut_off, ADA).await.status, 204, "nobody has tried yet");
    assert_eq!(cut_off.deliver_mail().await, 1);
    for email in ["bob@example.com", "nobody@example.com"] {
        assert_unavailable(&cut_off, email).await;
    }
    app.advance(Duration::from_mins(1));
    assert_eq!(ask_for_code(&cut_off, "bob@example.com").await.status, 204, "and one may try again");
}

async fn a_mail_that_cannot_be_made_says_nothing_about_the_mail_server(engine: Engine) {
    let app = start(engine, |settings| {
        settings.email_verification.mode = Mode::Optional;
        cut_off(settings);
    })
    .await;
    app.signed_in(ADA).await;
    assert_eq!(app.deliver_mail().await, 1);
    assert_unavailable(&app, ADA).await;
    app.signed_in("bob@example.com").await;
    let spoil = "update outbox set sealed = $1 where attempts = 0";
    auth::on!(app.auth.db(), pool => sqlx::query(spoil).bind(vec![0_u8]).execute(pool).await.map(drop)).unwrap();
    assert_eq!(app.deliver_mail().await, 1);
    assert_unavailable(&app, ADA).await;
}

async fn no_code_is_given_out_while_mails_cannot_be_written_into_files(engine: Engine) {
    let files = tempfile::TempDir::new().unwrap();
    let directory = files.path().join("mail");
    let app = start(engine, |settings| {
        settings.mail.transport = Transport::File;
        settings.mail.directory.clone_from(&directory);
    })
    .await;
    app.signed_in(ADA).await;
    std::fs::remove_dir(&directory).unwrap();
    assert_eq!(ask_for_code(&app, ADA).await.status, 204, "nobody has tried yet");
    assert_eq!(app.deliver_mail().await, 1);
    assert_unavailable(&app, ADA).await;
    std::fs::create_dir(&directory).unwrap();
    app.advance(Duration::from_secs(10));
    assert_eq!(app.deliver_mail().await, 1);
    assert_eq!(ask_for_code(&app, "bob@example.com").await.status, 204);
}

async fn codes_that_need_no_mail_do_not_wait_for_the_mail_server(engine: Engine) {
    let phone = ByPhone::default();
    let app = start(engine, cut_off).await;
    app.signed_in(ADA).await;
    app.signed_in("bob@example.com").await;
    let with_phone = app.with_hooks(router, phone.clone()).await;
    let printing = app.second_instance_with(router, |settings| settings.codes.sending = Sending::Console).await;
    for app in [&with_phone, &printing] {
        // Somebody's mail finds the server out of reach.
        password_reset(app, "bob@example.com").await;
        assert_ne!(app.deliver_mail().await, 0);
        assert_eq!(ask_for_code(app, ADA).await.status, 204);
        app.advance(Duration::from_mins(1));
    }
    let sent = || phone.0.lock().unwrap().first().cloned();
    while sent().is_none() {
        tokio::task::yield_now().await;
    }
}

/// Sends text messages to everybody but Bob.
#[derive(Clone, Default)]
struct ByPhone(Arc<Mutex<Vec<String>>>);

impl Hooks for ByPhone {
    fn delivers_codes(&self) -> bool {
        true
    }

    fn deliver_code<'h>(&'h self, _: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
        Box::pin(async move {
            let has_phone = !user.email.key().starts_with("bob");
            if has_phone {
                self.0.lock().unwrap().push(code.expose_secret().to_owned());
            }
            Ok(has_phone)
        })
    }
}

async fn a_code_may_take_another_way_than_mail(engine: Engine) {
    let phone = ByPhone::default();
    let app = start(engine, |settings| settings.email_verification.mode = Mode::Optional).await;
    app.signed_in(ADA).await;
    app.signed_in("bob@example.com").await;
    let before = app.mailbox().await.all().len();
    let app = app.with_hooks(router, phone.clone()).await;
    for email in [ADA, "bob@example.com", "nobody@example.com"] {
        assert_eq!(ask_for_code(&app, email).await.status, 204);
    }
    let sent = || phone.0.lock().unwrap().first().cloned();
    while sent().is_none() || app.mailbox().await.all().len() == before {
        tokio::task::yield_now().await;
    }
    let mut client = app.client();
    assert_eq!(show(&mut client, ADA, &sent().unwrap()).await.status, 200);
    let claims = client.get("/jwt-allauth/token/claims/").await;
    assert_eq!(claims.body["email_verified"], false, "a text message says nothing about mail");
    let bobs = app.mailbox().await.latest("bob@example.com").code();
    assert_eq!(show(&mut app.client(), "bob@example.com", &bobs).await.status, 200);
    assert_eq!(app.mailbox().await.all().len(), before + 1);
}

async fn a_code_is_void_once_the_account_that_asked_for_it_has_gone_or_changed(engine: Engine) {
    let phone = ByPhone::default();
    let app = start(engine, |settings| settings.login_codes.create_accounts = true).await;
    let app = app.with_hooks(router, phone.clone()).await;
    // Whoever signs up with an address need not read its mail.
    let eve = app.signed_in(ADA).await;
    let by_phone = async |codes: usize| {
        assert_eq!(ask_for_code(&app, ADA).await.status, 204);
        while phone.0.lock().unwrap().len() < codes {
            tokio::task::yield_now().await;
        }
        phone.0.lock().unwrap().last().cloned().unwrap()
    };
    let code = by_phone(1).await;
    assert_eq!(eve.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await.status, 204);
    assert_not_valid(&show(&mut app.client(), ADA, &code).await);
    assert_eq!(ask_for_code(&app, ADA).await.status, 429, "what was counted stays");

    app.advance(Duration::from_mins(1));
    let mut eve = app.signed_in(ADA).await;
    let code = by_phone(2).await;
    let new = "a new horse and a new battery";
    let body = json!({ "old_password": PASSWORD, "new_password1": new, "new_password2": new });
    let reply = eve.post("/jwt-allauth/password/change/", &body).await;
    assert_eq!(eve.keep(reply).status, 200);
    assert_not_valid(&show(&mut app.client(), ADA, &code).await);

    app.advance(Duration::from_mins(1));
    let code = by_phone(3).await;
    let body = json!({ "email": "eve@example.com", "password": new });
    assert_eq!(eve.post("/jwt-allauth/user/email/", &body).await.status, 200);
    let link = app.mailbox().await.latest("eve@example.com").link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_not_valid(&show(&mut app.client(), ADA, &code).await);

    app.advance(Duration::from_mins(20));
    let mailed = self::code(&app, ADA).await;
    let mut ada = app.client();
    assert_eq!(show(&mut ada, ADA, &mailed).await.status, 200);
    let claims = ada.get("/jwt-allauth/token/claims/").await;
    assert_eq!(claims.body["email_verified"], true, "a code that makes an account came by mail");
}

#[tokio::test]
async fn where_codes_are_off_there_are_no_such_addresses() {
    let app = start(Engine::Sqlite, |settings| settings.login_codes.enabled = false).await;
    assert_eq!(ask_for_code(&app, ADA).await.status, 404);
    assert_eq!(show(&mut app.client(), ADA, "000000").await.status, 404);
}
