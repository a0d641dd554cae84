//! `password/change/`.

use auth::testing::{Client, Engine, PASSWORD, Reply};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{
    assert_not_authenticated, assert_refused, assert_session_over, assert_token_not_valid, at, configured, router,
    start,
};

const PATH: &str = "/jwt-allauth/password/change/";
const NEW: &str = "wrong pony charger clip";

auth::on_both_engines!(
    a_new_password_ends_every_other_session_and_renews_this_one,
    sessions_can_be_left_alone,
    what_is_wrong_is_said_under_its_field,
    the_old_password_in_another_composition_is_no_new_one,
    the_old_password_can_be_made_optional,
    without_the_old_password_nothing_is_told_of_it_but_by_a_change,
);

fn body(old: &str, first: &str, second: &str) -> Value {
    json!({ "old_password": old, "new_password1": first, "new_password2": second })
}

async fn change(client: &mut Client, old: &str, new: &str) -> Reply {
    let reply = client.post(PATH, &body(old, new, new)).await;
    client.keep(reply)
}

async fn a_new_password_ends_every_other_session_and_renews_this_one(engine: Engine) {
    let app = start(engine).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await;
    let before = ada.clone();

    let reply = change(&mut ada, PASSWORD, NEW).await;
    assert_refused(
        &reply,
        200,
        &json!({ "detail": "New password has been saved.", "access": ada.access, "expires_in": 1_800 }),
    );
    assert_ne!(super::claims(&ada).await["session"], super::claims(&before).await["session"]);
    assert_eq!(ada.refresh().await.status, 200);
    for old in [before, phone] {
        assert_session_over(&old.get("/jwt-allauth/user/").await);
        assert_token_not_valid(&old.clone().refresh().await);
    }
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 401);
    assert_eq!(app.client().login("ada@example.com", NEW).await.status, 200);
}

async fn sessions_can_be_left_alone(engine: Engine) {
    let app = configured(engine, "[password]\nlogout_on_change = false").await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut phone = app.client();
    phone.login("ada@example.com", PASSWORD).await;
    let reply = change(&mut ada, PASSWORD, NEW).await;
    assert_refused(&reply, 200, &json!({ "detail": "New password has been saved." }));
    assert_eq!(reply.header("set-cookie"), "");
    assert_eq!(phone.refresh().await.status, 200);
    assert_eq!(ada.get("/jwt-allauth/user/").await.status, 200, "the access token of before");
    assert_eq!(ada.refresh().await.status, 200);
}

async fn what_is_wrong_is_said_under_its_field(engine: Engine) {
    let app = start(engine).await;
    let ada = app.signed_in("ada.lovelace@example.com").await;
    let wrong = "Your old password was entered incorrectly. Please enter it again.";
    let required = json!(["This field is required."]);
    let all = json!({ "old_password": required, "new_password1": required, "new_password2": required });
    assert_refused(&ada.post(PATH, &json!({})).await, 400, &all);
    for (body, expected) in [
        (body("a wrong password", NEW, NEW), json!({ "old_password": [wrong] })),
        (
            body("a wrong password", "Password1", "Password2"),
            json!({
                "old_password": [wrong],
                "new_password2": ["This password is too common.", "The two password fields didn't match."],
            }),
        ),
        (body(PASSWORD, NEW, PASSWORD), json!({ "new_password2": ["The two password fields didn't match."] })),
        (
            body(PASSWORD, "ada.lovelace", "ada.lovelace"),
            json!({ "new_password2": ["The password is too similar to the email address."] }),
        ),
        (
            body(PASSWORD, PASSWORD, PASSWORD),
            json!({ "new_password2": ["The new password must be different from the old one."] }),
        ),
    ] {
        assert_refused(&ada.post(PATH, &body).await, 400, &expected);
    }
    assert_not_authenticated(&app.client().post(PATH, &body(PASSWORD, NEW, NEW)).await);
    assert_eq!(ada.clone().refresh().await.status, 200, "nothing was changed");
    assert_eq!(app.client().login("ada.lovelace@example.com", PASSWORD).await.status, 200);
}

async fn the_old_password_in_another_composition_is_no_new_one(engine: Engine) {
    let app = start(engine).await;
    let (composed, decomposed) = ("gr\u{fc}ne W\u{e4}lder", "gru\u{308}ne Wa\u{308}lder");
    let mut ada = app.client();
    assert_eq!(ada.register("ada@example.com", composed).await.status, 201);
    let reply = ada.post(PATH, &body(composed, decomposed, decomposed)).await;
    let message = "The new password must be different from the old one.";
    assert_refused(&reply, 400, &json!({ "new_password2": [message] }));
    assert_eq!(app.client().login("ada@example.com", decomposed).await.status, 200);
}

async fn the_old_password_can_be_made_optional(engine: Engine) {
    let app = configured(engine, "[password]\nold_password_required = false").await;
    let mut ada = app.signed_in("ada@example.com").await;
    let reply = ada.post(PATH, &json!({ "new_password1": PASSWORD, "new_password2": PASSWORD })).await;
    let message = "The new password must be different from the old one.";
    assert_refused(&reply, 400, &json!({ "new_password2": [message] }));
    assert_eq!(change(&mut ada, "a wrong password", NEW).await.status, 400, "one that is given is checked");
    let reply = ada.post(PATH, &json!({ "new_password1": NEW, "new_password2": NEW })).await;
    assert_eq!(reply.status, 200);
}

/// To whoever found an open session: one guess at the password costs them the password.
async fn without_the_old_password_nothing_is_told_of_it_but_by_a_change(engine: Engine) {
    let app = configured(engine, "[password]\nold_password_required = false").await.at_two_instances(router).await;
    let guess = |first: &str, second: &str| json!({ "new_password1": first, "new_password2": second });
    let ada = app.signed_in("ada@example.com").await;
    let mismatch = json!({ "new_password2": ["The two password fields didn't match."] });
    for first in [PASSWORD, NEW] {
        let before = app.password_hashes();
        assert_refused(&ada.post(PATH, &guess(first, "something else")).await, 400, &mismatch);
        assert_eq!(app.password_hashes(), before, "nothing is compared");
    }
    let wrong = "Your old password was entered incorrectly. Please enter it again.";
    let reply = ada.post(PATH, &body("a wrong password", PASSWORD, PASSWORD)).await;
    assert_refused(&reply, 400, &json!({ "old_password": [wrong] }));

    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let (ada, body) = (at(&app, &ada), guess(&format!("{NEW} {number}"), &format!("{NEW} {number}")));
        tasks.spawn(async move { ada.post(PATH, &body).await.status });
    }
    let statuses = tasks.join_all().await;
    assert!(statuses.iter().all(|status| [200, 401, 409].contains(status)), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "the others are told nothing");
}
