//! The server's own redirects: `social/PROVIDER/login/` and `…/callback/`.

use std::collections::HashMap;

use super::*;

auth::on_both_engines!(
    a_browser_goes_to_the_provider_and_comes_back_signed_in,
    a_person_who_cancels_and_a_failure_come_back_as_a_code_or_a_page,
    a_sign_in_comes_back_to_its_own_browser_and_once,
    an_answer_of_another_provider_is_refused,
    a_second_factor_is_asked_for_in_the_address,
    an_address_that_is_not_allowed_is_refused_before_anything_is_sent,
    a_form_of_another_site_is_led_to_the_same_path,
    of_ten_answers_to_a_sign_in_one_begins_a_session,
    a_browser_at_an_address_goes_to_the_name_that_providers_know,
);

const LOGIN: &str = "/jwt-allauth/social/example/login/";
const NEXT: &str = "https://app.example.com/welcome";
const TOML: &str =
    "[http]\nreturn_urls = [\"https://app.example.com/welcome\"]\n[database]\nacquire_timeout = \"30s\"\n";

/// Follows the redirect to the provider, as a browser does, and returns the path that it sends the browser back to.
pub(super) async fn at_provider(location: &str) -> String {
    let (authority, path) = location.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = tokio::net::TcpStream::connect(authority).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await.unwrap();
    let back = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    back[back.find("/jwt-allauth/").unwrap()..].to_owned()
}

fn query(location: &str) -> HashMap<String, String> {
    let (_, query) = location.split_once('?').unwrap();
    form_urlencoded(query)
}

fn form_urlencoded(query: &str) -> HashMap<String, String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").replace("%2F", "/").replace('+', " ")))
        .collect()
}

async fn a_browser_goes_to_the_provider_and_comes_back_signed_in(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let sent = browser.visit(&format!("{LOGIN}?next={NEXT}")).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let asked = query(sent.header("location"));
    assert_eq!(asked["redirect_uri"], "http://localhost:8000/jwt-allauth/social/example/callback/");
    assert_eq!((asked["code_challenge_method"].as_str(), asked["scope"].as_str()), ("S256", "openid email profile"));
    assert!(asked["state"].len() == 43 && asked["nonce"].len() == 43 && asked["code_challenge"].len() == 43);
    let cookie = sent.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/;"), "{cookie}");
    let back = at_provider(sent.header("location")).await;
    let reply = browser.visit(&back).await;
    assert_eq!((reply.status, reply.header("location")), (303, NEXT), "{reply:?}");
    assert!(!browser.refresh.is_empty() && !browser.cookies.contains_key("social_login"));
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(app.user(ADA).await.first_name, "Ada");

    let mut browser = app.client();
    let sent = browser.visit(LOGIN).await;
    let reply = browser.visit(&at_provider(sent.header("location")).await).await;
    assert_eq!(reply.header("location"), "/jwt-allauth/social/signed-in/");
    let page = browser.visit(reply.header("location")).await;
    assert!(page.status == 200 && page.body.as_str().unwrap().contains("You are signed in"), "{page:?}");
}

async fn a_person_who_cancels_and_a_failure_come_back_as_a_code_or_a_page(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    let mut browser = app.client();
    for (next, expected) in [(format!("?next={NEXT}"), Some("access_denied")), (String::new(), None)] {
        let sent = browser.visit(&format!("{LOGIN}{next}")).await;
        let reply = browser.visit(&at_provider(sent.header("location")).await).await;
        match expected {
            Some(code) => assert_eq!(reply.header("location"), format!("{NEXT}?error={code}")),
            None => assert!(reply.status == 403 && reply.body.as_str().unwrap().contains("was cancelled"), "{reply:?}"),
        }
    }
    app.signed_in(ADA).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let sent = browser.visit(&format!("{LOGIN}?next={NEXT}%3Fa=b")).await;
    let reply = browser.visit(&at_provider(sent.header("location")).await).await;
    assert_eq!(reply.header("location"), format!("{NEXT}?a=b&error=local_account_unverified"));
    let sent = browser.visit(&format!("{LOGIN}?next={NEXT}")).await;
    let back = at_provider(sent.header("location")).await;
    provider.fail(Some(("/token", Trouble::Fault)));
    assert_eq!(browser.visit(&back).await.header("location"), format!("{NEXT}?error=provider_unavailable"));
    provider.fail(Some(("", Trouble::Fault)));
    app.advance(std::time::Duration::from_hours(25));
    let reply = browser.visit(LOGIN).await;
    assert!(reply.status == 503 && !reply.header("retry-after").is_empty(), "{reply:?}");
    assert!(browser.refresh.is_empty());
}

async fn a_sign_in_comes_back_to_its_own_browser_and_once(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    provider.welcome(Some(provider.claims(&app, "eve-1", "eve@example.com")));
    let mut attacker = app.client();
    let sent = attacker.visit(LOGIN).await;
    let back = at_provider(sent.header("location")).await;
    // The attacker has the victim's browser open their answer: it would be signed in as the attacker.
    let mut victim = app.client();
    let refused = victim.visit(&back).await;
    assert!(refused.status == 400 && refused.body.as_str().unwrap().contains("another browser"), "{refused:?}");
    victim.visit(LOGIN).await;
    assert_eq!(victim.visit(&back).await.status, 400);
    assert!(victim.refresh.is_empty());
    let changed = back.replace("code=", "code=x");
    assert_eq!(attacker.visit(&changed).await.status, 401, "the answer was used up by a wrong code");
    assert_eq!(attacker.visit(&back).await.status, 400);

    let sent = attacker.visit(LOGIN).await;
    let back = at_provider(sent.header("location")).await;
    app.advance(std::time::Duration::from_mins(10));
    assert_eq!(attacker.visit(&back).await.status, 400, "it has expired");
    assert_eq!((live(&app).await, count(&app, "users").await), (0, 0));
}

/// RFC 9207.
async fn an_answer_of_another_provider_is_refused(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    for (issuer, status) in [("https://evil.example".to_owned(), 401), (provider.issuer(), 303)] {
        let sent = browser.visit(LOGIN).await;
        let back = at_provider(sent.header("location")).await;
        let reply = browser.visit(&format!("{back}&iss={issuer}")).await;
        assert_eq!(reply.status, status, "{issuer}: {reply:?}");
    }
    assert_eq!((provider.asked("/token"), live(&app).await), (1, 1), "the code was not passed on");
}

async fn a_second_factor_is_asked_for_in_the_address(engine: Engine) {
    let (provider, app) = with_provider(engine, &format!("{TOML}{MANDATORY}")).await;
    let ada = app.signed_in(ADA).await;
    ada.enrol(&app).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let sent = browser.visit(&format!("{LOGIN}?next={NEXT}")).await;
    let reply = browser.visit(&at_provider(sent.header("location")).await).await;
    let location = reply.header("location");
    assert!(location.starts_with(&format!("{NEXT}#")) && location.contains("mfa_required=true"), "{reply:?}");
    assert!(browser.refresh.is_empty());
    let sent = browser.visit(LOGIN).await;
    let reply = browser.visit(&at_provider(sent.header("location")).await).await;
    assert_eq!((reply.status, reply.header("location")), (403, ""), "no built-in page asks for it: {reply:?}");
    assert!(browser.refresh.is_empty());
}

async fn an_address_that_is_not_allowed_is_refused_before_anything_is_sent(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    for next in ["https://evil.example/", "//evil.example", "/jwt-allauth/", "https://app.example.com/welcome/../x"] {
        let reply = app.client().visit(&format!("{LOGIN}?next={next}")).await;
        assert_eq!(reply.status, 400, "{next}: {reply:?}");
    }
    assert_eq!((provider.asked("/.well-known/openid-configuration"), count(&app, "social_logins").await), (0, 0));
}

/// As Apple answers: by a form on a page of its own, which the browser sends no cookie with.
async fn a_form_of_another_site_is_led_to_the_same_path(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let sent = browser.visit(LOGIN).await;
    let back = at_provider(sent.header("location")).await;
    let answer = query(&back);
    let foreign =
        app.client().with_header("origin", "https://appleid.apple.com").with_header("sec-fetch-site", "cross-site");
    let fields = [("state", answer["state"].as_str()), ("code", &answer["code"]), ("evil", "1")];
    let led = foreign.clone().submit("/jwt-allauth/social/example/callback/", &fields).await;
    assert_eq!(led.status, 303, "{led:?}");
    assert!(
        led.header("location").starts_with("/jwt-allauth/social/example/callback/?")
            && !led.header("location").contains("evil")
    );
    assert_eq!(browser.visit(led.header("location")).await.status, 303);
    assert!(!browser.refresh.is_empty());
    assert_eq!(foreign.post(TOKEN, &json!({})).await.status, 403, "nothing else takes a form of another site");
}

async fn of_ten_answers_to_a_sign_in_one_begins_a_session(engine: Engine) {
    let (provider, app) = with_provider(engine, TOML).await;
    let app = app.at_two_instances(router).await;
    provider.grow_sloppy();
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let sent = browser.visit(LOGIN).await;
    let back = at_provider(sent.header("location")).await;
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let (mut browser, back) = (browser.clone(), back.clone());
        tasks.spawn(async move { browser.visit(&back).await });
    }
    let replies = tasks.join_all().await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 1, "{replies:?}");
    assert_eq!(live(&app).await, 1);
}

async fn a_browser_at_an_address_goes_to_the_name_that_providers_know(engine: Engine) {
    let (provider, app) = with_provider(engine, "[portal]\nenabled = true\n").await;
    let pages = ["/jwt-allauth/social/example/login/?next=", "/jwt-allauth/account/sign-in/with/example/"];
    for host in ["127.0.0.1:8001", "[::1]:8001"] {
        for page in pages {
            let led = app.client().with_header("host", host).visit(page).await;
            assert_eq!((led.status, led.header("location")), (303, format!("http://localhost:8001{page}").as_str()));
        }
    }
    for host in ["localhost:8001", "203.0.113.7:8001", "127.0.0.1.example.com", "auth.example.com"] {
        let sent = app.client().with_header("host", host).visit(pages[0]).await;
        assert!(sent.header("location").starts_with(&provider.issuer()), "{host}: {sent:?}");
    }
    let public = "[http]\npublic_url = \"http://127.0.0.1:8001\"";
    let (provider, app) = with_provider(engine, public).await;
    let sent = app.client().with_header("host", "127.0.0.1:8001").visit(pages[0]).await;
    assert!(sent.header("location").starts_with(&provider.issuer()), "the settings name another address");
}
