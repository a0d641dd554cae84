//! What was counted for an address, when the address has another owner.

use auth::email_verification::Mode;
use auth::testing::{Client, Engine, PASSWORD, TestApp};
use serde_json::json;

use super::{ADA, ELSEWHERE, HOME, NOBODY, WRONG, ada, address, login, outcome, router, start, strangers_guess};

auth::on_both_engines!(
    who_takes_the_address_of_a_removed_account_is_not_kept_out_by_its_failures,
    where_the_former_owner_signed_in_is_not_known_to_the_next,
    who_moves_to_an_address_is_not_kept_out_by_failures_with_it,
    a_guesser_has_no_more_guesses_at_an_account_that_moved,
    a_stolen_session_has_no_more_guesses_at_an_account_that_moved,
    to_sign_up_with_the_address_of_an_account_brings_back_no_guess,
    a_sign_up_tells_nobody_by_its_counters_whether_there_is_an_account,
    a_confirmation_gives_a_new_account_all_its_guesses,
    a_code_that_makes_an_account_gives_it_all_its_guesses,
);

/// Where the next owner of Ada's address is.
const NEXT: &str = "192.0.2.44";
const ADAS_NEW: &str = "lovelace@example.com";

async fn with_mode(engine: Engine, mode: Mode) -> TestApp {
    TestApp::start_with(engine, router, |settings| settings.email_verification.mode = mode).await
}

/// Guesses until this client has no guess left for the address.
async fn spend(app: &TestApp, from: &str, email: &str) {
    for _ in 0..5 {
        assert_eq!(login(app, from, email, WRONG).await.status, 401);
    }
    assert_eq!(outcome(app, from, email, WRONG).await, (429, "30".into()));
}

async fn remove(client: &Client) {
    let reply = client.delete("/jwt-allauth/user/", Some(&json!({ "password": PASSWORD }))).await;
    assert_eq!(reply.status, 204, "{reply:?}");
}

async fn registered(app: &TestApp, from: &str, email: &str) -> Client {
    let mut client = app.client().from_address(from);
    let reply = client.register(email, PASSWORD).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    client
}

/// Asks for another address. The password counts as a sign-in: it takes back the failures of strangers.
async fn ask_to_move(client: &Client, email: &str) {
    let reply = client.post("/jwt-allauth/user/email/", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

async fn confirm_move(app: &TestApp, email: &str) {
    let link = app.mailbox().await.latest(email).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
}

async fn who_takes_the_address_of_a_removed_account_is_not_kept_out_by_its_failures(engine: Engine) {
    for gone_first in [true, false] {
        let app = start(engine).await;
        let ada = ada(&app).await;
        if gone_first {
            remove(&ada).await;
        }
        strangers_guess(&app, ADA, 0..20).await;
        assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "30".into()), "closed to strangers");
        if !gone_first {
            remove(&ada).await;
        }
        registered(&app, NEXT, ADA).await;
        assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200, "from wherever");
        assert_eq!(login(&app, &address(30), ADA, WRONG).await.status, 401, "and everybody's guesses are looked at");
    }
}

async fn where_the_former_owner_signed_in_is_not_known_to_the_next(engine: Engine) {
    let app = start(engine).await;
    remove(&ada(&app).await).await;
    registered(&app, NEXT, ADA).await;
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(outcome(&app, HOME, ADA, PASSWORD).await, (429, "30".into()), "a stranger like all");
    assert_eq!(login(&app, NEXT, ADA, PASSWORD).await.status, 200);
}

async fn who_moves_to_an_address_is_not_kept_out_by_failures_with_it(engine: Engine) {
    let app = start(engine).await;
    let ada = ada(&app).await;
    strangers_guess(&app, ADAS_NEW, 0..20).await;
    assert_eq!(outcome(&app, ELSEWHERE, ADAS_NEW, PASSWORD).await, (429, "30".into()));
    ask_to_move(&ada, ADAS_NEW).await;
    confirm_move(&app, ADAS_NEW).await;
    assert_eq!(login(&app, ELSEWHERE, ADAS_NEW, PASSWORD).await.status, 200);

    strangers_guess(&app, ADAS_NEW, 40..60).await;
    assert_eq!(outcome(&app, &address(70), ADAS_NEW, PASSWORD).await, (429, "30".into()));
    assert_eq!(login(&app, HOME, ADAS_NEW, PASSWORD).await.status, 200, "known there as at the old address");

    registered(&app, NEXT, ADA).await;
    strangers_guess(&app, ADA, 0..20).await;
    assert_eq!(outcome(&app, HOME, ADA, PASSWORD).await, (429, "30".into()), "and no more at that one");
}

async fn a_guesser_has_no_more_guesses_at_an_account_that_moved(engine: Engine) {
    let app = start(engine).await;
    let ada = ada(&app).await;
    ask_to_move(&ada, ADAS_NEW).await;
    spend(&app, ELSEWHERE, ADA).await;
    strangers_guess(&app, ADA, 0..15).await;
    confirm_move(&app, ADAS_NEW).await;
    assert_eq!(outcome(&app, ELSEWHERE, ADAS_NEW, PASSWORD).await, (429, "30".into()));
    assert_eq!(outcome(&app, &address(40), ADAS_NEW, PASSWORD).await, (429, "30".into()), "nor has anybody else");
}

async fn a_stolen_session_has_no_more_guesses_at_an_account_that_moved(engine: Engine) {
    let app = start(engine).await;
    let ada = ada(&app).await;
    ask_to_move(&ada, ADAS_NEW).await;
    let guess = async |from: usize| {
        let change = json!({ "old_password": WRONG, "new_password1": "a new one 1", "new_password2": "a new one 1" });
        ada.clone().from_address(&address(from)).post("/jwt-allauth/password/change/", &change).await.status
    };
    for number in 0..20 {
        assert_eq!(guess(number).await, 400, "guess {number}");
    }
    assert_eq!(guess(20).await, 429);
    confirm_move(&app, ADAS_NEW).await;
    assert_eq!(guess(21).await, 429, "the budget went along");
}

async fn to_sign_up_with_the_address_of_an_account_brings_back_no_guess(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    spend(&app, ELSEWHERE, ADA).await;
    assert_eq!(app.client().from_address(ELSEWHERE).register(ADA, PASSWORD).await.status, 400);
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "30".into()));

    let app = with_mode(engine, Mode::Mandatory).await;
    ada(&app).await;
    for (confirmed, guesser) in [(false, ELSEWHERE), (true, "203.0.113.8")] {
        if confirmed {
            let link = app.mailbox().await.latest(ADA).link();
            assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
        }
        spend(&app, guesser, ADA).await;
        registered(&app, guesser, ADA).await;
        assert_eq!(outcome(&app, guesser, ADA, PASSWORD).await, (429, "30".into()), "confirmed: {confirmed}");
    }
}

async fn a_sign_up_tells_nobody_by_its_counters_whether_there_is_an_account(engine: Engine) {
    let app = with_mode(engine, Mode::Mandatory).await;
    ada(&app).await;
    for (email, guesser) in [(ADA, ELSEWHERE), (NOBODY, "203.0.113.8")] {
        spend(&app, guesser, email).await;
        registered(&app, guesser, email).await;
        assert_eq!(outcome(&app, guesser, email, PASSWORD).await, (429, "30".into()), "{email}");
    }
}

async fn a_confirmation_gives_a_new_account_all_its_guesses(engine: Engine) {
    let app = with_mode(engine, Mode::Mandatory).await;
    strangers_guess(&app, ADA, 0..20).await;
    ada(&app).await;
    assert_eq!(outcome(&app, &address(30), ADA, PASSWORD).await, (429, "30".into()));
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    assert_eq!(login(&app, &address(30), ADA, PASSWORD).await.status, 200);
}

async fn a_code_that_makes_an_account_gives_it_all_its_guesses(engine: Engine) {
    let app = TestApp::configured(engine, router, "[login_codes]\ncreate_accounts = true").await;
    strangers_guess(&app, ADA, 0..20).await;
    let client = app.client().from_address(NEXT);
    assert_eq!(client.post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await.status, 204);
    let code = app.mailbox().await.latest(ADA).code();
    let reply = client.post("/jwt-allauth/login/code/verify/", &json!({ "email": ADA, "code": code })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(login(&app, &address(30), ADA, WRONG).await.status, 401, "looked at, though there is no password yet");
}
