//! The admin pages, as staff use them.

use std::time::Duration;

use auth::on;
use auth::testing::{Engine, Listening, PASSWORD, TestApp};
use auth::users::role::SUPERUSER;

use super::flows::tabs;
use super::tab::{DESK, PHONE, Tab};
use super::tour::LONG;
use super::{ADA, NEW, account, in_chromium, listening, router};

in_chromium!(
    a_user_is_found_and_deactivated_with_the_password_given_again,
    a_role_is_given_and_the_log_says_by_whom,
    a_session_is_ended_and_everything_works_from_the_keyboard,
    a_table_is_one_to_a_screen_reader_on_a_phone_and_on_a_desk,
    a_script_of_an_allowed_origin_neither_reads_nor_posts,
);

const BOSS: &str = "boss@example.com";
const NEXT_GUEST: &str =
    "next.of.many.people.who.are.invited.by.their.address@another-rather-long-name-of-a-company.example.com";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

pub(crate) async fn superuser(app: &TestApp, email: &str) {
    account(app, email).await;
    on!(app.auth.db(), pool => sqlx::query("update users set role = $1 where email_key = $2")
        .bind(SUPERUSER)
        .bind(email)
        .execute(pool)
        .await
        .map(drop))
    .unwrap();
}

pub(crate) fn sign_in(tab: &mut Tab, server: &Listening, email: &str, password: &str) {
    tab.visit(&server.url("/admin/"));
    tab.fill("#email", email);
    tab.fill("#password", password);
    tab.follow("main button");
}

/// Goes from the list to the page of a user.
fn find(tab: &mut Tab, prefix: &str) {
    tab.fill("#q", prefix);
    tab.until_loaded(|tab| tab.press("Enter"));
    tab.follow("tbody a");
}

/// Shows every page to `show`, with accounts whose addresses are as long as they get.
pub(crate) async fn walk(app: &TestApp, server: &Listening, tab: &mut Tab, mut show: impl FnMut(&mut Tab, &str)) {
    superuser(app, BOSS).await;
    for _ in 0..2 {
        app.client().with_header("user-agent", FIREFOX).login(LONG, NEW).await;
        app.client().login(LONG, "wrong").await;
    }
    let mut guest = app.client().with_header("user-agent", FIREFOX);
    guest.login(LONG, NEW).await;
    guest.enrol(app).await;
    assert_eq!(guest.add_passkey(&mut app.authenticator()).await.status, 201);
    app.audit_log().await;
    tab.visit(&server.url("/admin/"));
    show(tab, "sign_in_page staff");
    tab.fill("#email", BOSS);
    tab.fill("#password", "wrong");
    tab.follow("main button");
    show(tab, "sign_in_page refused");
    let mut boss = app.client();
    boss.login(BOSS, PASSWORD).await;
    let authenticator = boss.enrol(app).await;
    assert_eq!(boss.add_passkey(&mut app.authenticator()).await.status, 201);
    tab.fill("#password", PASSWORD);
    tab.follow("main button");
    show(tab, "sign_in_code_page");
    tab.fill("#code", &authenticator.wrong_code(app));
    tab.follow("main button");
    show(tab, "sign_in_code_page refused");
    tab.fill("#code", &authenticator.next_code(app));
    tab.follow("main button");
    show(tab, "admin_users_page");
    tab.visit(&server.url("/admin/?q=nobody"));
    show(tab, "admin_users_page empty");
    tab.visit(&server.url("/admin/?q=augusta"));
    tab.follow("tbody a");
    show(tab, "admin_user_page");
    app.advance(Duration::from_mins(6));
    tab.follow("form[action$=\"/end-sessions/\"] button");
    show(tab, "admin_confirm_page");
    tab.fill("#password", "wrong");
    tab.follow("main button");
    show(tab, "admin_confirm_page refused");
    tab.fill("#password", PASSWORD);
    tab.follow("main button");
    show(tab, "admin_user_page done");
    tab.visit(&server.url("/admin/invitations/"));
    show(tab, "admin_invitations_page empty");
    for (email, name) in [(LONG, "admin_invitations_page refused"), (NEXT_GUEST, "admin_invitations_page done")] {
        tab.fill("#email", email);
        tab.follow("form[action$=\"/invitations/\"] button");
        show(tab, name);
    }
    tab.visit(&server.url("/admin/audit/"));
    show(tab, "admin_audit_page");
    tab.visit(&server.url("/admin/upkeep/"));
    show(tab, "admin_upkeep_page");
    tab.visit(&server.url("/admin/me/"));
    show(tab, "ways_to_sign_in_page staff");
}

async fn a_user_is_found_and_deactivated_with_the_password_given_again() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        account(&app, ADA).await;
        superuser(&app, BOSS).await;
        sign_in(&mut tab, &server, BOSS, PASSWORD);
        assert_eq!((tab.path().as_str(), tab.heading().as_str()), ("/admin/", "Users"));
        find(&mut tab, "ada");
        assert_eq!(tab.heading(), ADA);
        app.advance(Duration::from_mins(6));
        tab.follow("form[action$=\"/deactivate/\"] button");
        assert_eq!(tab.heading(), format!("Deactivate {ADA}"));
        tab.fill("#password", "wrong");
        tab.until_loaded(|tab| tab.press("Enter"));
        assert_eq!(tab.text("document.querySelector('[role=alert]').textContent.trim()"), "That is not your password.");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200);
        tab.fill("#password", PASSWORD);
        tab.until_loaded(|tab| tab.press("Enter"));
        let said = tab.text("document.querySelector('[role=status]').textContent.trim()");
        assert_eq!(said, "The account is deactivated, and its sessions have ended.");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 401);
        tab.follow("form[action$=\"/activate/\"] button");
        assert_eq!(app.client().login(ADA, PASSWORD).await.status, 200, "the password was given a moment ago");
        tab.follow(".bar form button");
        assert_eq!(tab.path(), "/admin/sign-in/");
        tab.visit(&server.url("/admin/"));
        assert_eq!(tab.path(), "/admin/sign-in/");
        assert_eq!(tab.problems(), [""; 0]);
    }
}

async fn a_role_is_given_and_the_log_says_by_whom() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        account(&app, ADA).await;
        superuser(&app, BOSS).await;
        sign_in(&mut tab, &server, BOSS, PASSWORD);
        find(&mut tab, "ada");
        tab.eval("document.querySelector('#role').value = '900'");
        tab.follow("form[action$=\"/role/\"] button");
        assert_eq!(tab.text("document.querySelector('dd .tag').textContent"), "Staff");
        tab.visit(&server.url("/admin/audit/?kind=role_changed"));
        let row = tab.text("document.querySelector('tbody tr').textContent");
        assert!(row.contains("0 to 900") && row.contains("by admin") && row.contains("a***@example.com"), "{row}");

        let mut other = Tab::open();
        sign_in(&mut other, &server, ADA, PASSWORD);
        find(&mut other, "boss");
        assert!(other.text("document.querySelector('main').textContent").contains("Your role does not reach"));
        assert_eq!(other.eval("document.querySelectorAll('main form').length"), 0);
    }
}

async fn a_session_is_ended_and_everything_works_from_the_keyboard() {
    let (app, server) = listening().await;
    account(&app, ADA).await;
    superuser(&app, BOSS).await;
    let mut ada = app.client();
    ada.login(ADA, PASSWORD).await;
    let mut tab = Tab::open();
    sign_in(&mut tab, &server, BOSS, PASSWORD);
    tab.press("Tab");
    assert_eq!(tab.text("document.activeElement.textContent"), "Skip to the content");
    find(&mut tab, "ada");
    tab.eval("document.querySelector('form[action$=\"/end-session/\"] button').focus()");
    tab.until_loaded(|tab| tab.press("Enter"));
    assert!(tab.text("document.querySelector('[role=status]').textContent").contains("The session has ended."));
    assert_eq!(ada.refresh().await.status, 401);
    let spoken = tab.spoken();
    assert!(spoken.iter().any(|node| node.role == "link" && node.name == "Audit log"), "{spoken:?}");
}

async fn a_table_is_one_to_a_screen_reader_on_a_phone_and_on_a_desk() {
    let (app, server) = listening().await;
    account(&app, ADA).await;
    superuser(&app, BOSS).await;
    let mut tab = Tab::open();
    sign_in(&mut tab, &server, BOSS, PASSWORD);
    for screen in [PHONE, DESK] {
        tab.resize(screen);
        let spoken = tab.spoken();
        let count = |role: &str| spoken.iter().filter(|node| node.role == role).count();
        assert_eq!(["table", "row", "cell"].map(count), [1, 3, 10], "{screen:?}: {spoken:?}");
        let headers = spoken.iter().filter(|node| node.role == "columnheader").map(|node| node.name.as_str());
        assert_eq!(headers.collect::<Vec<_>>(), ["Address", "Name", "Status", "Joined", "Last sign-in"], "{screen:?}");
    }
}

/// Another port of the host is another origin of the same site: the cookie of these pages comes along.
async fn a_script_of_an_allowed_origin_neither_reads_nor_posts() {
    let front_end = TestApp::start(Engine::Sqlite, router).await.listen().await;
    let origin = front_end.url("");
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.http.cors_origins = vec![origin.parse().unwrap()];
    })
    .await;
    let server = app.listen().await;
    app.signed_in(BOSS).await;
    app.set_role(BOSS, SUPERUSER).await;
    let mut tab = Tab::without_policy();
    sign_in(&mut tab, &server, BOSS, PASSWORD);
    assert_eq!(tab.path(), "/admin/");

    tab.visit(&front_end.url("/jwt-allauth/registration/verified/"));
    let mut fetch = |path: &str, options: &str| {
        let url = server.url(path);
        tab.text(&format!(
            "fetch('{url}', {{ credentials: 'include', {options} }}).then(reply => String(reply.status), () => 'blocked')"
        ))
    };
    assert_eq!(fetch("/jwt-allauth/user/", ""), "401", "the API may be called");
    assert_eq!(fetch("/admin/", ""), "blocked");
    assert_eq!(fetch("/jwt-allauth/registration/verified/", ""), "blocked");
    assert_eq!(fetch("/admin/sign-out/", "method: 'POST', body: new URLSearchParams()"), "blocked");
    tab.visit(&server.url("/admin/"));
    assert_eq!(tab.path(), "/admin/", "still signed in: nothing was done");
}
