//! How often requests may come.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use serde_json::json;
use tokio::task::JoinSet;

use super::{ADA, ELSEWHERE, HOME, ada, router, start, throttled};

auth::on_both_engines!(
    each_limit_lets_as_many_through_as_it_says,
    after_a_burst_requests_come_evenly,
    parallel_requests_do_not_pass_a_limit,
    a_limit_of_one_client_is_none_of_another,
    a_client_that_changes_the_addresses_of_many_accounts_is_put_off,
    a_session_that_refreshes_without_an_end_is_put_off_and_lives,
    parallel_refreshes_do_not_pass_the_limit_of_their_session,
    an_empty_limit_is_none,
    a_page_says_it_in_words,
);

/// An action and how often it is possible by default.
#[derive(Clone, Copy, Debug)]
enum Action {
    Login,
    Registration,
    Resend,
    Code,
    Reset,
    Verify,
}

const LIMITS: [(Action, usize); 6] = [
    (Action::Login, 90),
    (Action::Registration, 100),
    (Action::Resend, 20),
    (Action::Code, 90),
    (Action::Reset, 20),
    (Action::Verify, 1_200),
];

impl Action {
    async fn request(self, client: &Client, number: usize) -> Reply {
        let email = format!("{number}-{}@example.com", uuid::Uuid::now_v7().simple());
        match self {
            Self::Login => client.clone().login(ADA, PASSWORD).await,
            Self::Registration => client.clone().register(&email, "short").await,
            Self::Resend => {
                client.post("/jwt-allauth/registration/verification/resend/", &json!({ "email": email })).await
            }
            Self::Code => client.post("/jwt-allauth/registration/verify-otp/", &json!({ "email": email })).await,
            Self::Reset => client.post("/jwt-allauth/password/reset/", &json!({ "email": email })).await,
            Self::Verify => client.post("/jwt-allauth/token/verify/", &json!({ "token": "x" })).await,
        }
    }
}

async fn with_codes(engine: Engine) -> TestApp {
    let toml = "[database]\nacquire_timeout = \"30s\"\n[email_verification]\nmode = \"optional\"\nmethod = \"code\"";
    TestApp::configured(engine, router, toml).await
}

async fn each_limit_lets_as_many_through_as_it_says(engine: Engine) {
    let app = with_codes(engine).await;
    ada(&app).await;
    for (action, limit) in LIMITS {
        let client = app.client().from_address(ELSEWHERE);
        for number in 0..limit {
            let reply = action.request(&client, number).await;
            assert_ne!(reply.status, 429, "{action:?} {number}: {reply:?}");
        }
        let reply = action.request(&client, limit).await;
        assert_eq!((reply.status, reply.text("code")), (429, "throttled"), "{action:?}: {reply:?}");
        assert_ne!(reply.header("retry-after"), "");
    }
}

async fn after_a_burst_requests_come_evenly(engine: Engine) {
    let app = start(engine).await;
    ada(&app).await;
    let client = app.client().from_address(ELSEWHERE);
    for _ in 0..90 {
        assert_eq!(client.clone().login(ADA, PASSWORD).await.status, 200);
    }
    for _ in 0..5 {
        let reply = client.clone().login(ADA, PASSWORD).await;
        assert_eq!((reply.status, reply.header("retry-after")), (429, "2"));
        assert_eq!(reply.body, throttled(2));
        app.advance(Duration::from_secs(1));
        assert_eq!(client.clone().login(ADA, PASSWORD).await.header("retry-after"), "1");
        app.advance(Duration::from_secs(1));
        assert_eq!(client.clone().login(ADA, PASSWORD).await.status, 200);
    }
    app.advance(Duration::from_mins(1));
    for _ in 0..30 {
        assert_eq!(client.clone().login(ADA, PASSWORD).await.status, 200);
    }
    assert_eq!(client.clone().login(ADA, PASSWORD).await.status, 429);
}

async fn parallel_requests_do_not_pass_a_limit(engine: Engine) {
    let app = with_codes(engine).await.at_two_instances(router).await;
    ada(&app).await;
    for (action, limit) in LIMITS.into_iter().filter(|(action, _)| !matches!(action, Action::Verify)) {
        let mut tasks = JoinSet::new();
        for number in 0..limit + 20 {
            let client = app.client().from_address(ELSEWHERE);
            tasks.spawn(async move { action.request(&client, number).await.status });
        }
        let put_off = tasks.join_all().await.into_iter().filter(|status| *status == 429).count();
        assert_eq!(put_off, 20, "{action:?}");
    }
}

async fn a_limit_of_one_client_is_none_of_another(engine: Engine) {
    let app = start(engine).await;
    for (from, expected) in [("2001:db8::1", 200), ("2001:db8::2", 429), ("2001:db8:0:1::1", 200), (HOME, 200)] {
        let client = app.client().from_address(from);
        let mut last = 0;
        for number in 0..20 {
            last = Action::Reset.request(&client, number).await.status;
        }
        assert_eq!(last, expected, "{from}");
    }
    for number in 0..50 {
        assert_eq!(
            Action::Reset.request(&app.client(), number).await.status,
            200,
            "without an address, nobody's limit"
        );
    }
}

async fn a_client_that_changes_the_addresses_of_many_accounts_is_put_off(engine: Engine) {
    let app = start(engine).await;
    for number in 0..11 {
        let mut client = app.signed_in(&format!("eve{number}@example.com")).await;
        client.address = Some(ELSEWHERE.parse().unwrap());
        let body = json!({ "email": format!("new{number}@example.com"), "password": PASSWORD });
        let reply = client.post("/jwt-allauth/user/email/", &body).await;
        assert_eq!(reply.status, if number < 10 { 200 } else { 429 }, "{number}: {reply:?}");
    }
}

async fn a_session_that_refreshes_without_an_end_is_put_off_and_lives(engine: Engine) {
    let app = start(engine).await;
    let mut ada = ada(&app).await;
    for _ in 0..60 {
        assert_eq!(ada.refresh().await.status, 200);
    }
    let reply = ada.refresh().await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "1"), "{reply:?}");
    let mut other = app.client().from_address(HOME);
    assert_eq!(other.login(ADA, PASSWORD).await.status, 200);
    assert_eq!(other.refresh().await.status, 200, "of each session");
    app.advance(Duration::from_secs(1));
    assert_eq!(ada.refresh().await.status, 200, "the token was not used up");
}

async fn parallel_refreshes_do_not_pass_the_limit_of_their_session(engine: Engine) {
    let toml = "sessions.retry_window = \"10s\"\nthrottle.refresh = \"5/h\"";
    let app = TestApp::configured(engine, router, toml).await;
    let ada = ada(&app).await;
    let refreshing = (0..20).map(|_| {
        let mut ada = ada.clone();
        async move { ada.refresh().await.status }
    });
    let mut statuses = refreshing.collect::<JoinSet<_>>().join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[200; 5].as_slice(), &[429; 15]].concat());
}

async fn an_empty_limit_is_none(engine: Engine) {
    let app = TestApp::configured(engine, router, "[throttle]\npassword_reset = \"\"\nlogin = \"1/d\"").await;
    let client = app.client().from_address(HOME);
    for number in 0..50 {
        assert_eq!(Action::Reset.request(&client, number).await.status, 200);
    }
    assert_eq!(Action::Login.request(&client, 0).await.status, 401);
    let reply = Action::Login.request(&client, 1).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "86400"));
}

async fn a_page_says_it_in_words(engine: Engine) {
    let app = TestApp::configured(engine, router, "[throttle]\npassword_reset = \"1/h\"").await;
    let mut browser = app.client().from_address(HOME);
    assert_eq!(browser.submit("/jwt-allauth/password/reset/", &[("email", ADA)]).await.status, 200);
    let page = browser.submit("/jwt-allauth/password/reset/", &[("email", "bob@example.com")]).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "3600"));
    assert!(page.body.as_str().is_some_and(|html| html.contains("Try again in 1 hour.")), "{page:?}");
}
