//! `[invitations]`.

use std::collections::BTreeMap;
use std::path::Path;

use auth::Settings;

use super::*;

auth::on_both_engines!(where_accounts_come_from_invitations_alone_nobody_signs_up);

fn problems(toml: &str) -> String {
    let settings = Settings::load(Path::new("settings.toml"), toml, &BTreeMap::new());
    settings.err().map(|problems| problems.to_string()).unwrap_or_default()
}

#[test]
fn what_cannot_be_is_refused_at_the_start_with_the_reason() {
    for (lines, problem) in [
        (
            "enabled = true\nallowed_roles = []",
            "`invitations.allowed_roles` must not be empty where invitations are on",
        ),
        ("allowed_roles = [-1]", "`invitations.allowed_roles` must have numbers from 0 to 32767"),
        ("allowed_roles = [32768]", "`invitations.allowed_roles` must have numbers from 0 to 32767"),
        ("allowed_roles = [\"staff\"]", "`invitations.allowed_roles` must be a list of whole numbers"),
        ("set_password_redirect = \"join\"", "`invitations.set_password_redirect` must be an address such as"),
        (
            "set_password_redirect = \"//evil.example\"",
            "`invitations.set_password_redirect` must be an address such as",
        ),
        (
            "only = true\n[login_codes]\ncreate_accounts = true",
            "`invitations.only` is on, but with login_codes.create_accounts",
        ),
    ] {
        let told = problems(&format!("[invitations]\n{lines}"));
        assert!(told.contains(problem), "{lines}: {told}");
    }
    assert_eq!(problems("[invitations]\nallowed_roles = []"), "", "nobody is invited anyway");
    assert_eq!(problems("[invitations]\nonly = true\nset_password_redirect = \"/join\""), "");
    assert!(problems("[sessions]\ncookie_name = \"set_password_access_token\"").contains("the name of another cookie"));
}

#[test]
fn they_can_be_set_from_the_environment() {
    let variables = [
        ("JWT_ALLAUTH__INVITATIONS__ONLY", "true"),
        ("JWT_ALLAUTH__INVITATIONS__ALLOWED_ROLES", "300,1000"),
        ("JWT_ALLAUTH__INVITATIONS__SET_PASSWORD_REDIRECT", "/join"),
    ];
    let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let settings = Settings::load(Path::new("settings.toml"), "", &environment).unwrap().invitations;
    assert!(settings.are_on() && settings.only && !settings.enabled);
    assert_eq!(settings.allowed_roles, [300, 1000]);
    assert_eq!(settings.set_password_redirect.as_deref(), Some("/join"));
}

async fn where_accounts_come_from_invitations_alone_nobody_signs_up(engine: Engine) {
    let toml = format!("{}{VERIFIED}", ON.replace("enabled", "only"));
    let (app, boss) = configured(engine, &toml).await;
    let reply = app.client().register(GRACE, PASSWORD).await;
    assert_eq!((reply.status, reply.text("code")), (404, "not_found"));
    let browser = invited(&app, &boss, GRACE, 0).await;
    assert_eq!(set(&browser, PASSWORD).await.status, 200);
}
