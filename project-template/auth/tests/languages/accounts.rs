//! The language of an account, in which it gets its mails.

use std::time::Duration;

use auth::testing::{Engine, PASSWORD, TestApp};
use serde_json::{Value, json};

use super::{ADA, RESET, USER, configured, reading, router};

auth::on_both_engines!(
    a_sign_up_keeps_its_language_for_mails_of_other_requests,
    its_owner_changes_it_to_one_that_is_offered,
    its_owner_gets_the_offered_one_that_is_nearest,
    a_guest_has_the_language_in_which_they_set_their_password,
    a_mail_has_the_language_of_the_request_where_the_account_has_none,
    a_language_that_is_offered_no_more_is_as_none,
    the_export_has_it,
    a_code_of_sign_in_is_mailed_in_it,
);

const BY_MAIL: &str = "[email_verification]\nmode = \"mandatory\"\n";

/// The subject of the mail with a link that somebody asks for in this language.
async fn reset_asked_in(app: &TestApp, language: &str) -> String {
    app.advance(Duration::from_mins(5));
    let asked = reading(app.client(), language).post(RESET, &json!({ "email": ADA })).await;
    assert_eq!(asked.status, 200);
    app.mailbox().await.latest(ADA).subject
}

async fn a_sign_up_keeps_its_language_for_mails_of_other_requests(engine: Engine) {
    let app = configured(engine, BY_MAIL).await;
    let mut german = reading(app.client(), "de");
    let reply = german.register(ADA, PASSWORD).await;
    assert_eq!(reply.text("detail"), "Die E-Mail zur Bestätigung wurde gesendet.");
    assert_eq!(app.user(ADA).await.language.as_deref(), Some("de"));
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.starts_with("Bestätigen Sie Ihre E-Mail-Adresse"), "{}", mail.subject);
    assert!(mail.source.contains("\r\nContent-Language: de\r\n"), "{}", mail.source);
    assert!(
        mail.html.contains("<html lang=\"de\">") && mail.html.contains("Der Link ist 3 Tage lang gültig."),
        "{}",
        mail.html
    );
    app.verify(ADA).await;
    assert!(reset_asked_in(&app, "fr").await.starts_with("Setzen Sie"));
    let mut client = reading(app.client(), "fr");
    assert_eq!(client.login(ADA, PASSWORD).await.status, 200);
    let body = json!({ "old_password": PASSWORD, "new_password1": "another horse", "new_password2": "another horse" });
    let changed = client.post("/jwt-allauth/password/change/", &body).await;
    assert_eq!((changed.status, changed.text("detail")), (200, "Le nouveau mot de passe a été enregistré."));
    let notice = app.mailbox().await.latest(ADA);
    assert!(
        notice.subject.starts_with("Ihr Passwort für") && notice.html.contains("15. Januar 2027"),
        "{}",
        notice.text
    );
}

async fn its_owner_changes_it_to_one_that_is_offered(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    assert_eq!(ada.get(USER).await.body["language"], "en");
    let changed = ada.patch(USER, &json!({ "language": "FR" })).await;
    assert_eq!((changed.status, &changed.body["language"]), (200, &json!("fr")));
    assert_eq!(ada.patch(USER, &json!({ "first_name": "Ada" })).await.body["language"], "fr");
    assert!(reset_asked_in(&app, "de").await.starts_with("Réinitialisez"));
    for (language, problem) in [
        (json!("ko"), "Diese Sprache wird nicht angeboten."),
        (json!("fr_CA"), "Diese Sprache wird nicht angeboten."),
        (json!("fr-"), "Diese Sprache wird nicht angeboten."),
        (json!("*"), "Diese Sprache wird nicht angeboten."),
        (json!(""), "Dieses Feld darf nicht leer sein."),
        (Value::Null, "Dieses Feld darf nicht null sein."),
        (json!(["fr"]), "Kein gültiger Text."),
    ] {
        let refused = reading(ada.clone(), "de").patch(USER, &json!({ "language": language })).await;
        assert_eq!((refused.status, &refused.body), (400, &json!({ "language": [problem] })), "{language}");
    }
    assert_eq!(app.user(ADA).await.language.as_deref(), Some("fr"));
}

async fn its_owner_gets_the_offered_one_that_is_nearest(engine: Engine) {
    let app =
        TestApp::configured(engine, router, "[languages]\noffered = [\"en\", \"de\", \"pt-BR\", \"zh-Hant\"]\n").await;
    let ada = app.signed_in(ADA).await;
    for (asked, kept) in [("de-CH", "de"), ("PT", "pt-BR"), ("pt-PT", "pt-BR"), ("zh-HK", "zh-Hant"), ("de", "de")] {
        let changed = ada.patch(USER, &json!({ "language": asked })).await;
        assert_eq!((changed.status, &changed.body["language"]), (200, &json!(kept)), "{asked}");
        assert_eq!(app.user(ADA).await.language.as_deref(), Some(kept));
    }
    assert_eq!(ada.patch(USER, &json!({ "language": "zh-CN" })).await.status, 400);
}

async fn a_guest_has_the_language_in_which_they_set_their_password(engine: Engine) {
    let app = configured(engine, "[invitations]\nenabled = true\n").await;
    let staff = reading(app.signed_in_as("staff@example.com", auth::users::role::STAFF).await, "fr");
    let body = json!({ "email": ADA, "role": 0 });
    assert_eq!(staff.post("/jwt-allauth/registration/user-register/", &body).await.status, 201);
    assert_eq!(app.user(ADA).await.language, None);
    let mail = app.mailbox().await.latest(ADA);
    assert!(mail.subject.starts_with("Vous êtes invité"), "that of who invites: {}", mail.subject);
    let mut guest = reading(app.client(), "de");
    let form = guest.visit(&mail.link()).await;
    assert_eq!(form.status, 302, "{form:?}");
    let page = guest.visit(form.header("location")).await;
    assert!(page.body.as_str().unwrap().contains("Konto erstellen"), "{}", page.body);
    let guest = guest.clone().with_header("x-csrftoken", &guest.cookies["csrftoken"].clone());
    let body = json!({ "new_password1": PASSWORD, "new_password2": PASSWORD });
    let set = guest.post("/jwt-allauth/registration/set-password/", &body).await;
    assert_eq!((set.status, set.text("detail")), (200, "Das Passwort wurde festgelegt."), "{set:?}");
    assert_eq!(app.user(ADA).await.language.as_deref(), Some("de"));
    let told = app.mailbox().await.latest("staff@example.com");
    assert!(told.subject.starts_with("Your invitation to"), "in the language of the inviter: {}", told.subject);
}

async fn a_mail_has_the_language_of_the_request_where_the_account_has_none(engine: Engine) {
    let app = configured(engine, "").await;
    app.signed_in(ADA).await;
    auth::on!(app.auth.db(), pool => auth::sqlx::query("update users set language = null").execute(pool).await.map(drop))
        .unwrap();
    assert_eq!(app.client().get(USER).await.status, 401);
    assert!(reset_asked_in(&app, "de").await.starts_with("Setzen Sie"));
    assert!(reset_asked_in(&app, "ko").await.starts_with("Reset your"));
}

async fn a_language_that_is_offered_no_more_is_as_none(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    for (stored, shown, mail) in [("ko", Value::Null, "Setzen Sie"), ("fr-CA", json!("fr"), "Réinitialisez")] {
        auth::on!(app.auth.db(), pool =>
            auth::sqlx::query("update users set language = $1").bind(stored).execute(pool).await.map(drop))
        .unwrap();
        assert_eq!(ada.get(USER).await.body["language"], shown);
        assert!(reset_asked_in(&app, "de").await.starts_with(mail));
    }
}

async fn the_export_has_it(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = app.signed_in(ADA).await;
    let export = ada.get("/jwt-allauth/user/export/").await;
    assert_eq!(export.body["account"]["language"], "en", "{}", export.body);
}

async fn a_code_of_sign_in_is_mailed_in_it(engine: Engine) {
    let app = configured(engine, "[login_codes]\nenabled = true\n").await;
    let mut german = reading(app.client(), "de");
    german.register(ADA, PASSWORD).await;
    reading(app.client(), "fr").post("/jwt-allauth/login/code/", &json!({ "email": ADA })).await;
    let mail = app.mailbox().await.latest(ADA);
    assert!(
        mail.subject.starts_with("Ihr Code zum Anmelden") && mail.text.contains("5 Minuten lang gültig"),
        "{}",
        mail.text
    );
    let plain = TestApp::start(engine, router).await;
    plain.signed_in(ADA).await;
    assert_eq!(plain.user(ADA).await.language, None);
}
