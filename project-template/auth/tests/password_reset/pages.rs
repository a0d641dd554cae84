//! The pages, as a browser without JavaScript uses them.

use std::time::Duration;

use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};
use serde_json::json;

use super::{ADA, FORM, NEW, RESET, SET_NEW, link, opened, router};

auth::on_both_engines!(
    a_form_sets_the_password_and_signs_nobody_in,
    a_refused_password_is_explained_in_the_form,
    a_link_that_is_not_valid_leads_to_a_form_for_another,
    a_form_stays_good_when_its_link_is_opened_again,
    where_no_cookies_are_kept_a_person_is_told_so,
    a_link_that_was_mangled_on_the_way_leads_on,
    a_form_of_another_link_sets_no_password_and_asks_again,
    while_the_database_is_away_a_person_gets_a_page,
    a_page_loads_nothing_and_is_not_kept,
);

fn html(reply: &Reply) -> &str {
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{reply:?}");
    reply.body.as_str().expect("a page")
}

/// The value of a form's hidden field.
fn hidden<'h>(html: &'h str, name: &str) -> &'h str {
    let field = html.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
    field.split('"').next().expect("a value")
}

async fn submit(browser: &mut Client, password: &str, again: &str) -> Reply {
    let form = browser.visit(FORM).await;
    fill(browser, &form, password, again).await
}

/// Posts a form that was loaded before.
async fn fill(browser: &mut Client, form: &Reply, password: &str, again: &str) -> Reply {
    let token = hidden(html(form), "csrfmiddlewaretoken");
    let fields = [("csrfmiddlewaretoken", token), ("new_password1", password), ("new_password2", again)];
    browser.submit(SET_NEW, &fields).await
}

async fn a_form_sets_the_password_and_signs_nobody_in(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut browser = opened(&app, ADA).await;
    let reply = submit(&mut browser, NEW, NEW).await;
    assert_eq!((reply.status, reply.header("location")), (303, "/jwt-allauth/password/reset/complete/"));
    assert_eq!((browser.cookies.len(), browser.refresh.as_str()), (0, ""));
    let page = browser.visit(reply.header("location")).await;
    assert!(html(&page).contains("Your password has been changed"));
    assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}

async fn a_refused_password_is_explained_in_the_form(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut browser = opened(&app, ADA).await;
    for (password, again, problem) in [
        ("Qwertyuiop", "Qwertyuiop", "This password is too common."),
        (NEW, "something else", "The two password fields didn&#x27;t match."),
        ("", "", "Enter the new password twice."),
    ] {
        let reply = submit(&mut browser, password, again).await;
        let page = html(&reply);
        assert_eq!(reply.status, 400);
        assert!(page.contains(problem), "{page}");
        assert_eq!(page.matches("twice.").count(), usize::from(password.is_empty()));
        assert!(password.is_empty() || !page.contains(password), "what was typed is not sent back");
    }
    assert_eq!(submit(&mut browser, NEW, NEW).await.status, 303);
}

async fn a_link_that_is_not_valid_leads_to_a_form_for_another(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut browser = app.client();
    for (path, status) in [
        ("/jwt-allauth/password/reset/confirm/1/nonsense/", 404),
        ("/jwt-allauth/password/reset/confirm/%ff/%00/", 404),
        (FORM, 401),
    ] {
        let page = browser.visit(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(html(&page).contains(&format!("action=\"{RESET}\"")), "{}", html(&page));
    }
    assert_eq!(browser.submit(SET_NEW, &[]).await.status, 401);
    let page = browser.submit(RESET, &[("email", ADA)]).await;
    assert!(html(&page).contains("Check your mail"));
    let link = app.mailbox().await.latest(ADA).link();
    assert_eq!(browser.visit(&link).await.status, 302);
}

async fn a_form_stays_good_when_its_link_is_opened_again(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let link = link(&app, ADA).await;
    let mut browser = app.client();
    browser.visit(&link).await;
    let first_tab = browser.visit(FORM).await;
    app.advance(Duration::from_mins(1));
    browser.visit(&link).await;
    let second_tab = browser.visit(FORM).await;
    assert_eq!(fill(&mut browser, &first_tab, NEW, NEW).await.status, 303);
    assert_eq!(fill(&mut browser, &second_tab, NEW, NEW).await.status, 401);
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}

/// Two people at one browser: whose link was opened last is whose password would be set.
async fn a_form_of_another_link_sets_no_password_and_asks_again(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    app.signed_in("bob@example.com").await;
    let mut browser = opened(&app, ADA).await;
    let of_ada = browser.visit(FORM).await;
    let link = link(&app, "bob@example.com").await;
    browser.visit(&link).await;

    let reply = fill(&mut browser, &of_ada, NEW, NEW).await;
    let page = html(&reply);
    assert_eq!(reply.status, 403);
    assert!(page.contains("bob@example.com") && page.contains("Another link has been opened since."), "{page}");
    for address in [ADA, "bob@example.com"] {
        assert_eq!(app.client().login(address, PASSWORD).await.status, 200);
    }
    assert_eq!(fill(&mut browser, &reply, NEW, NEW).await.status, 303);
    assert_eq!(app.client().login("bob@example.com", NEW).await.status, 200);
}

async fn while_the_database_is_away_a_person_gets_a_page(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.auth.db().close().await;
    let mut browser = app.client();
    let pressed = ["/jwt-allauth/registration/verification/x/", "/jwt-allauth/user/email/confirm/x/"];
    let mut replies = vec![browser.visit("/jwt-allauth/password/reset/confirm/1/x/").await];
    for path in pressed {
        replies.push(browser.visit(path).await);
        replies.push(browser.submit(path, &[]).await);
        let reply = app.client().post(path, &json!({})).await;
        assert_eq!((reply.status, reply.text("code")), (503, "busy"));
    }
    for reply in replies {
        assert_eq!((reply.status, reply.header("retry-after")), (503, "1"));
        assert!(html(&reply).contains("The server is busy. Please try again."));
    }
}

async fn a_page_loads_nothing_and_is_not_kept(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let mut browser = opened(&app, ADA).await;
    let (first, second) = (browser.visit(FORM).await, browser.visit(FORM).await);
    let policy = |reply: &Reply| reply.header("content-security-policy").to_owned();
    assert_ne!(policy(&first), policy(&second), "a nonce is used once");
    for directive in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy(&first).contains(directive), "{}", policy(&first));
    }
    assert!(!policy(&first).contains("unsafe"));
    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(first.header("referrer-policy"), "same-origin");
    // Pictures in the style have to name what they are.
    let html = html(&first).replace("xmlns='http://www.w3.org/2000/svg'", "");
    assert!(!html.contains("http"), "no address of another origin: {html}");
}

async fn where_no_cookies_are_kept_a_person_is_told_so(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let link = link(&app, ADA).await;
    let reply = app.client().visit(&link).await;
    assert_eq!(reply.header("location"), "/jwt-allauth/password/reset/default/?opened");
    let page = app.client().visit(reply.header("location")).await;
    assert_eq!(page.status, 401);
    assert!(html(&page).contains("Cookies are needed") && !html(&page).contains("no longer valid"), "{page:?}");
    let page = app.client().visit(FORM).await;
    assert!(html(&page).contains("no longer valid"), "nobody opened a link just before");
}

async fn a_link_that_was_mangled_on_the_way_leads_on(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in(ADA).await;
    let link = link(&app, ADA).await;
    for mangled in [
        format!("{link})"),
        format!("/{link}"),
        format!("{link}%20"),
        format!("{link}%3E."),
        link.replacen("/password", "//password", 1),
    ] {
        let reply = app.client().visit(&mangled).await;
        assert_eq!((reply.status, reply.header("location")), (302, link.as_str()), "{mangled}");
    }
    let inside = format!("{})/", link.trim_end_matches('/'));
    assert_eq!(app.client().visit(&inside).await.status, 302, "{inside}");
    let page = app.client().visit(&format!("{link}more/")).await;
    assert_eq!(page.status, 404);
    assert!(html(&page).contains("Page not found"), "{page:?}");
    let reply = app.client().get(&format!("{link}more/")).await;
    assert_eq!((reply.status, reply.text("code")), (404, "not_found"), "a program gets JSON");
}

#[tokio::test]
async fn password_managers_find_the_page_to_change_a_password() {
    let path = "/.well-known/change-password";
    let app = TestApp::start(Engine::Sqlite, router).await;
    assert_eq!(app.client().get(path).await.status, 404);
    let toml = "[password]\nchange_page = \"https://app.example.com/account\"";
    let reply = TestApp::configured(Engine::Sqlite, router, toml).await.client().get(path).await;
    assert_eq!((reply.status, reply.header("location")), (302, "https://app.example.com/account"));
}
