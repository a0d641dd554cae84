//! Whether an address belongs to whoever signed up with it.

use std::io::Write;
use std::time::Duration;

use auth::VerifiedUser;
use auth::account::import::{Import, import};
use auth::email_verification::{Method, Mode};
use auth::testing::{Engine, PASSWORD, TestApp};
use auth::users::role;
use axum::http::Method as Verb;
use axum::routing::get;
use serde_json::json;

use crate::support::*;

auth::on_both_engines! {
    nobody_signs_in_before_the_address_is_confirmed,
    looking_at_a_link_confirms_nothing_and_pressing_the_button_does,
    a_used_link_leads_on_and_an_unknown_or_expired_one_offers_another,
    a_browser_is_led_to_the_page_of_the_settings,
    with_confirm_on_get_opening_a_link_is_enough_but_asking_for_its_head_is_not,
    a_confirmation_signs_in_only_where_the_settings_say_so,
    a_sign_up_with_a_taken_address_is_answered_as_any_other_and_its_owner_is_told,
    a_sign_in_with_the_password_of_a_sign_up_does_not_tell_whether_the_address_was_taken,
    what_a_sign_up_with_a_taken_address_leaves_goes_with_the_account,
    the_owner_is_told_at_most_once_an_hour,
    sign_ups_with_a_taken_address_leave_two_rows_that_lead_nowhere,
    without_hiding_a_taken_address_is_told,
    a_second_sign_up_changes_nothing_and_the_link_decides_which_one_counts,
    a_link_that_was_asked_for_again_believes_no_password_where_several_signed_up,
    a_sign_up_soon_after_another_has_a_mail_of_its_own_and_voids_nothing,
    whoever_signs_up_without_a_mail_cannot_lend_another_the_confirmation_and_is_led_to_a_password,
    a_reset_by_mail_gives_a_contested_account_to_who_reads_the_mail,
    a_sign_up_takes_no_account_over_that_is_more_than_a_sign_up,
    the_link_of_a_later_sign_up_is_void_once_the_account_is_more_than_a_sign_up,
    a_code_to_sign_in_takes_an_imported_account_no_more_than_its_password,
    sign_ups_without_end_send_a_bounded_number_of_mails,
    another_link_kills_the_one_that_was_asked_for_before,
    resending_is_the_same_for_every_address_and_bounded,
    a_person_asks_for_another_link_with_a_form,
    optional_verification_signs_in_and_the_claim_flips_at_the_next_refresh,
    without_verification_no_mail_is_sent,
    a_deactivated_account_is_not_confirmed,
    fifty_confirmations_at_once_are_one,
}

async fn nobody_signs_in_before_the_address_is_confirmed(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    assert_eq!(login_code(&app, "wrong horse battery staple").await, "incorrect_credentials");
    let reply = login(&app, PASSWORD).await;
    assert_eq!((reply.status, reply.text("code")), (401, "email_not_verified"));
    let reply = app.client().post(&link(&app).await, &json!({})).await;
    assert_eq!((reply.status, reply.text("detail")), (200, "E-mail address verified."));
    assert!(reply.headers.get("set-cookie").is_none() && reply.body.get("access").is_none());
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
}

async fn looking_at_a_link_confirms_nothing_and_pressing_the_button_does(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    let link = link(&app).await;
    for _ in 0..3 {
        let page = browser(&app).get(&link).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(posts_to(&page, &link));
    }
    assert_eq!(login_code(&app, PASSWORD).await, "email_not_verified");
    let reply = browser(&app).send(Verb::POST, &link, None).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/jwt-allauth/registration/verified/"));
    let landing = browser(&app).get(reply.header("location")).await;
    assert_eq!(landing.status, 200);
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
}

async fn a_used_link_leads_on_and_an_unknown_or_expired_one_offers_another(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    let used = link(&app).await;
    app.client().post(&used, &json!({})).await;
    let reply = browser(&app).get(&used).await;
    assert_eq!((reply.status, reply.header("location")), (302, "/jwt-allauth/registration/verified/"));
    assert_eq!(browser(&app).send(Verb::POST, &used, None).await.status, 303);
    let reply = app.client().post(&used, &json!({})).await;
    assert_eq!((reply.status, reply.text("code")), (404, "link_not_valid"));

    sign_up(&app, "bob@example.com", PASSWORD).await;
    let expired = app.mailbox().await.latest("bob@example.com").link();
    app.advance(app.auth.settings().email_verification.link_lifetime);
    let unknown = ["unknown", "%ff", "%00"].map(|key| format!("/jwt-allauth/registration/verification/{key}/"));
    for link in unknown.iter().chain([&expired]) {
        for reply in [browser(&app).get(link).await, browser(&app).send(Verb::POST, link, None).await] {
            assert_eq!(reply.status, 404);
            assert!(posts_to(&reply, "/jwt-allauth/registration/verification/resend/"));
        }
        let reply = app.client().post(link, &json!({})).await;
        assert_eq!((reply.status, reply.text("code")), (404, "link_not_valid"));
    }
}

async fn a_browser_is_led_to_the_page_of_the_settings(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.redirect = Some("https://app.example.com/welcome".into());
    })
    .await;
    sign_up(&app, ADA, PASSWORD).await;
    let link = link(&app).await;
    let page = browser(&app).get(&link).await;
    assert!(page.header("content-security-policy").contains("form-action 'self' https://app.example.com;"), "{page:?}");
    let reply = browser(&app).send(Verb::POST, &link, None).await;
    assert_eq!((reply.status, reply.header("location")), (303, "https://app.example.com/welcome"));
}

async fn with_confirm_on_get_opening_a_link_is_enough_but_asking_for_its_head_is_not(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.confirm_on_get = true;
    })
    .await;
    sign_up(&app, ADA, PASSWORD).await;
    let link = link(&app).await;
    browser(&app).send(Verb::HEAD, &link, None).await;
    assert_eq!(login_code(&app, PASSWORD).await, "email_not_verified");
    let reply = browser(&app).get(&link).await;
    assert_eq!((reply.status, reply.header("location")), (302, "/jwt-allauth/registration/verified/"));
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
}

async fn a_confirmation_signs_in_only_where_the_settings_say_so(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.method = Method::Both;
        settings.email_verification.session_on_verification = true;
    })
    .await;
    sign_up(&app, ADA, PASSWORD).await;
    let mut ada = browser(&app);
    let reply = ada.send(Verb::POST, &link(&app).await, None).await;
    assert_eq!(ada.keep(reply).status, 303);
    assert_eq!(ada.refresh().await.status, 200);

    sign_up(&app, "bob@example.com", PASSWORD).await;
    let code = app.mailbox().await.latest("bob@example.com").code();
    let reply = verify_code(&app, "bob@example.com", &code).await;
    assert_eq!((reply.status, reply.text("message")), (200, "Email verified successfully."));
    let mut bob = app.client();
    bob.keep(reply);
    assert_eq!(bob.get("/jwt-allauth/user/").await.text("email"), "bob@example.com");
}

async fn a_sign_up_with_a_taken_address_is_answered_as_any_other_and_its_owner_is_told(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    sign_up(&app, "bob@example.com", PASSWORD).await;
    let replies = [
        sign_up(&app, "carol@example.com", EVES_PASSWORD).await,
        sign_up(&app, "ADA@example.com", EVES_PASSWORD).await,
        sign_up(&app, "bob@example.com", EVES_PASSWORD).await,
    ];
    let comparable = replies.map(|reply| {
        let mut headers = reply.headers;
        headers.remove("x-request-id");
        let cookie = headers.remove("set-cookie").unwrap();
        let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
        let (value, attributes) = rest.split_once(';').unwrap();
        let cookie = (name.to_owned(), value.len(), attributes.to_owned());
        (reply.status, reply.body, format!("{headers:?}"), cookie)
    });
    assert_eq!(comparable[0], comparable[1]);
    assert_eq!(comparable[0], comparable[2]);
    assert_eq!(login_code(&app, PASSWORD).await, "signed in", "nothing has changed for the owner");
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "email_not_verified", "as at a free address");
    let notice = app.mailbox().await.latest(ADA);
    assert!(notice.text.contains("already has an account"), "{}", notice.text);
    assert!(!notice.text.contains("://"), "the notice opens nothing: {}", notice.text);
}

const FREE: &str = "free@example.com";

/// The answers to sign-ups and sign-ins of somebody at an address, each with the password hashes that it took.
async fn probed(app: &TestApp, email: &str) -> Vec<(u16, String, u64)> {
    let mut eve = app.client().from_address("192.0.2.7");
    let mut seen = Vec::new();
    let later = "a third horse battery staple";
    for password in [EVES_PASSWORD, later] {
        let before = app.password_hashes();
        let reply = eve.register(email, password).await;
        seen.push((reply.status, reply.body.to_string(), app.password_hashes() - before));
    }
    let wrong = "wrong horse battery staple";
    // Neither a right one nor the time that it took gives other guesses back.
    for password in
        [EVES_PASSWORD, wrong, later, EVES_PASSWORD, wrong, wrong, EVES_PASSWORD, wrong, wrong, wrong, wrong]
    {
        let before = app.password_hashes();
        let reply = eve.login(email, password).await;
        seen.push((reply.status, reply.text("code").to_owned(), app.password_hashes() - before));
    }
    seen
}

async fn a_sign_in_with_the_password_of_a_sign_up_does_not_tell_whether_the_address_was_taken(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    let at_free = probed(&app, FREE).await;
    let code = |at: usize| at_free[at].1.as_str();
    assert_eq!((code(2), code(3), code(4)), ("email_not_verified", "incorrect_credentials", "incorrect_credentials"));
    assert_eq!(at_free.last().unwrap().0, 429, "{at_free:?}");
    assert!(at_free[..2].iter().all(|(.., hashes)| *hashes == 1), "{at_free:?}");
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    assert_eq!(probed(&app, ADA).await, at_free);
    let before = app.password_hashes();
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
    assert_eq!(app.password_hashes() - before, 1, "an owner waits no longer");
}

async fn what_a_sign_up_with_a_taken_address_leaves_goes_with_the_account(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    sign_up(&app, ADA, EVES_PASSWORD).await;
    let mut owner = app.client();
    owner.login(ADA, PASSWORD).await;
    let deleted = owner.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
}

async fn the_owner_is_told_at_most_once_an_hour(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    let before = app.mailbox().await.to(ADA).len();
    for _ in 0..3 {
        sign_up(&app, ADA, EVES_PASSWORD).await;
    }
    assert_eq!(app.mailbox().await.to(ADA).len(), before + 1);
    app.advance(Duration::from_hours(1));
    sign_up(&app, ADA, EVES_PASSWORD).await;
    assert_eq!(app.mailbox().await.to(ADA).len(), before + 2);
}

async fn sign_ups_with_a_taken_address_leave_two_rows_that_lead_nowhere(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    for _ in 0..3 {
        app.advance(Duration::from_mins(1));
        sign_up(&app, ADA, EVES_PASSWORD).await;
        assert_eq!(resend(&app, "ADA@example.com").await.status, 429);
    }
    let unused = "select count(*) from links where used_at is null";
    let (links,): (i64,) = auth::on!(app.auth.db(), pool => sqlx::query_as(unused).fetch_one(pool).await).unwrap();
    assert_eq!(links, 2, "the first sign-up, and the latest");
}

async fn without_hiding_a_taken_address_is_told(engine: Engine) {
    let taken = r#"{"email":["A user is already registered with this e-mail address."]}"#;
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.registration.hide_existing = false;
    })
    .await;
    ada(&app).await;
    let before = app.mailbox().await.all().len();
    let reply = app.client().register(ADA, EVES_PASSWORD).await;
    assert_eq!((reply.status, reply.body.to_string()), (400, taken.into()));
    assert_eq!(app.mailbox().await.all().len(), before);

    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let reply = app.client().register(ADA, EVES_PASSWORD).await;
    assert_eq!((reply.status, reply.body.to_string()), (400, taken.into()), "tokens cannot be hidden");
}

async fn a_second_sign_up_changes_nothing_and_the_link_decides_which_one_counts(engine: Engine) {
    for (own, password, others) in [(0, EVES_PASSWORD, PASSWORD), (1, PASSWORD, EVES_PASSWORD)] {
        let app = strict(engine, Method::Link).await;
        sign_up(&app, ADA, EVES_PASSWORD).await;
        app.advance(Duration::from_mins(1));
        sign_up(&app, ADA, PASSWORD).await;
        assert_eq!(
            login_code(&app, EVES_PASSWORD).await,
            "email_not_verified",
            "the first password is still the account's"
        );
        assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials");

        let mails = app.mailbox().await.to(ADA);
        assert_eq!(mails.len(), 2);
        assert_eq!(app.client().post(&mails[own].link(), &json!({})).await.status, 200);
        assert_eq!(login_code(&app, password).await, "signed in");
        assert_eq!(login_code(&app, others).await, "incorrect_credentials");
        let reply = app.client().post(&mails[1 - own].link(), &json!({})).await;
        assert_eq!(reply.text("code"), "link_not_valid", "the other sign-up is void");
    }
}

async fn a_link_that_was_asked_for_again_believes_no_password_where_several_signed_up(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, EVES_PASSWORD).await;
    app.advance(Duration::from_mins(1));
    sign_up(&app, ADA, PASSWORD).await;
    app.advance(Duration::from_mins(1));
    assert_eq!(resend(&app, ADA).await.status, 200);
    assert_eq!(app.client().post(&link(&app).await, &json!({})).await.status, 200);
    assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials");
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
}

async fn a_sign_up_soon_after_another_has_a_mail_of_its_own_and_voids_nothing(engine: Engine) {
    for (own, password) in [(0, EVES_PASSWORD), (1, PASSWORD)] {
        let app = strict(engine, Method::Link).await;
        sign_up(&app, ADA, EVES_PASSWORD).await;
        sign_up(&app, ADA, PASSWORD).await;
        let mails = app.mailbox().await.to(ADA);
        assert_eq!(mails.len(), 2);
        assert_eq!(app.client().post(&mails[own].link(), &json!({})).await.status, 200);
        assert_eq!(login_code(&app, password).await, "signed in");
        let notice = app.mailbox().await.latest(ADA);
        assert!(notice.subject.starts_with("Set your own password"), "there were two: {}", notice.subject);
    }
}

async fn whoever_signs_up_without_a_mail_cannot_lend_another_the_confirmation_and_is_led_to_a_password(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    for _ in 0..6 {
        sign_up(&app, ADA, EVES_PASSWORD).await;
    }
    sign_up(&app, ADA, PASSWORD).await;
    let mails = app.mailbox().await.to(ADA);
    assert_eq!(mails.len(), 6, "nobody gets mails without end");
    let mut browser = browser(&app);
    let reply = browser.submit(&mails[0].link(), &[]).await;
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials", "Ada took Eve's mail for her own");
    let notice = app.mailbox().await.latest(ADA);
    assert!(notice.text.contains("no longer counts"), "{}", notice.text);
    assert_eq!((reply.status, notice.link()), (303, reply.header("location").to_owned()));
    set_password(&app, reply.header("location"), PASSWORD).await;
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
}

async fn a_reset_by_mail_gives_a_contested_account_to_who_reads_the_mail(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, EVES_PASSWORD).await;
    let reply = app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut ada = app.client();
    ada.visit(&link(&app).await).await;
    let token = ada.cookies["csrftoken"].clone();
    let ada = ada.with_header("x-csrftoken", &token);
    let body = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    let reply = ada.post("/jwt-allauth/password/reset/set-new/", &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
    assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials");
}

/// What an account that waits for its confirmation can be besides a sign-up.
const MORE: [&str; 4] = ["imported", "promoted", "staff", "used before"];

/// Ada's account with [`PASSWORD`], which nobody has confirmed and which is more than a sign-up.
async fn more_than_a_sign_up(engine: Engine, how: &str) -> TestApp {
    let mode = |mode| move |settings: &mut auth::Settings| settings.email_verification.mode = mode;
    let before = TestApp::start_with(engine, router, mode(Mode::Optional)).await;
    let app = before.second_instance_with(router, mode(Mode::Mandatory)).await;
    match how {
        "imported" => import_ada(&app).await,
        "used before" => drop(before.signed_in(ADA).await),
        _ => {
            sign_up(&app, ADA, PASSWORD).await;
            app.set_role(ADA, if how == "staff" { role::STAFF } else { 7 }).await;
        }
    }
    app
}

/// Ada's account as an import brings it that knows of no confirmed address and no sign-in.
async fn import_ada(app: &TestApp) {
    sign_up(app, "bob@example.com", PASSWORD).await;
    let hash = app.user("bob@example.com").await.password_hash.unwrap();
    let fields = json!({ "email": ADA, "password": format!("argon2{hash}"), "first_name": "Ada", "last_login": null });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}", json!([{ "model": "auth.user", "pk": 1, "fields": fields }])).unwrap();
    let summary = import(&app.auth, &Import::of(file.path()), |_| {}).await.unwrap();
    assert_eq!((summary.imported, summary.without_password), (1, 0), "{summary:?}");
}

async fn a_sign_up_takes_no_account_over_that_is_more_than_a_sign_up(engine: Engine) {
    for how in MORE {
        for way in ["confirm", "reset"] {
            let app = more_than_a_sign_up(engine, how).await;
            let before = app.user(ADA).await;
            assert!(!before.email_verified, "{how}");
            sign_up(&app, ADA, EVES_PASSWORD).await;
            let notice = app.mailbox().await.latest(ADA);
            assert!(notice.text.contains("already has an account"), "{how}: {}", notice.text);
            assert!(!notice.text.contains("://"), "{how}: the notice opens nothing: {}", notice.text);
            assert_eq!(login_code(&app, PASSWORD).await, "email_not_verified", "{how}");

            app.advance(Duration::from_mins(1));
            if way == "confirm" {
                assert_eq!(resend(&app, ADA).await.status, 200);
                assert_eq!(app.client().post(&link(&app).await, &json!({})).await.status, 200, "{how}");
                assert_eq!(login_code(&app, PASSWORD).await, "signed in", "{how}");
            } else {
                app.client().post("/jwt-allauth/password/reset/", &json!({ "email": ADA })).await;
                set_password(&app, &link(&app).await, "wrong pony charger clip").await;
                assert_eq!(login_code(&app, "wrong pony charger clip").await, "signed in", "{how}");
            }
            assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials", "{how}");
            let after = app.user(ADA).await;
            assert_eq!((after.id, after.role), (before.id, before.role), "{how}");
            if how == "imported" {
                assert_eq!(after.first_name, "Ada", "{way}");
            }
        }
    }
}

async fn the_link_of_a_later_sign_up_is_void_once_the_account_is_more_than_a_sign_up(engine: Engine) {
    for (change, why) in [
        ("role = 7", "it has a role of the project's own"),
        ("role = 900", "it is staff"),
        ("last_login_at = created_at", "somebody signed in while that took no confirmation"),
    ] {
        let app = strict(engine, Method::Link).await;
        sign_up(&app, ADA, PASSWORD).await;
        sign_up(&app, ADA, EVES_PASSWORD).await;
        let eves = link(&app).await;
        let statement = auth::sqlx::AssertSqlSafe(format!("update users set {change}"));
        auth::on!(app.auth.db(), pool => auth::sqlx::query(statement).execute(pool).await.map(drop)).unwrap();
        assert_eq!(app.client().post(&eves, &json!({})).await.text("code"), "link_not_valid", "{why}");
        assert_eq!(login_code(&app, EVES_PASSWORD).await, "incorrect_credentials", "{why}");
        assert_eq!(login_code(&app, PASSWORD).await, "email_not_verified", "{why}");
    }
}

async fn a_code_to_sign_in_takes_an_imported_account_no_more_than_its_password(engine: Engine) {
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.login_codes.enabled = true;
    })
    .await;
    import_ada(&app).await;
    ask_for_code(&app, ADA).await;
    let code = app.mailbox().await.latest(ADA).code();
    let body = json!({ "email": ADA, "code": code });
    assert_eq!(app.client().post("/jwt-allauth/login/code/verify/", &body).await.status, 200);
    assert_eq!(app.user(ADA).await.first_name, "Ada");
    let notice = app.mailbox().await.latest(ADA);
    assert!(notice.subject.starts_with("Set your own password"), "{}", notice.subject);
    assert_eq!(login_code(&app, PASSWORD).await, "incorrect_credentials", "it may be a stranger's");
}

async fn sign_ups_without_end_send_a_bounded_number_of_mails(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    for _ in 0..20 {
        sign_up(&app, ADA, EVES_PASSWORD).await;
        app.advance(Duration::from_mins(30));
    }
    assert_eq!(app.mailbox().await.to(ADA).len(), 6);
}

async fn another_link_kills_the_one_that_was_asked_for_before(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    for _ in 0..2 {
        app.advance(Duration::from_mins(1));
        assert_eq!(resend(&app, ADA).await.status, 200);
    }
    let mails = app.mailbox().await.to(ADA);
    assert_eq!(app.client().post(&mails[1].link(), &json!({})).await.text("code"), "link_not_valid");
    assert_eq!(app.client().post(&mails[2].link(), &json!({})).await.status, 200);
    assert_eq!(login_code(&app, PASSWORD).await, "signed in");
    assert_eq!(app.client().post(&mails[0].link(), &json!({})).await.text("code"), "link_not_valid");
}

async fn resending_is_the_same_for_every_address_and_bounded(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    ada(&app).await;
    sign_up(&app, "bob@example.com", PASSWORD).await;
    // Each of them has been sent one of four.
    resend(&app, "nobody@example.com").await;
    app.advance(Duration::from_mins(1));
    let mut answers = Vec::new();
    for email in [ADA, "bob@example.com", "nobody@example.com"] {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let reply = resend(&app, email).await;
            statuses.push((reply.status, reply.body.clone()));
            let reply = resend(&app, email).await;
            statuses.push((reply.status, reply.body.clone()));
            assert_eq!(reply.status, 429);
            statuses.push((0, reply.header("retry-after").into()));
            app.advance(Duration::from_mins(1));
        }
        answers.push(statuses);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let mailbox = app.mailbox().await;
    assert_eq!([ADA, "bob@example.com", "nobody@example.com"].map(|email| mailbox.to(email).len()), [1, 4, 0]);
    assert_eq!(resend(&app, "bob@example.com").await.status, 429);
    app.advance(app.auth.settings().codes.lockout);
    assert_eq!(resend(&app, "bob@example.com").await.status, 200);
}

async fn a_person_asks_for_another_link_with_a_form(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    app.advance(Duration::from_mins(1));
    let path = "/jwt-allauth/registration/verification/resend/";
    let post = |body: &'static str| {
        let request = axum::http::Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let (client, request) = (browser(&app), request.body(body.into()).unwrap());
        async move { client.send_raw(request).await }
    };
    let reply = post("email=ada%40example").await;
    assert_eq!(reply.status, 400);
    assert!(reply.body.as_str().unwrap().contains("Enter a valid email address."), "{reply:?}");
    assert!(reply.body.as_str().unwrap().contains("value=\"ada@example\""), "what was typed is still there: {reply:?}");
    assert_eq!(post("email=ada%40example.com").await.status, 200);
    assert_eq!(app.mailbox().await.to(ADA).len(), 2);
    let reply = post("email=ada%40example.com").await;
    assert_eq!((reply.status, reply.header("content-type")), (429, "text/html; charset=utf-8"));
}

async fn optional_verification_signs_in_and_the_claim_flips_at_the_next_refresh(engine: Engine) {
    let router = |auth: auth::Auth| {
        axum::Router::new().route("/letter/", get(|_: VerifiedUser| async {})).merge(auth.router()).with_state(auth)
    };
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Optional;
    })
    .await;
    let mut ada = app.signed_in(ADA).await;
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.body["email_verified"], false);
    let reply = ada.get("/letter/").await;
    assert_eq!((reply.status, reply.text("code")), (403, "email_not_verified"));
    assert_eq!(app.client().post(&link(&app).await, &json!({})).await.status, 200);
    assert_eq!(ada.get("/letter/").await.status, 403, "the old access token does not know");
    ada.refresh().await;
    assert_eq!(ada.get("/jwt-allauth/token/claims/").await.body["email_verified"], true);
    assert_eq!(ada.get("/letter/").await.status, 200);
    assert_eq!(app.client().get("/letter/").await.status, 401);
}

async fn without_verification_no_mail_is_sent(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    assert_eq!(app.deliver_mail().await, 0);
    assert_eq!(resend(&app, ADA).await.status, 404);
    assert_eq!(verify_code(&app, ADA, "123456").await.status, 404);
    let reply = browser(&app).get("/jwt-allauth/registration/verification/unknown/").await;
    assert_eq!((reply.status, reply.header("content-type")), (404, "text/html; charset=utf-8"));
    let resend = "/jwt-allauth/registration/verification/resend/";
    assert!(!posts_to(&reply, resend), "there is no other link to be had: {reply:?}");
    let reply = browser(&app).submit(resend, &[("email", ADA)]).await;
    assert_eq!((reply.status, reply.header("content-type")), (404, "text/html; charset=utf-8"));
}

async fn a_deactivated_account_is_not_confirmed(engine: Engine) {
    let app = strict(engine, Method::Both).await;
    sign_up(&app, ADA, PASSWORD).await;
    let mail = app.mailbox().await.latest(ADA);
    let user = auth::users::by_email(&app.auth, ADA).await.unwrap().unwrap();
    assert!(auth::account::set_active(&app.auth, user.id, false).await.unwrap());
    assert_eq!(browser(&app).get(&mail.link()).await.status, 404);
    assert_eq!(app.client().post(&mail.link(), &json!({})).await.text("code"), "link_not_valid");
    assert_eq!(verify_code(&app, ADA, &mail.code()).await.text("code"), "code_not_valid");
}

async fn fifty_confirmations_at_once_are_one(engine: Engine) {
    let app = strict(engine, Method::Link).await.at_two_instances(router).await;
    for round in 0..5 {
        let email = format!("ada{round}@example.com");
        sign_up(&app, &email, PASSWORD).await;
        let link = app.mailbox().await.latest(&email).link();
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (client, link) = (app.client(), link.clone());
                tokio::spawn(async move { client.post(&link, &json!({})).await.status })
            })
            .collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 404).count(), 49, "{statuses:?}");
    }
}
