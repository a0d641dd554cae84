//! What people and the programs they generate read in the description.

use std::collections::BTreeSet;

use auth::testing::Engine;
use serde_json::{Value, json};

use super::{own, send, somebody, start};

auth::on_both_engines!(
    the_example_of_a_wrong_body_is_what_is_answered,
    a_browser_gets_pages_where_the_description_says_so_and_nowhere_else,
);

/// Every schema that something refers to.
fn referred(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|one| one.rsplit('/').next());
            found.extend(name.map(str::to_owned));
            members.values().for_each(|member| referred(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| referred(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_schema_is_used_and_says_nothing_about_the_source() {
    let (_app, spec) = start(Engine::default(), |_| ()).await;
    let mut used = BTreeSet::new();
    referred(&spec.0, &mut used);
    let schemas = spec.0["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.keys().cloned().collect::<BTreeSet<_>>(), used);
    let text = spec.0.to_string();
    assert!(!text.contains("::"), "{}", &text[text.find("::").unwrap_or_default().saturating_sub(80)..][..160]);
}

#[tokio::test]
async fn every_operation_is_named_as_a_method_and_says_whether_it_needs_a_credential() {
    let (_app, spec) = start(Engine::default(), |_| ()).await;
    let groups: Vec<&Value> = spec.0["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    assert!(spec.0["tags"].as_array().unwrap().iter().all(|tag| tag["description"].is_string()), "{groups:?}");
    for operation in spec.operations() {
        let name = operation.name;
        assert!(name.chars().all(|one| one.is_ascii_alphanumeric()) && !name.contains("__"), "{name}");
        assert!(name.starts_with(|first: char| first.is_ascii_lowercase()), "{name}");
        let credentials = operation.get("security").as_array().unwrap_or_else(|| panic!("{name} says nothing"));
        let refusals = operation.answers().any(|(status, _)| status == "401");
        assert!(credentials.is_empty() || refusals, "{name} needs a credential and is never refused for want of one");
        assert!(groups.contains(&&operation.get("tags")[0]), "{name}: a group that is not described");
    }
    let login = spec.operations().find(|operation| operation.name == "loginWithCode").unwrap();
    assert_eq!(login.get("security"), &json!([]));
}

async fn the_example_of_a_wrong_body_is_what_is_answered(engine: Engine) {
    let (app, spec) = start(engine, |_| ()).await;
    for operation in spec.operations() {
        let Some(members) = operation.members() else { continue };
        let (_, answer) = operation.answers().find(|(status, _)| *status == "400").expect("bodies can be wrong");
        let example = &answer["content"]["application/json"]["examples"]["fields"]["value"];
        let (name, messages) = example.as_object().expect("fields").iter().next().expect("a member");
        assert!(members.contains_key(name), "{}: `{name}` is no member", operation.name);
        // Signing out takes whatever credential is good, and does not complain about another.
        if operation.name == "logout" {
            continue;
        }
        let (client, email) = somebody(&app, &operation).await;
        let mut body = own(&app, &operation, &client, &email).await.expect("an example");
        if operation.requires(name) {
            body.as_object_mut().expect("an object").remove(name);
        } else {
            body[name] = json!({});
        }
        let reply = send(&app, &operation, (&client, &email), Some(&body)).await;
        assert_eq!((reply.status, &reply.body[name]), (400, messages), "{}: {reply:?}", operation.name);
    }
}

async fn a_browser_gets_pages_where_the_description_says_so_and_nowhere_else(engine: Engine) {
    let (app, spec) = start(engine, |_| ()).await;
    for operation in spec.operations() {
        let (client, email) = somebody(&app, &operation).await;
        let body = own(&app, &operation, &client, &email).await;
        let client = client.with_header("accept", "text/html");
        let says_so = operation.answers().any(|(_, answer)| answer["content"].get("text/html").is_some());
        let mut media = BTreeSet::new();
        for body in [Some(body), operation.members().map(|_| Some(json!({})))].into_iter().flatten() {
            let reply = send(&app, &operation, (&client, &email), body.as_ref()).await;
            operation.check(&reply, &"text/html");
            // Where a page is next.
            let is_led_on = reply.status == 303;
            media.insert(if is_led_on { "text/html".to_owned() } else { reply.header("content-type").to_owned() });
        }
        assert_eq!(media.iter().any(|one| one.starts_with("text/html")), says_so, "{}: {media:?}", operation.name);
    }
}
