//! The pages, as a browser without JavaScript uses them.

use auth::testing::{Client, Engine, PASSWORD, Reply, TestApp};

use super::{ADA, FORM, NEW, RESET, SET_NEW, opened, router};

auth::on_both_engines!(
    a_form_sets_the_password_and_signs_nobody_in,
    a_refused_password_is_explained_in_the_form,
    a_link_that_is_not_valid_leads_to_a_form_for_another,
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
    let page = browser.visit(FORM).await;
    let token = hidden(html(&page), "csrfmiddlewaretoken").to_owned();
    let fields = [("csrfmiddlewaretoken", token.as_str()), ("new_password1", password), ("new_password2", again)];
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
    assert_eq!(first.header("referrer-policy"), "no-referrer");
    // Pictures in the style have to name what they are.
    let html = html(&first).replace("xmlns='http://www.w3.org/2000/svg'", "");
    assert!(!html.contains("http"), "no address of another origin: {html}");
}
