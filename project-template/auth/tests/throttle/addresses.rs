//! One client and many accounts.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, ELSEWHERE, HOME, WRONG, ada, address, login, outcome, router, start};

auth::on_both_engines!(
    an_address_is_blocked_after_ten_failures_whatever_the_accounts,
    a_success_does_not_clear_the_address,
    whoever_signed_in_from_an_address_lately_does_not_pay_for_its_other_users,
    a_known_persons_mistakes_do_not_keep_their_neighbours_out,
    a_shift_of_sixty_signs_in_at_once_from_one_address,
    a_class_of_forty_signs_up_at_once_from_one_address,
    failures_of_more_than_a_quarter_of_an_hour_do_not_add_up,
    ipv6_is_counted_by_its_network,
    what_a_client_says_of_its_address_is_not_believed_unless_its_peer_is_a_proxy,
    wrong_codes_count_for_the_address,
    a_site_that_changes_between_its_networks_has_a_wider_budget_of_its_own,
);

async fn an_address_is_blocked_after_ten_failures_whatever_the_accounts(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for number in 0..10 {
        let email = if number % 2 == 0 { format!("{number}@example.com") } else { format!("ada{number}@example.com") };
        assert_eq!(login(&app, ELSEWHERE, &email, WRONG).await.status, 401);
    }
    assert_eq!(outcome(&app, ELSEWHERE, ADA, PASSWORD).await, (429, "900".into()));
    assert_eq!(outcome(&app, ELSEWHERE, "else@example.com", WRONG).await, (429, "900".into()));
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 200, "nobody else is concerned");
    app.advance(Duration::from_secs(899));
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 429, "a refusal moves nothing");
    app.advance(Duration::from_secs(1));
    assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200);
}

async fn a_success_does_not_clear_the_address(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for number in 0..10 {
        assert_eq!(login(&app, ELSEWHERE, ADA, PASSWORD).await.status, 200, "a success costs nothing either");
        assert_eq!(login(&app, ELSEWHERE, &format!("{number}@example.com"), WRONG).await.status, 401);
    }
    assert_eq!(login(&app, ELSEWHERE, "else@example.com", WRONG).await.status, 429);
}

async fn whoever_signed_in_from_an_address_lately_does_not_pay_for_its_other_users(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for number in 0..10 {
        assert_eq!(login(&app, HOME, &format!("{number}@example.com"), WRONG).await.status, 401);
    }
    assert_eq!(login(&app, HOME, "else@example.com", WRONG).await.status, 429);
    assert_eq!(login(&app, HOME, ADA, PASSWORD).await.status, 200);
    for _ in 0..5 {
        assert_eq!(login(&app, HOME, ADA, WRONG).await.status, 401);
    }
    assert_eq!(outcome(&app, HOME, ADA, PASSWORD).await, (429, "30".into()), "their own guesses are limited");
    app.advance(Duration::from_hours(24 * 31));
    for number in 0..10 {
        login(&app, HOME, &format!("{number}@example.com"), WRONG).await;
    }
    assert_eq!(outcome(&app, HOME, ADA, PASSWORD).await, (429, "900".into()), "lately is thirty days");
}

async fn a_known_persons_mistakes_do_not_keep_their_neighbours_out(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for _ in 0..20 {
        login(&app, HOME, ADA, WRONG).await;
        app.advance(Duration::from_secs(30));
    }
    assert_eq!(login(&app, HOME, "else@example.com", WRONG).await.status, 401);
}

async fn a_shift_of_sixty_signs_in_at_once_from_one_address(engine: Engine) {
    let app = TestApp::configured(engine, router, "[database]\nacquire_timeout = \"30s\"").await;
    for number in 0..60 {
        let mut client = app.client().from_address(&address(number));
        assert_eq!(client.register(&format!("{number}@example.com"), PASSWORD).await.status, 201);
    }
    let mut shift = JoinSet::new();
    for number in 0..60 {
        let app = app.clone();
        shift.spawn(async move { login(&app, ELSEWHERE, &format!("{number}@example.com"), PASSWORD).await.status });
    }
    let statuses = shift.join_all().await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

async fn a_class_of_forty_signs_up_at_once_from_one_address(engine: Engine) {
    let app = TestApp::configured(engine, router, "[database]\nacquire_timeout = \"30s\"").await;
    let mut class = JoinSet::new();
    for number in 0..40 {
        let mut client = app.client().from_address(ELSEWHERE);
        class.spawn(async move { client.register(&format!("{number}@example.com"), PASSWORD).await.status });
    }
    let statuses = class.join_all().await;
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
}

async fn failures_of_more_than_a_quarter_of_an_hour_do_not_add_up(engine: Engine) {
    let app = start(engine).await;
    for number in 0..40 {
        assert_eq!(login(&app, ELSEWHERE, &format!("{number}@example.com"), WRONG).await.status, 401);
        app.advance(Duration::from_secs(100));
    }
}

async fn ipv6_is_counted_by_its_network(engine: Engine) {
    let app = start(engine).await;
    for number in 0..10 {
        let reply = login(&app, &format!("2001:db8::{number}:1"), &format!("{number}@example.com"), WRONG).await;
        assert_eq!(reply.status, 401);
    }
    assert_eq!(login(&app, "2001:db8::ffff:ffff", ADA, WRONG).await.status, 429);
    assert_eq!(login(&app, "2001:db8:0:1::1", ADA, WRONG).await.status, 401);
}

async fn what_a_client_says_of_its_address_is_not_believed_unless_its_peer_is_a_proxy(engine: Engine) {
    let app = TestApp::configured(engine, router, "[http]\ntrusted_proxies = [\"10.0.0.1\"]").await;
    let guess = async |peer: &str, forwarded: String, email: String| {
        let mut client = app.client().from_address(peer).with_header("x-forwarded-for", &forwarded);
        client.login(&email, WRONG).await.status
    };
    for number in 0..10 {
        let made_up = format!("192.0.2.{number}");
        assert_eq!(guess(ELSEWHERE, made_up, format!("{number}@example.com")).await, 401);
        let made_up = format!("192.0.2.{number}, 198.51.100.99");
        assert_eq!(guess("10.0.0.1", made_up, format!("x{number}@example.com")).await, 401);
    }
    assert_eq!(guess(ELSEWHERE, "192.0.2.99".into(), ADA.into()).await, 429);
    assert_eq!(guess("10.0.0.1", "192.0.2.99, 198.51.100.99".into(), ADA.into()).await, 429);
    assert_eq!(guess("10.0.0.1", "198.51.100.98".into(), ADA.into()).await, 401, "another client of the proxy");
}

async fn wrong_codes_count_for_the_address(engine: Engine) {
    let toml = "[email_verification]\nmode = \"mandatory\"\nmethod = \"code\"";
    let app = TestApp::configured(engine, router, toml).await;
    let guess = async |from: &str, number: usize| {
        let body = json!({ "email": format!("{number}@example.com"), "otp": "000000" });
        app.client().from_address(from).post("/jwt-allauth/registration/verify-otp/", &body).await
    };
    for number in 0..10 {
        assert_eq!(guess(ELSEWHERE, number).await.text("code"), "code_not_valid");
    }
    let reply = guess(ELSEWHERE, 11).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "900"));
    assert_eq!(login(&app, ELSEWHERE, ADA, WRONG).await.status, 429, "one budget for all that is guessed");
    assert_eq!(guess(HOME, 11).await.text("code"), "code_not_valid");
}

/// One wrong password from each of so many networks of a site, and then the right one from another.
async fn a_site_that_changes_between_its_networks_has_a_wider_budget_of_its_own(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    for network in 0..160 {
        let address = format!("2001:db8:1:{network:x}::7");
        assert_eq!(login(&app, &address, &format!("{network}@example.com"), WRONG).await.status, 401, "{address}");
    }
    let other = "2001:db8:1:ffff::7";
    assert_eq!(outcome(&app, other, ADA, PASSWORD).await, (429, "900".into()), "its site has guessed enough");
    assert_eq!(login(&app, "2001:db8:2:1::7", ADA, PASSWORD).await.status, 200, "another site has not");
}
