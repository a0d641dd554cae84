//! The pages on which people sign in: with a provider, and what of theirs is connected.

use auth::testing::AuthenticatorApp;
use auth::users::role::{STAFF, SUPERUSER};

use super::redirect::at_provider;
use super::*;

auth::on_both_engines!(
    a_person_signs_in_on_the_pages_with_a_provider,
    a_second_factor_is_asked_for_on_the_pages,
    who_must_have_a_second_factor_sets_it_up_on_the_pages,
    staff_enter_the_admin_pages_by_a_connection_only_and_if_the_settings_say_so,
    what_the_api_let_in_half_way_does_not_enter_the_admin_pages,
    an_account_is_connected_and_disconnected_on_the_pages,
    what_another_session_began_connects_nothing_after_its_end,
    a_journey_to_the_pages_begins_no_session_of_the_api,
    a_superuser_sees_and_removes_the_connections_of_others,
);

const ON: &str = "[portal]\nenabled = true\n[database]\nacquire_timeout = \"30s\"\n";
const BASE: &str = "/jwt-allauth/account/";

fn html(page: &Reply) -> &str {
    page.body.as_str().unwrap_or_default()
}

fn field(page: &Reply, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = html(page).split_once(&start).unwrap_or_else(|| panic!("no field {name} in {page:?}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Takes the button of the provider on a sign-in page, and returns what is shown after the provider.
async fn with_button(browser: &mut Client, base: &str) -> Reply {
    let page = browser.visit(&format!("{base}sign-in/")).await;
    let button = format!("{base}sign-in/with/example/");
    assert!(html(&page).contains(&format!("href=\"{button}\">Sign in with OpenID Connect</a>")), "{page:?}");
    let sent = browser.visit(&button).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    let back = at_provider(sent.header("location")).await;
    let led = browser.visit(&back).await;
    assert_eq!(led.status, 303, "{led:?}");
    assert!(led.header("location").starts_with(&format!("{button}back/?")), "{led:?}");
    browser.visit(led.header("location")).await
}

#[track_caller]
fn assert_led_on(page: &Reply, path: &str) {
    assert_eq!(page.status, 200, "{page:?}");
    assert!(html(page).contains(&format!("content=\"0;url={path}\"")), "{page:?}");
}

async fn a_person_signs_in_on_the_pages_with_a_provider(engine: Engine) {
    let (provider, app) = with_provider(engine, ON).await;
    let mut browser = app.client();
    let refused = with_button(&mut browser, BASE).await;
    assert!(refused.status == 403 && html(&refused).contains("was cancelled"), "{refused:?}");
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    for _ in 0..2 {
        let mut browser = app.client();
        let page = with_button(&mut browser, BASE).await;
        assert_led_on(&page, BASE);
        let own = browser.visit(BASE).await;
        assert!(own.status == 200 && html(&own).contains(ADA) && html(&own).contains("ada-1"), "{own:?}");
        assert!(browser.refresh.is_empty() && browser.access.is_empty());
    }
    assert_eq!((count(&app, "users").await, count(&app, "social_accounts").await), (1, 1));
}

async fn a_second_factor_is_asked_for_on_the_pages(engine: Engine) {
    let (provider, app) = with_provider(engine, &format!("{ON}{MANDATORY}")).await;
    let authenticator = app.signed_in(ADA).await.enrol(&app).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let page = with_button(&mut browser, BASE).await;
    assert_eq!(browser.visit(BASE).await.status, 303, "the provider alone opens nothing");
    let form = |code: String| {
        [("csrf_token", field(&page, "csrf_token")), ("challenge", field(&page, "challenge")), ("code", code)]
    };
    let answer = form(authenticator.next_code(&app));
    let answer = answer.each_ref().map(|(name, value)| (*name, value.as_str()));
    let reply = browser.submit(&format!("{BASE}sign-in/code/"), &answer).await;
    assert_eq!((reply.status, reply.header("location")), (303, BASE), "{reply:?}");
    assert_eq!(browser.visit(BASE).await.status, 200);
    assert_eq!(count(&app, "social_accounts").await, 0);
}

async fn who_must_have_a_second_factor_sets_it_up_on_the_pages(engine: Engine) {
    let (provider, app) = with_provider(engine, &format!("{ON}[mfa]\ntotp = \"required\"\n")).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let page = with_button(&mut browser, BASE).await;
    let secret = html(&page).split_once("id=\"secret\">").unwrap().1.split('<').next().unwrap().replace(' ', "");
    let code = AuthenticatorApp::of(&secret).code(&app);
    let (token, challenge) = (field(&page, "csrf_token"), field(&page, "challenge"));
    let form = [("csrf_token", token.as_str()), ("challenge", challenge.as_str()), ("code", code.as_str())];
    let reply = browser.submit(&format!("{BASE}sign-in/set-up/"), &form).await;
    assert!(reply.status == 200 && html(&reply).contains("ecovery codes"), "{reply:?}");
    assert_eq!(browser.visit(BASE).await.status, 200);
}

async fn staff_enter_the_admin_pages_by_a_connection_only_and_if_the_settings_say_so(engine: Engine) {
    let (_, app) = with_provider(engine, ON).await;
    let mut browser = app.client();
    assert!(!html(&browser.visit("/admin/sign-in/").await).contains("OpenID Connect"));
    for path in ["/admin/sign-in/with/example/", "/admin/sign-in/with/example/back/?state=1&code=2"] {
        assert_eq!(browser.visit(path).await.status, 404, "{path}");
    }

    let (provider, app) = with_provider(engine, &format!("{ON}{MANDATORY}[admin]\nsocial = true\n")).await;
    let ada = app.signed_in_as(ADA, STAFF).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    provider.welcome(Some(claims.clone()));
    let refused = with_button(&mut app.client(), "/admin/").await;
    assert!(refused.status == 403 && html(&refused).contains("is connected"), "an address leads nowhere: {refused:?}");
    assert_eq!(count(&app, "social_accounts").await, 0);
    assert_eq!(ada.post(CONNECT_TOKEN, &body_of_token(&provider, &claims)).await.status, 201);
    let mut browser = app.client();
    assert_led_on(&with_button(&mut browser, "/admin/").await, "/admin/");
    assert_eq!(browser.visit("/admin/").await.status, 200);

    let bob = app.signed_in("bob@example.com").await;
    let theirs = provider.claims(&app, "bob-1", "bob@example.com");
    assert_eq!(bob.post(CONNECT_TOKEN, &body_of_token(&provider, &theirs)).await.status, 201);
    provider.welcome(Some(theirs));
    let before = live(&app).await;
    let refused = with_button(&mut app.client(), "/admin/").await;
    assert_eq!((refused.status, live(&app).await), (403, before), "no staff: {refused:?}");
}

async fn what_the_api_let_in_half_way_does_not_enter_the_admin_pages(engine: Engine) {
    let (provider, app) = with_provider(engine, &format!("{ON}{MANDATORY}[mfa]\nrequired_roles = [{STAFF}]\n")).await;
    app.signed_in(ADA).await;
    app.set_role(ADA, STAFF).await;
    let claims = provider.claims(&app, "ada-1", ADA);
    let due = by_token(&app, &provider, &claims).await;
    let challenge = json!({ "setup_challenge_id": due.text("setup_challenge_id") });
    let setup = app.client().post("/jwt-allauth/mfa/setup/", &challenge).await;
    let authenticator = AuthenticatorApp::of(setup.text("secret"));
    let code = authenticator.code(&app);
    assert_kept_out(&app, "set-up", due.text("setup_challenge_id"), &code).await;

    let activation = json!({ "setup_challenge_id": due.text("setup_challenge_id"), "code": code });
    assert_signed_in(&app.client().post("/jwt-allauth/mfa/activate/", &activation).await);
    let due = by_token(&app, &provider, &claims).await;
    assert_kept_out(&app, "code", due.text("challenge_id"), &authenticator.next_code(&app)).await;
}

/// Answers a challenge at the sign-in of the admin pages.
async fn assert_kept_out(app: &TestApp, step: &str, challenge: &str, code: &str) {
    let mut browser = app.client();
    let page = browser.visit("/admin/sign-in/").await;
    let form = [("csrf_token", &*field(&page, "csrf_token")), ("challenge", challenge), ("code", code)];
    let refused = browser.submit(&format!("/admin/sign-in/{step}/"), &form).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(browser.visit("/admin/").await.header("location"), "/admin/sign-in/");
}

/// A browser that has just signed in with a password.
async fn inside(app: &TestApp, base: &str, email: &str) -> Client {
    let mut browser = app.client();
    let page = browser.visit(&format!("{base}sign-in/")).await;
    let form = [("csrf_token", &*field(&page, "csrf_token")), ("email", email), ("password", PASSWORD)];
    let reply = browser.submit(&format!("{base}sign-in/"), &form).await;
    assert_eq!((reply.status, reply.header("location")), (303, base), "{reply:?}");
    browser
}

async fn post(browser: &mut Client, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let token = field(&browser.visit(page).await, "csrf_token");
    let form: Vec<_> = [("csrf_token", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.submit(path, &form).await
}

/// Where the page sends the browser on: the address of the provider.
fn provider_of(page: &Reply) -> String {
    let (_, rest) = html(page).split_once("content=\"0;url=").unwrap_or_else(|| panic!("{page:?}"));
    rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#x2f;", "/")
}

async fn an_account_is_connected_and_disconnected_on_the_pages(engine: Engine) {
    let (provider, app) = with_provider(engine, ON).await;
    app.signed_in(ADA).await;
    let mut browser = inside(&app, BASE, ADA).await;
    let connect = format!("{BASE}connections/connect/example/");
    app.advance(std::time::Duration::from_mins(6));
    provider.welcome(Some(provider.claims(&app, "x-1", "other@example.com")));
    let asked = post(&mut browser, BASE, &connect, &[]).await;
    assert!(html(&asked).contains("Connect OpenID Connect") && html(&asked).contains("Password of"), "{asked:?}");
    let page = post(&mut browser, BASE, &connect, &[("password", PASSWORD)]).await;
    let back = at_provider(&provider_of(&page)).await;
    // A browser that comes from another site does not send the cookie of these pages, but that of the journey.
    let mut elsewhere = app.client();
    assert_eq!(elsewhere.visit(&back).await.status, 400);
    elsewhere.cookies = browser.cookies.clone();
    elsewhere.cookies.retain(|name, _| name == "social_login");
    let connected = elsewhere.visit(&back).await;
    assert_led_on(&connected, BASE);
    assert!(html(&connected).contains("OpenID Connect is connected"), "{connected:?}");
    assert_eq!(elsewhere.visit(&back).await.status, 400, "it was used");
    let own = browser.visit(BASE).await;
    assert!(html(&own).contains("x-1"), "{own:?}");
    let id = html(&own).split_once("connections/").unwrap().1.split('/').next().unwrap().to_owned();
    let bob = inside_new(&app, "bob@example.com").await;
    let gone = post(&mut bob.clone(), BASE, &format!("{BASE}connections/{id}/disconnect/"), &[]).await;
    assert_eq!(gone.status, 404, "{gone:?}");
    let path = format!("{BASE}connections/{id}/disconnect/");
    let reply = post(&mut browser, BASE, &path, &[("password", PASSWORD)]).await;
    assert_eq!(reply.status, 303, "{reply:?}");
    assert!(html(&browser.visit(BASE).await).contains("The account is disconnected."));
    assert_eq!(count(&app, "social_accounts").await, 0);
    let refused = post(&mut browser, BASE, &format!("{BASE}connections/connect/nobody/"), &[]).await;
    assert_eq!(refused.status, 404);
}

async fn inside_new(app: &TestApp, email: &str) -> Client {
    app.signed_in(email).await;
    inside(app, BASE, email).await
}

async fn what_another_session_began_connects_nothing_after_its_end(engine: Engine) {
    let (provider, app) = with_provider(engine, ON).await;
    let ada = app.signed_in(ADA).await;
    provider.welcome(Some(provider.claims(&app, "x-1", "other@example.com")));
    let mut browser = inside(&app, BASE, ADA).await;
    let page = post(&mut browser, BASE, &format!("{BASE}connections/connect/example/"), &[]).await;
    let back = at_provider(&provider_of(&page)).await;
    assert_eq!(ada.post("/jwt-allauth/logout-all/", &json!({})).await.status, 200);
    assert_eq!(browser.visit(&back).await.status, 401);
    assert_eq!(count(&app, "social_accounts").await, 0);
}

async fn a_journey_to_the_pages_begins_no_session_of_the_api(engine: Engine) {
    let (provider, app) = with_provider(engine, ON).await;
    provider.welcome(Some(provider.claims(&app, "ada-1", ADA)));
    let mut browser = app.client();
    let sent = browser.visit(&format!("{BASE}sign-in/with/example/")).await;
    let back = at_provider(sent.header("location")).await;
    let led = browser.visit(&back).await;
    assert!(browser.refresh.is_empty() && led.status == 303, "{led:?}");
    // Nor does one to the API end on the pages.
    let mut other = app.client();
    let sent = other.visit("/jwt-allauth/social/example/login/").await;
    let back = at_provider(sent.header("location")).await;
    let query = back.split_once('?').unwrap().1;
    let refused = other.visit(&format!("{BASE}sign-in/with/example/back/?{query}")).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!((live(&app).await, count(&app, "users").await), (0, 0));
}

async fn a_superuser_sees_and_removes_the_connections_of_others(engine: Engine) {
    let (provider, app) = with_provider(engine, ON).await;
    let mut ada = holding(&app, by_token(&app, &provider, &provider.claims(&app, "ada-1", ADA)).await);
    app.signed_in_as("root@example.com", SUPERUSER).await;
    let mut browser = inside(&app, "/admin/", "root@example.com").await;
    let page = format!("/admin/users/{}/", app.user(ADA).await.id);
    let shown = browser.visit(&page).await;
    assert!(html(&shown).contains("ada-1"), "{shown:?}");
    let id = ada.get(ACCOUNTS).await.body[0]["id"].as_str().unwrap().to_owned();
    let reply = post(&mut browser, &page, &format!("{page}disconnect/"), &[("connection", &id)]).await;
    assert_eq!(reply.status, 303, "{reply:?}");
    assert_eq!((count(&app, "social_accounts").await, ada.refresh().await.status), (0, 401));
}
