//! Neither rows nor the log have a secret, and a line says what a row does.

use std::time::Duration;

use auth::email_verification::{Method, Mode};
use auth::testing::{AuditRow, Client, Engine, PASSWORD, TestApp};
use serde_json::{Value, json};

use super::log::capture;
use super::{NEW, change_password, router};

auth::on_both_engines!(
    no_password_code_token_link_or_whole_address_is_in_a_row_or_in_the_log,
    each_row_has_a_line_that_says_the_same,
);

const WRONG: &str = "a mistyped passphrase";

/// Signs up, verifies, signs in and out, fails, changes and resets; gives every secret and address that was part of it.
async fn life(app: &TestApp, email: &str) -> Vec<String> {
    let mut secrets = vec![PASSWORD.to_owned(), NEW.to_owned(), WRONG.to_owned(), email.to_owned()];
    let mut ada = app.client();
    ada.register(email, PASSWORD).await;
    let mail = app.mailbox().await.latest(email);
    secrets.extend([mail.code(), last_part(&mail.link())]);
    let verify = async |code: &str| {
        app.client().post("/jwt-allauth/registration/verify-otp/", &json!({ "email": email, "otp": code })).await
    };
    assert_eq!(verify("918273645").await.status, 400);
    assert_eq!(verify(&mail.code()).await.status, 200);
    app.client().login(email, WRONG).await;
    ada.login(email, PASSWORD).await;
    keep(&mut secrets, &ada);
    ada.refresh().await;
    let replayed = secrets.last().cloned().unwrap();
    keep(&mut secrets, &ada);
    app.client().holding("", &replayed).refresh().await;
    ada.login(email, PASSWORD).await;
    keep(&mut secrets, &ada);
    change_password(&mut ada, WRONG, NEW).await;
    assert_eq!(change_password(&mut ada, PASSWORD, NEW).await, 200);
    keep(&mut secrets, &ada);
    let new_address = format!("new-{email}");
    let body = json!({ "email": new_address, "password": NEW });
    assert_eq!(ada.post("/jwt-allauth/user/email/", &body).await.status, 200);
    let link = app.mailbox().await.latest(&new_address).link();
    assert_eq!(app.client().post(&link, &json!({})).await.status, 200);
    secrets.extend([last_part(&link), new_address.clone()]);
    app.advance(Duration::from_hours(1));
    app.client().post("/jwt-allauth/password/reset/", &json!({ "email": new_address })).await;
    let link = app.mailbox().await.latest(&new_address).link();
    let mut browser = app.client();
    browser.visit(&link).await;
    secrets.push(last_part(&link));
    secrets.extend(browser.cookies.values().cloned());
    let token = browser.cookies["csrftoken"].clone();
    let form = [("csrfmiddlewaretoken", token.as_str()), ("new_password1", PASSWORD), ("new_password2", PASSWORD)];
    assert_eq!(browser.submit("/jwt-allauth/password/reset/set-new/", &form).await.status, 303);
    secrets
}

fn keep(secrets: &mut Vec<String>, client: &Client) {
    secrets.extend([client.access.clone(), client.refresh.clone()]);
}

fn last_part(link: &str) -> String {
    link.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

async fn verifying(engine: Engine) -> TestApp {
    TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.email_verification.method = Method::Both;
    })
    .await
}

async fn no_password_code_token_link_or_whole_address_is_in_a_row_or_in_the_log(engine: Engine) {
    let captured = capture();
    let app = verifying(engine).await;
    let secrets = life(&app, "ada.of.this.test@example.com").await;
    assert!(secrets.len() > 15 && secrets.iter().all(|secret| secret.len() >= 6), "{secrets:?}");
    let rows = format!("{:?}", app.audit_log().await);
    let log = captured.text();
    assert!(log.contains("password_reset_asked") && rows.contains("password_reset_asked"));
    for secret in secrets {
        assert!(!rows.contains(&secret), "{secret} is in a row");
        // A code of six digits may be part of a number that has nothing to do with it.
        let is_there = log.match_indices(&secret).any(|(at, _)| {
            let (before, after) = (log[..at].chars().next_back(), log[at + secret.len()..].chars().next());
            secret.len() > 6 || ![before, after].iter().flatten().any(char::is_ascii_alphanumeric)
        });
        assert!(!is_there, "{secret} is in the log");
    }
}

async fn each_row_has_a_line_that_says_the_same(engine: Engine) {
    let captured = capture();
    let app = verifying(engine).await;
    life(&app, "ada.of.that.test@example.com").await;
    let log = captured.text();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rows = app.audit_log().await;
    assert!(rows.len() > 12, "{rows:?}");
    for row in rows {
        let matching = lines.iter().filter(|line| line["target"] == "audit" && is_of(line, &row)).count();
        assert_eq!(matching, 1, "{row:?}");
    }
}

fn is_of(line: &Value, row: &AuditRow) -> bool {
    let fields = &line["fields"];
    let id = |id: Option<uuid::Uuid>| id.map_or(Value::Null, |id| json!(id.to_string()));
    fields["message"] == row.kind
        && fields["request"] == id(row.request_id)
        && fields["user"] == id(row.user_id)
        && fields["session"] == id(row.session_id)
        && fields["email"] == json!(row.email)
        && fields["detail"] == json!(row.detail)
        && fields["count"] == if row.count == 1 { Value::Null } else { json!(row.count) }
}
