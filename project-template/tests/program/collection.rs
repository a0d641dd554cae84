//! The collections of requests in `api/`: up to date, and run from top to bottom against the server.

use std::collections::{BTreeMap, BTreeSet};

use auth::testing::{Engine, Program, Reply, Server};
use serde_json::Value;

use super::program;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SECRET: &str = "b1gPz7uQ0vXn5tJr8yWcKd2sLf4hAe6m";

auth::on_both_engines!(every_request_of_a_collection_succeeds_in_one_run);

/// The program with the settings of the project, so that the collection has what the project has.
async fn described(engine: Engine) -> Program {
    program(engine).await.with("SETTINGS_FILE", &format!("{ROOT}/settings.toml")).with("CRON_SECRET_KEY", SECRET)
}

fn printed(program: &Program, format: &str) -> String {
    let output = program.run(&["openapi", "--format", format]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_collections_are_those_of_this_api() {
    let program = described(Engine::Sqlite).await;
    for (format, file) in [("postman", "api/postman.json"), ("http", "api/requests.http")] {
        let committed = std::fs::read_to_string(format!("{ROOT}/{file}")).unwrap();
        let is_same = committed == printed(&program, format);
        assert!(is_same, "{file} is out of date: cargo run -- openapi --format {format} > {file}");
    }
}

/// A request as it is sent.
#[derive(Debug, PartialEq)]
struct Request {
    id: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// What the requests have in place of values.
type Variables = BTreeMap<String, String>;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn of_postman(collection: &str) -> (Variables, Vec<Request>) {
    let collection: Value = serde_json::from_str(collection).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let variables = list(&collection["variable"]).iter().map(|one| (text(&one["key"]), text(&one["value"]))).collect();
    let items = list(&collection["item"]).iter().flat_map(|folder| list(&folder["item"])).collect::<Vec<_>>();
    let request = |item: &Value| Request {
        id: text(&item["id"]),
        method: text(&item["request"]["method"]),
        url: text(&item["request"]["url"]),
        headers: list(&item["request"]["header"]).iter().map(|one| (text(&one["key"]), text(&one["value"]))).collect(),
        body: text(&item["request"]["body"]["raw"]),
    };
    (variables, items.iter().map(request).collect())
}

fn of_http_file(file: &str) -> Vec<Request> {
    let request = |block: &str| {
        let (block, _) = block.split_once("\n\n{{\n").unwrap();
        let lines: Vec<&str> = block.lines().skip(1).filter(|line| !line.starts_with("# @disabled")).collect();
        let id = lines[0].strip_prefix("# @name ").unwrap().to_owned();
        let (method, url) = lines[1].split_once(' ').unwrap();
        let rest = &lines[2..];
        let end = rest.iter().position(|line| line.is_empty()).unwrap_or(rest.len());
        let headers = rest[..end].iter().map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = rest[end..].join("\n").trim().to_owned();
        Request { id, method: method.to_owned(), url: url.to_owned(), headers, body }
    };
    file.split("\n### ").skip(1).map(request).collect()
}

fn filled(text: &str, variables: &Variables) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

fn send(server: &Server, request: &Request, variables: &Variables) -> Reply {
    let url = filled(&request.url, variables);
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .filter(|(name, _)| name != "Content-Type")
        .map(|(name, value)| (name.clone(), filled(value, variables)))
        .collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(!format!("{url}{headers:?}").contains("{{"), "a variable without a value: {request:?}");
    server.send(&request.method, &url, &headers, &filled(&request.body, variables)).unwrap()
}

/// The statuses of success, by the request, and that of what the settings have turned off.
fn fine(spec: &Value) -> BTreeMap<String, Vec<u16>> {
    let paths = spec["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| item.as_object().unwrap().values().map(move |one| (path, one)));
    let of = |(path, operation): (&String, &Value)| {
        let statuses = operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap());
        let is_fine = |status: &u16| *status < 300 || (*status == 404 && !path.contains('{'));
        (text(&operation["operationId"]), statuses.filter(is_fine).collect())
    };
    operations.map(of).collect()
}

/// The operation of a request: signing in comes several times.
fn operation(id: &str) -> &str {
    if id.starts_with("login") && id.ends_with(|last: char| last.is_ascii_digit()) { "login" } else { id }
}

#[tokio::test]
async fn both_collections_have_the_same_requests_and_no_operation_is_missing() {
    let program = described(Engine::Sqlite).await;
    let (_, requests) = of_postman(&printed(&program, "postman"));
    assert_eq!(requests, of_http_file(&printed(&program, "http")));
    let ids: BTreeSet<&str> = requests.iter().map(|request| operation(&request.id)).collect();
    let spec = serde_json::from_str(&printed(&program, "json")).unwrap();
    let mut operations = fine(&spec);
    assert!(operations.remove("deleteUserByPost").is_some(), "a run has one account, which `deleteUser` removes");
    assert_eq!(ids, operations.keys().map(String::as_str).collect());
}

#[tokio::test]
async fn no_variable_of_the_http_file_is_empty() {
    let program = described(Engine::Sqlite).await;
    let file = printed(&program, "http");
    let variables: Vec<&str> = file.lines().filter(|line| line.starts_with('@')).collect();
    assert!(variables.len() > 9 && variables.iter().all(|line| !line.ends_with('=')), "{variables:?}");
}

/// One run, twice: whatever needs no mail succeeds.
async fn every_request_of_a_collection_succeeds_in_one_run(engine: Engine) {
    let program = program(engine).await.with("CRON_SECRET_KEY", SECRET);
    let server = program.serve();
    let spec = serde_json::from_str(&printed(&program, "json")).unwrap();
    let fine = fine(&spec);
    let (mut variables, requests) = of_postman(&printed(&program, "postman"));
    variables.insert("base_url".to_owned(), String::new());
    variables.insert("scheduler_secret".to_owned(), SECRET.to_owned());
    for run in 0..2 {
        // An address gets a mail of a kind once a minute.
        variables.insert("email".to_owned(), format!("ada{run}@example.com"));
        let mut left_out = Vec::new();
        for request in &requests {
            let whole = format!("{request:?}");
            let by_hand = [
                "link_key",
                "code",
                "reset_cookie",
                "invitation_cookie",
                "passkey",
                "passkey_challenge",
                "app_code",
                "recovery_code",
                "challenge_id",
                "provider",
                "social_account",
            ];
            let needs_factor = ["renewRecoveryCodes", "deactivateSecondFactor"].contains(&request.id.as_str());
            if needs_factor || by_hand.iter().any(|name| whole.contains(&format!("{{{{{name}}}}}"))) {
                left_out.push(request.id.as_str());
                continue;
            }
            let reply = send(&server, request, &variables);
            assert!(fine[operation(&request.id)].contains(&reply.status), "{run}: {}: {reply:?}", request.id);
            // What the scripts of the collection do.
            for name in ["access", "refresh", "session"] {
                if let Some(value) = reply.body[name].as_str() {
                    variables.insert(name.to_owned(), value.to_owned());
                }
            }
            if request.body.contains("new_password1") {
                let (old, new) = (variables["password"].clone(), variables["new_password"].clone());
                variables.extend([("password".to_owned(), new), ("new_password".to_owned(), old)]);
            }
        }
        assert!(left_out.len() <= 22, "{left_out:?}");
        let gone = format!(r#"{{"email":"ada{run}@example.com","password":"{}"}}"#, variables["password"]);
        assert_eq!(server.send("POST", "/jwt-allauth/login/", &[], &gone).unwrap().status, 401, "the account stays");
    }
}
