//! `registration/`.

use auth::testing::{Engine, PASSWORD};
use serde_json::{Value, json};

use super::{assert_refused, at_two_instances, configured, start};

const PATH: &str = "/jwt-allauth/registration/";

fn body(email: &str, first: &str, second: &str) -> Value {
    json!({ "email": email, "password1": first, "password2": second })
}

auth::on_both_engines!(
    it_answers_with_tokens,
    names_are_kept_in_any_script,
    nobody_gives_themselves_a_role,
    an_address_is_taken_in_any_spelling,
    of_many_at_once_one_gets_the_address,
);

async fn it_answers_with_tokens(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.client();
    let reply = ada.register("ada@example.com", PASSWORD).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, json!({ "access": ada.access, "expires_in": 1_800 }));
    assert!(!ada.refresh.is_empty());
    let user = ada.get("/jwt-allauth/user/").await.body;
    assert_eq!(user, json!({ "email": "ada@example.com", "first_name": "", "last_name": "" }));
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200);
}

async fn names_are_kept_in_any_script(engine: Engine) {
    let app = start(engine).await;
    let mut body = body("ada@example.com", PASSWORD, PASSWORD);
    body["first_name"] = json!("  アダ ");
    body["last_name"] = json!("Лавлейс\u{1f40e}".repeat(10));
    let mut ada = app.client();
    let reply = app.client().post(PATH, &body).await;
    assert_eq!(ada.keep(reply).status, 201);
    let user = ada.get("/jwt-allauth/user/").await;
    assert_eq!(user.text("first_name"), "アダ");
    assert_eq!(user.text("last_name"), "Лавлейс\u{1f40e}".repeat(10));
}

async fn nobody_gives_themselves_a_role(engine: Engine) {
    let app = start(engine).await;
    let mut body = body("ada@example.com", PASSWORD, PASSWORD);
    for (name, value) in [("role", json!(1000)), ("is_active", json!(false)), ("email_verified", json!(true))] {
        body[name] = value;
    }
    let mut ada = app.client();
    let reply = app.client().post(PATH, &body).await;
    ada.keep(reply);
    let claims = super::claims(&ada).await;
    assert_eq!((&claims["role"], &claims["email_verified"]), (&json!(0), &json!(false)));
}

async fn an_address_is_taken_in_any_spelling(engine: Engine) {
    let app = start(engine).await;
    app.signed_in("Zoe\u{308}@B\u{fc}cher.example").await;
    for spelling in ["zo\u{eb}@xn--bcher-kva.example", " ZOË@BÜCHER.EXAMPLE "] {
        let reply = app.client().post(PATH, &body(spelling, PASSWORD, PASSWORD)).await;
        let message = "A user is already registered with this e-mail address.";
        assert_refused(&reply, 400, &json!({ "email": [message] }));
        assert_eq!(reply.header("set-cookie"), "");
    }
}

async fn of_many_at_once_one_gets_the_address(engine: Engine) {
    let app = at_two_instances(engine, "").await;
    for round in 0..20 {
        let email = format!("ada{round}@example.com");
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (mut client, email) = (app.client(), email.clone());
            attempts.spawn(async move { client.register(&email, PASSWORD).await.status });
        }
        let mut statuses = attempts.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 400, 400, 400, 400, 400, 400, 400]);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_under_its_field() {
    let client = start(Engine::Sqlite).await.client();
    let required = json!(["This field is required."]);
    let reply = client.post(PATH, &json!({})).await;
    assert_refused(&reply, 400, &json!({ "email": required, "password1": required, "password2": required }));
    for (body, expected) in [
        (
            body("ada@example.com", PASSWORD, "another one altogether"),
            json!({ "non_field_errors": ["The two password fields didn't match."] }),
        ),
        (
            body("ada@example.com", "xkq vz", "xkq vz"),
            json!({ "password1": ["This password is too short. It must contain at least 8 characters."] }),
        ),
        (body("ada@example.com", "Password1", "Password1"), json!({ "password1": ["This password is too common."] })),
        (
            body("ada.lovelace@example.com", "ada.lovelace", "ada.lovelace"),
            json!({ "password1": ["The password is too similar to the email address."] }),
        ),
        (
            body("ada@example.com", &"xy z".repeat(65), &"xy z".repeat(65)),
            json!({ "password1": ["This password is too long. It must contain at most 256 characters."] }),
        ),
        (body("ada", PASSWORD, PASSWORD), json!({ "email": ["Enter a valid email address."] })),
    ] {
        assert_refused(&client.post(PATH, &body).await, 400, &expected);
    }
}

#[tokio::test]
async fn the_name_of_the_service_is_no_password() {
    let client = configured(Engine::Sqlite, "[templates]\nservice_name = \"Quartz Vineyard\"").await.client();
    let reply = client.post(PATH, &body("ada@example.com", "quartz-vineyard", "quartz-vineyard")).await;
    assert_refused(&reply, 400, &json!({ "password1": ["The password is too similar to the name of this service."] }));
}

#[tokio::test]
async fn names_have_a_length() {
    let client = start(Engine::Sqlite).await.client();
    let mut body = body("ada@example.com", PASSWORD, PASSWORD);
    body["first_name"] = json!("ж".repeat(151));
    body["last_name"] = json!(null);
    let expected = json!({
        "first_name": ["Ensure this field has no more than 150 characters."],
        "last_name": ["This field may not be null."],
    });
    assert_refused(&client.post(PATH, &body).await, 400, &expected);
    body["first_name"] = json!("ж".repeat(150));
    body["last_name"] = json!("");
    assert_eq!(client.post(PATH, &body).await.status, 201);
}

#[tokio::test]
async fn names_can_be_required() {
    let client = configured(Engine::Sqlite, "[registration]\nrequire_names = true").await.client();
    let mut body = body("ada@example.com", PASSWORD, PASSWORD);
    body["first_name"] = json!(" ");
    let expected = json!({ "first_name": ["This field may not be blank."], "last_name": ["This field is required."] });
    assert_refused(&client.post(PATH, &body).await, 400, &expected);
}

#[tokio::test]
async fn closed_registration_is_not_there() {
    let client = configured(Engine::Sqlite, "[registration]\nopen = false").await.client();
    let reply = client.post(PATH, &body("ada@example.com", PASSWORD, PASSWORD)).await;
    assert_refused(&reply, 404, &json!({ "detail": "Not found.", "code": "not_found" }));
}
