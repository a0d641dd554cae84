//! The link, the form and its last page, as a browser without JavaScript uses them.

use super::*;

auth::on_both_engines!(
    the_form_sets_the_password_and_signs_nobody_in,
    a_refused_password_is_explained_in_the_form,
    without_the_cookie_the_page_has_no_fields,
    a_form_of_an_earlier_opening_asks_again,
    a_dead_link_is_a_page_of_its_own_status,
    the_form_lies_below_the_prefix,
    where_a_page_is_named_the_link_leads_there_and_the_form_is_absent,
);

fn hidden<'h>(html: &'h str, name: &str) -> &'h str {
    let field = html.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a field");
    field.split('"').next().expect("a value")
}

async fn fill(browser: &mut Client, form: &Reply, password: &str, again: &str) -> Reply {
    let token = hidden(html(form), "csrfmiddlewaretoken").to_owned();
    let fields = [("csrfmiddlewaretoken", token.as_str()), ("new_password1", password), ("new_password2", again)];
    browser.submit(SET_PASSWORD, &fields).await
}

async fn arrived(app: &TestApp, boss: &Client, email: &str) -> Client {
    let mut browser = invited(app, boss, email, 0).await;
    browser.headers.clear();
    browser
}

async fn the_form_sets_the_password_and_signs_nobody_in(engine: Engine) {
    let (app, boss) = start(engine).await;
    let mut browser = arrived(&app, &boss, GRACE).await;
    let form = browser.visit(&format!("{FORM}?opened")).await;
    assert_eq!(form.status, 200);
    assert!(html(&form).contains("Welcome to localhost") && html(&form).contains(GRACE), "{}", html(&form));
    let reply = fill(&mut browser, &form, PASSWORD, PASSWORD).await;
    assert_eq!((reply.status, reply.header("location")), (303, COMPLETE));
    assert_eq!((browser.cookies.len(), browser.refresh.as_str()), (0, ""));
    assert!(html(&browser.visit(COMPLETE).await).contains("Your account is ready"));
    assert_eq!(app.client().login(GRACE, PASSWORD).await.status, 200);

    let welcome = "https://app.example.com/welcome";
    let elsewhere = app
        .second_instance_with(router, |settings| settings.email_verification.redirect = Some(welcome.to_owned()))
        .await;
    assert_invited(&invite(&boss, "next@example.com", 0).await);
    let link = link(&app, "next@example.com").await;
    let mut browser = elsewhere.client();
    browser.visit(&link).await;
    let form = browser.visit(FORM).await;
    assert!(form.header("content-security-policy").contains("form-action 'self' https://app.example.com;"), "{form:?}");
    assert_eq!(fill(&mut browser, &form, PASSWORD, PASSWORD).await.header("location"), welcome);
}

async fn a_refused_password_is_explained_in_the_form(engine: Engine) {
    let (app, boss) = start(engine).await;
    let mut browser = arrived(&app, &boss, GRACE).await;
    for (password, again, problem) in [
        ("Qwertyuiop", "Qwertyuiop", "This password is too common."),
        (PASSWORD, "something else", "The two password fields didn&#x27;t match."),
        ("", "", "Enter the new password twice."),
    ] {
        let form = browser.visit(FORM).await;
        let reply = fill(&mut browser, &form, password, again).await;
        assert_eq!(reply.status, 400);
        assert!(html(&reply).contains(problem), "{}", html(&reply));
        assert!(password.is_empty() || !html(&reply).contains(password), "what was typed is not sent back");
    }
    let form = browser.visit(FORM).await;
    assert_eq!(fill(&mut browser, &form, PASSWORD, PASSWORD).await.status, 303);
}

async fn without_the_cookie_the_page_has_no_fields(engine: Engine) {
    let (app, _) = start(engine).await;
    for (path, heading) in
        [(FORM.to_owned(), "This invitation is no longer valid"), (format!("{FORM}?opened"), "Cookies are needed")]
    {
        let page = app.client().visit(&path).await;
        assert_eq!((page.status, page.header("www-authenticate")), (401, "Cookie"), "{path}");
        assert!(html(&page).contains(heading) && !html(&page).contains("<input"), "{}", html(&page));
    }
    let page = app.client().submit(SET_PASSWORD, &[("new_password1", PASSWORD)]).await;
    assert!(page.status == 401 && !html(&page).contains("<input"), "{page:?}");
}

async fn a_form_of_an_earlier_opening_asks_again(engine: Engine) {
    let (app, boss) = start(engine).await;
    let mut browser = arrived(&app, &boss, GRACE).await;
    let earlier = browser.visit(FORM).await;
    assert_invited(&invite(&boss, "other@example.com", 0).await);
    let link = link(&app, "other@example.com").await;
    browser.visit(&link).await;
    let reply = fill(&mut browser, &earlier, PASSWORD, PASSWORD).await;
    assert_eq!(reply.status, 403);
    assert!(html(&reply).contains("Another link has been opened since.") && html(&reply).contains("other@example.com"));
    assert_eq!(fill(&mut browser, &reply, PASSWORD, PASSWORD).await.status, 303);
    assert!(app.user(GRACE).await.is_guest());
}

async fn a_dead_link_is_a_page_of_its_own_status(engine: Engine) {
    let only = format!("{ON}only = true\n{VERIFIED}");
    for (toml, status, unknown) in [
        (only.as_str(), 400, "This invitation is no longer valid"),
        (ON, 404, "This invitation is no longer valid"),
        (&format!("{ON}{VERIFIED}"), 404, "This link is no longer valid"),
    ] {
        let (app, boss) = configured(engine, toml).await;
        let browser = invited(&app, &boss, GRACE, 0).await;
        let used = link(&app, GRACE).await;
        assert_eq!(set(&browser, PASSWORD).await.status, 200);
        assert_invited(&invite(&boss, "late@example.com", 0).await);
        let expired = link(&app, "late@example.com").await;
        app.advance(DAY * 3);
        // Programs get the page too: it is a link of a mail.
        for reply in [app.client().visit(&expired).await, app.client().get(&expired).await] {
            assert_eq!(reply.status, status, "{toml}");
            assert!(html(&reply).contains("This invitation is no longer valid"), "{}", html(&reply));
            assert!(html(&reply).contains("<title>Link Invalid or Expired"), "{}", html(&reply));
            assert!(!html(&reply).contains("<input"));
        }
        for link in [used.as_str(), "/jwt-allauth/registration/verification/unknown/"] {
            let reply = app.client().get(link).await;
            assert_eq!(reply.status, status, "{toml}");
            assert!(html(&reply).contains(unknown), "{link}: {}", html(&reply));
        }
    }
}

async fn the_form_lies_below_the_prefix(engine: Engine) {
    let toml = format!("{ON}[http]\nprefix = \"/accounts/api\"\n");
    let app = TestApp::configured(engine, router, &toml).await;
    let mut boss = app.client();
    let passwords = json!({ "email": BOSS, "password1": PASSWORD, "password2": PASSWORD });
    let reply = boss.post("/accounts/api/registration/", &passwords).await;
    boss.keep(reply);
    app.set_role(BOSS, SUPERUSER).await;
    let reply = boss.post("/accounts/api/registration/user-register/", &json!({ "email": GRACE, "role": 0 })).await;
    assert_invited(&reply);
    let mut browser = app.client();
    let opened = browser.visit(&app.mailbox().await.latest(GRACE).link()).await;
    assert_eq!(opened.header("location"), "/accounts/api/registration/set-password/default/?opened");
    assert_eq!(browser.visit(opened.header("location")).await.status, 200);
}

async fn where_a_page_is_named_the_link_leads_there_and_the_form_is_absent(engine: Engine) {
    let toml = format!("{ON}set_password_redirect = \"/join\"\n");
    let (app, boss) = configured(engine, &toml).await;
    let browser = invited(&app, &boss, GRACE, 0).await;
    let reply = app.client().get(&link(&app, GRACE).await).await;
    assert_eq!((reply.status, reply.header("location")), (302, "/join"));
    let page = browser.get(FORM).await;
    assert!(page.status == 404 && !html(&page).contains("<input"), "{page:?}");
}
