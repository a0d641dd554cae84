//! Inviting somebody, and accepting, as people do it.

use std::time::Duration;

use auth::testing::PASSWORD;

use super::admin::{sign_in, superuser};
use super::flows::tabs;
use super::tab::Tab;
use super::{ADA, NEW, in_chromium, invitation_link, listening};

in_chromium!(
    somebody_is_invited_and_chooses_a_password,
    an_invitation_is_revoked_and_its_link_leads_nowhere,
    a_password_is_chosen_without_a_mouse,
);

const BOSS: &str = "boss@example.com";
const STATUS: &str = "document.querySelector('[role=status]').textContent.trim()";

async fn somebody_is_invited_and_chooses_a_password() {
    for (mut tab, mut guest) in tabs().into_iter().zip(tabs()) {
        let (app, server) = listening().await;
        superuser(&app, BOSS).await;
        sign_in(&mut tab, &server, BOSS, PASSWORD);
        tab.follow("main a[href$=\"/invitations/\"]");
        assert_eq!(tab.heading(), "Invitations");
        app.advance(Duration::from_mins(6));
        tab.fill("#email", ADA);
        tab.fill("#first_name", "Ada");
        tab.follow("form[action$=\"/invitations/\"] button");
        assert_eq!(tab.heading(), format!("Invite {ADA}"));
        tab.fill("#password", PASSWORD);
        tab.follow("main button");
        assert_eq!(tab.text(STATUS), "The invitation is on its way.");
        assert!(tab.text("document.querySelector('tbody').textContent").contains(ADA));

        let mail = app.mailbox().await.latest(ADA);
        assert!(mail.text.contains(BOSS), "{mail:?}");
        guest.visit(&server.url(&mail.link()));
        assert_eq!(guest.heading(), "Welcome to localhost");
        guest.fill("#new_password1", NEW);
        guest.fill("#new_password2", NEW);
        guest.follow("main form button[type=submit]");
        assert_eq!(guest.heading(), "Your account is ready");
        assert_eq!(app.client().login(ADA, NEW).await.status, 200);
        guest.visit(&server.url(&mail.link()));
        assert_eq!(guest.heading(), "This link is no longer valid");
        assert_eq!((tab.problems(), guest.problems()), (Vec::new(), Vec::new()));
    }
}

async fn an_invitation_is_revoked_and_its_link_leads_nowhere() {
    for mut tab in tabs() {
        let (app, server) = listening().await;
        superuser(&app, BOSS).await;
        let link = invitation_link(&app, BOSS, ADA).await;
        sign_in(&mut tab, &server, BOSS, PASSWORD);
        tab.visit(&server.url("/admin/invitations/"));
        tab.follow("form[action$=\"/revoke/\"] button");
        let said = "The invitation is revoked: its link leads nowhere, and the address is free.";
        assert_eq!(tab.text(STATUS), said);
        tab.visit(&server.url(&link));
        assert_eq!(tab.heading(), "This link is no longer valid");
        assert_eq!(app.client().register(ADA, PASSWORD).await.status, 201);
    }
}

async fn a_password_is_chosen_without_a_mouse() {
    let mut tab = Tab::open();
    let (app, server) = listening().await;
    superuser(&app, BOSS).await;
    tab.visit(&server.url(&invitation_link(&app, BOSS, ADA).await));
    tab.click("main form button[type=submit]");
    assert_eq!(tab.text("document.querySelector('#hint1').textContent"), "Enter a password.");
    let spoken = tab.spoken();
    let fields: Vec<_> = spoken.iter().filter(|node| node.role == "textbox").map(|node| node.name.as_str()).collect();
    assert_eq!(fields, ["Password", "Password, again"]);
    tab.type_text(NEW);
    tab.press("Tab");
    tab.type_text(NEW);
    tab.until_loaded(|tab| tab.press("Enter"));
    assert_eq!(tab.heading(), "Your account is ready");
    assert_eq!(app.client().login(ADA, NEW).await.status, 200);
}
