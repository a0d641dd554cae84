//! Answers and pages: in the language of the request, with the codes and names of every language.

use auth::testing::{Engine, Reply, TestApp};
use serde_json::{Value, json};

use super::{ADA, LOGIN, REGISTRATION, RESET, USER, configured, reading, router};

auth::on_both_engines!(
    an_answer_is_in_the_language_of_its_request_and_says_so,
    where_one_language_is_offered_nothing_tells_of_languages,
    the_one_language_that_is_offered_may_be_another,
    codes_names_and_challenges_are_those_of_every_language,
    a_page_is_in_the_language_of_its_reader,
    the_script_of_the_pages_speaks_the_language_too,
    admin_pages_are_in_english,
    an_answer_without_words_has_no_language,
    a_problem_of_the_application_is_translated_if_its_texts_are_there,
);

const GERMAN: &str = "de-AT, fr;q=0.5";

/// The language an answer declares, and whether caches are told what it depends on.
fn declared(reply: &Reply) -> (&str, bool) {
    let vary = reply.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok());
    let varies =
        vary.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("accept-language"));
    (reply.header("content-language"), varies)
}

async fn an_answer_is_in_the_language_of_its_request_and_says_so(engine: Engine) {
    let app = configured(engine, "").await;
    let wrong = json!({ "email": ADA, "password": "wrong" });
    for (asked, language, detail) in [
        ("", "en", "Incorrect credentials"),
        ("de-AT, fr;q=0.5", "de", "Falsche Anmeldedaten"),
        ("nl, fr;q=0.5", "fr", "Identifiants incorrects"),
        ("ko", "en", "Incorrect credentials"),
        ("de;q=broken", "en", "Incorrect credentials"),
    ] {
        let client = if asked.is_empty() { app.client() } else { reading(app.client(), asked) };
        let reply = client.post(LOGIN, &wrong).await;
        assert_eq!((reply.status, reply.text("code"), reply.text("detail")), (401, "incorrect_credentials", detail));
        assert_eq!(declared(&reply), (language, true), "{asked}");
    }
    let german = reading(app.client(), GERMAN);
    let done = german.post(RESET, &json!({ "email": ADA })).await;
    assert_eq!((done.status, done.text("detail")), (200, "Die E-Mail zum Zurücksetzen des Passworts wurde gesendet."));
    assert_eq!(declared(&done), ("de", true));
    let nowhere = german.get("/jwt-allauth/nowhere/").await;
    assert_eq!((nowhere.text("detail"), declared(&nowhere)), ("Nicht gefunden.", ("de", true)));
    let method = german.delete(LOGIN, None).await;
    assert_eq!(
        (method.text("detail"), method.text("code")),
        ("Die Methode „DELETE“ ist nicht erlaubt.", "method_not_allowed")
    );
}

async fn where_one_language_is_offered_nothing_tells_of_languages(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let german = reading(app.client(), GERMAN);
    let refused = german.post(LOGIN, &json!({})).await;
    assert_eq!(refused.body["email"], json!(["This field is required."]));
    let page = reading(app.client(), GERMAN).visit("/jwt-allauth/nowhere/").await;
    assert!(page.body.as_str().unwrap().contains("<html lang=\"en\">"));
    for reply in [refused, page, german.post(RESET, &json!({ "email": ADA })).await] {
        assert_eq!(declared(&reply), ("", false), "{:?}", reply.headers);
    }
    let ada = app.signed_in(ADA).await;
    let changed = ada.patch(USER, &json!({ "language": "de" })).await;
    assert_eq!((changed.status, &changed.body["language"]), (200, &Value::Null));
    assert!(changed.body.get("language").is_none() && app.user(ADA).await.language.is_none());
}

async fn the_one_language_that_is_offered_may_be_another(engine: Engine) {
    let app = TestApp::configured(engine, router, "[languages]\ndefault = \"de\"\noffered = [\"de\"]").await;
    let refused = reading(app.client(), "en").post(LOGIN, &json!({})).await;
    assert_eq!(refused.body["email"], json!(["Dieses Feld ist erforderlich."]));
    assert_eq!(declared(&refused), ("", false));
    app.client().post(RESET, &json!({ "email": ADA })).await;
    app.signed_in(ADA).await;
    app.advance(std::time::Duration::from_mins(5));
    app.client().post(RESET, &json!({ "email": ADA })).await;
    assert!(
        app.mailbox().await.latest(ADA).subject.starts_with("Setzen Sie Ihr Passwort"),
        "also what is sent for nobody"
    );
}

async fn codes_names_and_challenges_are_those_of_every_language(engine: Engine) {
    let limits = "[throttle]\nenabled = true\nlogin = \"1/h\"\n[mfa]\ntotp = \"optional\"\n";
    let app = configured(engine, limits).await;
    let german = reading(app.client(), GERMAN);
    let fields = german
        .post(REGISTRATION, &json!({ "email": "ada", "password1": "short", "password2": "other", "first_name": 1 }))
        .await;
    assert_eq!(
        fields.body,
        json!({
            "email": ["Geben Sie eine gültige E-Mail-Adresse ein."],
            "non_field_errors": ["Die beiden Passwörter stimmen nicht überein."],
            "password1": ["Dieses Passwort ist zu kurz. Es muss mindestens 8 Zeichen haben."],
        })
    );
    let similar = json!({ "email": ADA, "password1": "adaexample", "password2": "adaexample" });
    let similar = german.post(REGISTRATION, &similar).await;
    assert_eq!(similar.body["password1"][0], "Das Passwort ist der E-Mail-Adresse zu ähnlich.");

    let nobody = german.get(USER).await;
    assert_eq!(
        (nobody.text("code"), nobody.text("detail")),
        ("not_authenticated", "Es wurden keine Anmeldedaten angegeben.")
    );
    assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"api\"");
    let forged = german.holding("forged", "").get(USER).await;
    let message = json!({ "token_class": "AccessToken", "token_type": "access", "message": "Das Token ist ungültig" });
    assert_eq!((forged.text("code"), &forged.body["messages"][0]), ("token_not_valid", &message));
    assert_eq!(forged.text("detail"), "Das Token ist für keine Art von Token gültig");

    let ada = reading(app.signed_in(ADA).await, GERMAN);
    let code = ada.post("/jwt-allauth/mfa/activate/", &json!({ "code": "123" })).await;
    assert_eq!(code.body, json!({ "code": ["Dieses Feld muss mindestens 6 Zeichen haben."] }));
    let factor = ada.post("/jwt-allauth/mfa/activate/", &json!({ "code": "123456" })).await;
    assert_eq!(
        (factor.text("code"), factor.text("detail")),
        ("setup_not_initiated", "Die Einrichtung wurde nicht begonnen.")
    );

    let client = german.from_address("203.0.113.7");
    let wrong = json!({ "email": ADA, "password": "wrong" });
    client.post(LOGIN, &wrong).await;
    let throttled = client.post(LOGIN, &wrong).await;
    assert_eq!((throttled.status, throttled.text("code")), (429, "throttled"));
    let seconds = throttled.header("retry-after");
    let expected = format!("Die Anfrage wurde gedrosselt. Voraussichtlich wieder möglich in {seconds} Sekunden.");
    assert_eq!(throttled.text("detail"), expected);
}

async fn a_page_is_in_the_language_of_its_reader(engine: Engine) {
    let app = configured(engine, "[portal]\nenabled = true\n").await;
    let (page, mut browser) = ("/jwt-allauth/account/sign-in/", reading(app.client(), GERMAN));
    let shown = browser.visit(page).await;
    let html = shown.body.as_str().unwrap();
    assert!(html.contains("<html lang=\"de\">") && html.contains("<h1>Anmelden</h1>"), "{html}");
    assert_eq!(declared(&shown), ("de", true));
    let token = html.split("name=\"csrf_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("csrf_token", token.as_str()), ("email", ADA), ("password", "wrong")];
    let refused = browser.submit(page, &fields).await;
    assert!(refused.body.as_str().unwrap().contains("Die Adresse oder das Passwort ist falsch."), "{}", refused.body);
    let lost = reading(app.client(), "fr").visit("/jwt-allauth/nowhere/").await;
    assert!(lost.body.as_str().unwrap().contains("Il n’y a pas de page"), "{}", lost.body);
    assert_eq!((lost.status, declared(&lost)), (404, ("fr", true)));
}

async fn the_script_of_the_pages_speaks_the_language_too(engine: Engine) {
    let app = configured(engine, "[portal]\nenabled = true\n").await;
    let script = "/jwt-allauth/account/page.js";
    let german = reading(app.client(), GERMAN).get(script).await;
    assert!(german.body.as_str().unwrap().contains("\"Copied.\":\"Kopiert.\""), "{}", german.body);
    assert_eq!(declared(&german), ("de", true));
    let english = app.client().get(script).await;
    assert!(english.body.as_str().unwrap().contains("const texts = {};"));
}

async fn admin_pages_are_in_english(engine: Engine) {
    let app = configured(engine, "[admin]\nenabled = true\n").await;
    app.signed_in_as(ADA, auth::users::role::SUPERUSER).await;
    let mut browser = reading(app.client(), GERMAN);
    let sign_in = browser.visit("/admin/sign-in/").await;
    let html = sign_in.body.as_str().unwrap();
    assert!(
        html.contains("<html lang=\"de\">") && html.contains("Nur für Mitarbeitende."),
        "shared with the others: {html}"
    );
    let token = html.split("name=\"csrf_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("csrf_token", token.as_str()), ("email", ADA), ("password", auth::testing::PASSWORD)];
    browser.submit("/admin/sign-in/", &fields).await;
    let users = browser.visit("/admin/").await;
    let html = users.body.as_str().unwrap();
    assert!(html.contains("<html lang=\"en\">") && html.contains("Users"), "{html}");
    assert_eq!(declared(&users), ("", false));
}

async fn an_answer_without_words_has_no_language(engine: Engine) {
    let app = configured(engine, "").await;
    let ada = reading(app.signed_in(ADA).await, GERMAN);
    for path in [USER, "/.well-known/jwks.json", "/health/ready"] {
        assert_eq!(declared(&ada.get(path).await), ("", false), "{path}");
    }
}

async fn a_problem_of_the_application_is_translated_if_its_texts_are_there(engine: Engine) {
    async fn closed() -> auth::Result<()> {
        Err(auth::Error::refused(axum::http::StatusCode::FORBIDDEN, "We are closed.", "closed"))
    }
    let texts = tempfile::tempdir().unwrap();
    std::fs::create_dir(texts.path().join("de")).unwrap();
    std::fs::write(texts.path().join("de/texts.toml"), "\"We are closed.\" = \"Wir haben geschlossen.\"").unwrap();
    let toml = format!("directory = {:?}\n", texts.path().display().to_string());
    let own = |auth: auth::Auth| {
        axum::Router::new().route("/shop/", axum::routing::get(closed)).merge(auth.router()).with_state(auth)
    };
    let app = TestApp::configured(engine, own, &format!("{}{toml}", super::OFFERED)).await;
    for (asked, detail) in [("de", "Wir haben geschlossen."), ("fr", "We are closed.")] {
        let reply = reading(app.client(), asked).get("/shop/").await;
        assert_eq!((reply.status, reply.text("detail"), reply.text("code")), (403, detail, "closed"));
        assert_eq!(declared(&reply), (asked, true));
    }
}
