//! What holds of every operation, whatever the API has.

use std::collections::BTreeSet;

use auth::sessions::Transport;
use auth::testing::Engine;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

use super::{inputs, own, path, send, sign_out, somebody, start};

auth::on_both_engines!(
    every_example_is_answered_with_the_success_that_is_described,
    every_member_of_a_body_is_read_and_no_other,
    whatever_is_sent_the_answer_is_one_that_is_described,
    whoever_asks_the_answer_is_one_that_is_described,
);

async fn every_example_is_answered_with_the_success_that_is_described(engine: Engine) {
    let ways = [(Transport::Cookie, true), (Transport::Cookie, false), (Transport::Body, false)];
    for (transport, access_cookie) in ways {
        let (app, spec) = start(engine, |settings| {
            settings.sessions.transport = transport;
            settings.sessions.access_cookie = access_cookie;
        })
        .await;
        for operation in spec.operations() {
            let (mut client, email) = somebody(&app, &operation).await;
            let body = own(&app, &operation, &client, &email).await;
            if access_cookie {
                client.access.clear();
            }
            let reply = send(&app, &operation, (&client, &email), body.as_ref()).await;
            assert!((200..300).contains(&reply.status), "{}: {reply:?}", operation.name);
            operation.check(&reply, &"its example");
            assert!(transport == Transport::Body || reply.body["refresh"].is_null(), "{reply:?}");
        }
    }
}

async fn every_member_of_a_body_is_read_and_no_other(engine: Engine) {
    let (app, spec) = start(engine, |_| ()).await;
    for operation in spec.operations() {
        let Some(members) = operation.members() else { continue };
        let (client, email) = somebody(&app, &operation).await;
        let example = own(&app, &operation, &client, &email).await.expect("an example");
        // Signing out takes whatever credential is good, and does not complain about another.
        for (name, schema) in members.iter().filter(|_| !operation.path.ends_with("/logout/")) {
            let (value, expected) = match schema["type"].as_str() {
                Some("boolean") => (json!({}), "Must be a valid boolean."),
                Some("integer") => (json!({}), "A valid integer is required."),
                Some("object") => (json!("x"), "Expected a dictionary of items but got type \"str\"."),
                _ => (json!({}), "Not a valid string."),
            };
            let wrong = send(&app, &operation, (&client, &email), Some(&inputs::with(&example, name, value))).await;
            assert_eq!(wrong.status, 400, "{} does not read `{name}`: {wrong:?}", operation.name);
            assert_eq!(wrong.body[name], json!([expected]), "{}: {wrong:?}", operation.name);
        }
        for name in members.keys().filter(|name| operation.requires(name)) {
            let mut without = example.clone();
            without.as_object_mut().expect("an object").remove(name);
            let missing = send(&app, &operation, (&client, &email), Some(&without)).await;
            assert_eq!(missing.body[name], json!(["This field is required."]), "{}: {missing:?}", operation.name);
        }
        let nothing = send(&app, &operation, (&client, &email), Some(&json!({}))).await;
        let named =
            nothing.body.as_object().into_iter().flatten().map(|(name, _)| name).filter(|_| nothing.status == 400);
        let is_known = |name: &String| members.contains_key(name) || name == "non_field_errors";
        assert!(named.into_iter().all(is_known), "{}: {nothing:?}", operation.name);
    }
}

async fn whatever_is_sent_the_answer_is_one_that_is_described(engine: Engine) {
    let (app, spec) = start(engine, |_| ()).await;
    for operation in spec.operations() {
        let (mut client, mut email) = somebody(&app, &operation).await;
        for body in own(&app, &operation, &client, &email).await.map_or_else(Vec::new, |example| {
            inputs::mutated(&example, operation.members().expect("a body with an example has members"))
        }) {
            let reply = send(&app, &operation, (&client, &email), Some(&body)).await;
            operation.check(&reply, &body);
            if reply.status < 300 {
                (client, email) = somebody(&app, &operation).await;
            }
        }
        let target = path(&app, &operation, &client, &email).await;
        for (media_type, text) in inputs::texts().into_iter().flat_map(|text| {
            ["application/json", "text/plain", "application/x-www-form-urlencoded", ""]
                .map(|media| (media, text.clone()))
        }) {
            let request = Request::builder().method(operation.method.clone()).uri(&target);
            let request =
                if media_type.is_empty() { request } else { request.header(header::CONTENT_TYPE, media_type) };
            let reply = client.send_raw(request.body(Body::from(text.clone())).expect("a request")).await;
            operation.check(&reply, &(media_type, String::from_utf8_lossy(&text)));
            if reply.status < 300 {
                (client, email) = somebody(&app, &operation).await;
            }
        }
        assert!(!email.is_empty());
    }
}

async fn whoever_asks_the_answer_is_one_that_is_described(engine: Engine) {
    let (app, spec) = start(engine, |_| ()).await;
    for operation in spec.operations() {
        let (signed_out, email) = somebody(&app, &operation).await;
        let body = own(&app, &operation, &signed_out, &email).await;
        let target = path(&app, &operation, &signed_out, &email).await;
        sign_out(&signed_out).await;
        let (mut swapped, _) = somebody(&app, &operation).await;
        std::mem::swap(&mut swapped.access, &mut swapped.refresh);
        let mut clients = vec![signed_out, swapped, app.client()];
        for value in ["Bearer", "Bearer a b", "Bearer é", "Bearer a.b.c", "Basic YTpi", "", "bearer  "] {
            clients.push(app.client().with_header("authorization", value));
        }
        clients.push(app.client().with_header("cookie", "refresh_token=a.b.c; refresh_token="));
        clients.push(app.client().with_header("prefer", "respond-async, token;q=é, cookies"));
        clients.push(app.client().with_header("origin", "https://evil.example"));
        clients.push(app.client().with_header("sec-fetch-site", "cross-site"));
        for client in clients {
            let reply = client.send(operation.method.clone(), &target, body.as_ref()).await;
            operation.check(&reply, &(&client.headers, &body));
        }
        for id in ["0", "%00", "%F0%9F%A7%91", "..%2F..", "0199a3f0-7f3c-7a80-b1b2-5f5b7a0d3c11", "%ff"] {
            let (client, _) = somebody(&app, &operation).await;
            let target = operation.path.replace("{id}", id);
            operation.check(&client.send(operation.method.clone(), &target, body.as_ref()).await, &target);
        }
    }
}

#[tokio::test]
async fn every_body_and_every_answer_has_an_example_that_fits_it() {
    let (_app, spec) = start(Engine::default(), |_| ()).await;
    let mut names = BTreeSet::new();
    for operation in spec.operations() {
        assert!(names.insert(operation.name), "{} is there twice", operation.name);
        assert!(!operation.text("summary").is_empty(), "{} has no summary", operation.name);
        let (body, schema) = (operation.example(), operation.body());
        if let (Some(body), Some(schema)) = (body, schema) {
            assert_eq!(operation.problems(schema, &body), Vec::<String>::new(), "{}", operation.name);
        }
        for (status, answer) in operation.answers() {
            assert!(!answer["description"].as_str().unwrap_or_default().is_empty(), "{} {status}", operation.name);
            let examples = operation.examples(answer);
            assert_eq!(examples.is_empty(), answer.get("content").is_none(), "{} {status}", operation.name);
            for example in examples {
                assert_eq!(operation.problems(answer, &example), Vec::<String>::new(), "{} {status}", operation.name);
            }
        }
    }
}

#[tokio::test]
async fn the_paths_that_are_described_are_those_that_are_served_under_any_prefix() {
    for prefix in ["", "/jwt-allauth", "/auth/v1"] {
        let (app, spec) = start(Engine::default(), |settings| settings.http.prefix = prefix.to_owned()).await;
        assert!(spec.0["paths"][format!("{prefix}/login/code/")].is_object(), "{prefix}");
        for operation in spec.operations() {
            for target in [operation.path, operation.path.trim_end_matches('/')] {
                let reply = app.client().send(operation.method.clone(), target, None).await;
                operation.check(&reply, &target);
                assert!(reply.status != 405 && reply.text("code") != "not_found", "{target}: {reply:?}");
                let wrong = app.client().send(Method::TRACE, target, None).await;
                assert_eq!(wrong.status, 405, "{target}: {wrong:?}");
            }
        }
    }
}
