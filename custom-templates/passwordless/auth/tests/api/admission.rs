//! Who may sign in: `users.allowed`, `users.roles` and the application's hook.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::hooks::{Admission, Hook, Hooks};
use auth::testing::{Engine, TestApp};
use auth::users::User;
use auth::{Auth, Result};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, json};

use super::{ADA, assert_code_not_valid, assert_token_not_valid, claims, code, configured, router, start};

auth::on_both_engines!(
    others_get_the_same_answers_and_no_mail,
    a_role_is_that_of_the_settings,
    the_hook_is_asked_at_every_sign_in_and_every_refresh,
    a_hook_that_fails_lets_nobody_in_and_ends_nothing,
    a_code_may_take_another_way_than_mail_and_is_void_if_it_fails,
);

async fn others_get_the_same_answers_and_no_mail(engine: Engine) {
    let app = configured(engine, "[users]\nallowed = [\"ada@example.com\", \"@example.org\"]").await;
    for email in [ADA, "bob@example.org", "eve@example.com", "eve@sub.example.org"] {
        let reply = app.client().ask_for_code(email).await;
        assert_eq!((reply.status, reply.header("cache-control")), (204, "no-store"), "{email}");
        let again = app.client().ask_for_code(email).await;
        assert_eq!((again.status, again.text("code"), again.header("retry-after")), (429, "throttled", "60"));
        assert_code_not_valid(&app.client().show_code(email, "000000").await);
    }
    let sent: Vec<String> = app.mailbox().all().into_iter().map(|mail| mail.to).collect();
    assert_eq!(sent, [ADA, "bob@example.org"]);

    let late = app.mailbox().latest(ADA).code();
    let closed = app.second_instance_with(router, |settings| _ = settings.users.allowed.remove(0)).await;
    assert_code_not_valid(&closed.client().show_code(ADA, &late).await);
    let ada = {
        let mut client = app.client();
        assert_eq!(client.show_code(ADA, &late).await.status, 200, "the code was not used up");
        client
    };
    assert_token_not_valid(&super::at(&closed, &ada).refresh().await);
    assert_token_not_valid(&ada.clone().refresh().await);
}

async fn a_role_is_that_of_the_settings(engine: Engine) {
    let app = configured(engine, "[users]\nroles = { \"Ada@Example.com\" = 900 }").await;
    assert_eq!(claims(&app.signed_in(ADA).await).await["role"], 900);
    assert_eq!(claims(&app.signed_in("bob@example.com").await).await["role"], 0);
}

/// Lets in whom it knows, each with a plan.
#[derive(Clone, Default)]
struct Members(Arc<Mutex<BTreeMap<String, &'static str>>>);

impl Hooks for Members {
    fn admit<'h>(&'h self, _: &'h Auth, user: &'h User) -> Hook<'h, Result<Option<Admission>>> {
        Box::pin(async move {
            let plan = self.0.lock().unwrap().get(&user.email).copied();
            if plan == Some("unknown") {
                return Err(anyhow::anyhow!("nobody answers").into());
            }
            let claims =
                |plan| Map::from_iter([("plan".to_owned(), json!(plan)), ("email".to_owned(), json!("forged"))]);
            Ok(plan.map(|plan| Admission { role: Some(300), claims: claims(plan) }))
        })
    }
}

impl Members {
    fn set(&self, email: &str, plan: Option<&'static str>) {
        let mut members = self.0.lock().unwrap();
        match plan {
            Some(plan) => members.insert(email.to_owned(), plan),
            None => members.remove(email),
        };
    }
}

async fn with_members(engine: Engine) -> (TestApp, Members) {
    let members = Members::default();
    members.set(ADA, Some("free"));
    (start(engine).await.with_hooks(router, members.clone()).await, members)
}

async fn the_hook_is_asked_at_every_sign_in_and_every_refresh(engine: Engine) {
    let (app, members) = with_members(engine).await;
    assert_eq!(app.client().ask_for_code("eve@example.com").await.status, 204);
    assert!(app.mailbox().all().is_empty());
    let mut ada = app.signed_in(ADA).await;
    let before = claims(&ada).await;
    assert_eq!((&before["plan"], &before["role"], &before["email"]), (&json!("free"), &json!(300), &json!(ADA)));
    members.set(ADA, Some("paid"));
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(claims(&ada).await["plan"], "paid");
    members.set(ADA, None);
    assert_token_not_valid(&ada.refresh().await);
    members.set(ADA, Some("paid"));
    assert_token_not_valid(&ada.refresh().await);
}

async fn a_hook_that_fails_lets_nobody_in_and_ends_nothing(engine: Engine) {
    let (app, members) = with_members(engine).await;
    let mut ada = app.signed_in(ADA).await;
    app.advance(Duration::from_mins(1));
    let code = code(&app, ADA).await;
    members.set(ADA, Some("unknown"));
    assert_eq!(app.client().show_code(ADA, &code).await.status, 500);
    assert_eq!(ada.refresh().await.status, 500);
    members.set(ADA, Some("free"));
    assert_eq!(app.client().show_code(ADA, &code).await.status, 200, "the code was not used up");
    assert_eq!(ada.refresh().await.status, 200);
}

/// Sends messages while it can.
#[derive(Clone, Default)]
struct Chat(Arc<Mutex<Vec<String>>>);

impl Hooks for Chat {
    fn deliver_code<'h>(&'h self, _: &'h Auth, user: &'h User, code: &'h SecretString) -> Hook<'h, Result<bool>> {
        Box::pin(async move {
            self.0.lock().unwrap().push(code.expose_secret().to_owned());
            match user.email.split('@').next() {
                Some("ada") => Ok(true),
                Some("bob") => Ok(false),
                _ => Err(anyhow::anyhow!("nobody answers").into()),
            }
        })
    }
}

async fn a_code_may_take_another_way_than_mail_and_is_void_if_it_fails(engine: Engine) {
    let chat = Chat::default();
    let app = start(engine).await.with_hooks(router, chat.clone()).await;
    let last = || chat.0.lock().unwrap().last().unwrap().clone();
    assert_eq!(app.client().ask_for_code(ADA).await.status, 204);
    assert!(app.mailbox().all().is_empty());
    assert_eq!(app.client().show_code(ADA, &last()).await.status, 200);
    let bobs = code(&app, "bob@example.com").await;
    assert_eq!(app.client().show_code("bob@example.com", &bobs).await.status, 200);
    let reply = app.client().ask_for_code("eve@example.com").await;
    assert_eq!((reply.status, reply.text("code")), (503, "mail_unavailable"));
    assert_code_not_valid(&app.client().show_code("eve@example.com", &last()).await);
}
