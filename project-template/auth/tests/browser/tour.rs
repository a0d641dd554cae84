//! A walk past every page, as people come to them.

use std::collections::BTreeSet;
use std::path::Path;

use auth::testing::{PASSWORD, Provider, Trouble};
use serde_json::json;

use super::tab::Tab;
use super::{
    NEW, account, admin, change_link, invitation_link, listening_with, portal, reset_link, social, verification_link,
};

/// Addresses that are as long as they get.
pub(crate) const LONG: &str =
    "augusta.ada.king.countess.of.lovelace.analytical.engine@a-rather-long-name-of-a-company.example.com";
const LONGER: &str =
    "augusta.ada.king-noel.countess.of.lovelace.first@another-rather-long-name-of-a-company.example.com";

const HOST: &str = "host@example.com";
pub(crate) const GUEST: &str =
    "grace.brewster.murray.hopper.rear.admiral.invited@a-rather-long-name-of-a-company.example.com";

/// Shows every page to `look`, with its name: that of its template, and what is special about it.
pub(crate) async fn every_page(mut look: impl FnMut(&mut Tab, &str)) {
    let provider = Provider::start().await;
    // The page that leads there stays.
    provider.fail(Some(("/authorize", Trouble::Emptiness)));
    let (app, server) = listening_with(|settings| settings.social = social(&provider)).await;
    let mut tab = Tab::open();
    let mut seen = BTreeSet::new();
    let mut show = |tab: &mut Tab, name: &str| {
        seen.insert(name.split(' ').next().unwrap_or(name).to_owned());
        look(tab, name);
    };

    tab.visit(&server.url(&verification_link(&app, LONG).await));
    show(&mut tab, "confirm_email_page");
    tab.follow("main button");
    show(&mut tab, "email_verified_page");
    let unknown = server.url("/jwt-allauth/registration/verification/unknown/");
    tab.visit(&unknown);
    show(&mut tab, "link_not_valid_page");
    tab.fill("#email", LONGER);
    tab.follow("main button");
    show(&mut tab, "check_mail_page");
    tab.visit(&unknown);
    tab.fill("#email", LONGER);
    tab.follow("main button");
    show(&mut tab, "refused_page");

    tab.visit(&server.url("/jwt-allauth/password/reset/default/?opened"));
    show(&mut tab, "cookies_needed_page");
    tab.visit(&server.url("/jwt-allauth/nowhere/"));
    show(&mut tab, "not_found_page");

    tab.visit(&server.url(&reset_link(&app, LONG).await));
    show(&mut tab, "password_reset_page");
    submit_passwords(&mut tab, "password1");
    show(&mut tab, "password_reset_page refused");
    submit_passwords(&mut tab, NEW);
    show(&mut tab, "password_reset_complete_page");

    admin::superuser(&app, HOST).await;
    tab.visit(&server.url(&invitation_link(&app, HOST, GUEST).await));
    show(&mut tab, "set_password_page");
    submit_passwords(&mut tab, "password1");
    show(&mut tab, "set_password_page refused");
    submit_passwords(&mut tab, NEW);
    show(&mut tab, "invitation_accepted_page");
    tab.visit(&server.url("/jwt-allauth/registration/set-password/default/"));
    show(&mut tab, "invitation_not_valid_page");

    account(&app, LONGER).await;
    tab.visit(&server.url(&change_link(&app, LONGER, PASSWORD, "ada@example.org").await));
    show(&mut tab, "confirm_email_change_page");
    tab.follow("main button");
    show(&mut tab, "email_changed_page");
    tab.visit(&server.url("/jwt-allauth/user/email/confirm/unknown/"));
    show(&mut tab, "email_change_failed_page");

    tab.visit(&server.url("/jwt-allauth/social/signed-in/"));
    show(&mut tab, "signed_in_page");
    let claims = provider.claims(&app, "110169484474386276334", LONG);
    let body = json!({ "id_token": provider.sign(&claims), "client_id": "web" });
    assert_eq!(app.client().post("/jwt-allauth/social/example/token/", &body).await.status, 200);
    portal::walk(&app, &server, &mut tab, &mut show).await;
    admin::walk(&app, &server, &mut tab, &mut show).await;

    tab.visit(&server.url("/docs/"));
    show(&mut tab, "docs");
    tab.eval("for (const details of document.querySelectorAll('details')) details.open = true");
    show(&mut tab, "docs opened");

    let missed: Vec<String> = templates().into_iter().filter(|name| !seen.contains(name)).collect();
    assert!(missed.is_empty(), "these pages are on no walk: {missed:?}");
}

pub(crate) fn submit_passwords(tab: &mut Tab, password: &str) {
    tab.fill("#new_password1", password);
    tab.fill("#new_password2", password);
    tab.follow("button[type=submit]");
}

/// The names of all pages.
fn templates() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/pages");
    let files = std::fs::read_dir(directory).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with("_page")).collect()
}
