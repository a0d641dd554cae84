//! The collections of requests in `api/`: up to date, and run from top to bottom against the server.

use std::collections::BTreeMap;

use auth::testing::{Engine, Program, Reply, Server};
use serde_json::Value;

use super::program;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SECRET: &str = "b1gPz7uQ0vXn5tJr8yWcKd2sLf4hAe6m";

auth::on_both_engines!(every_request_of_a_collection_is_answered_as_described);

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

fn of_http_file(file: &str) -> (Variables, Vec<Request>) {
    let (head, requests) = file.split_once("\n### ").unwrap();
    let assignments = head.lines().filter_map(|line| line.strip_prefix('@')?.split_once(" ="));
    let variables = assignments.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    let request = |block: &str| {
        let lines: Vec<&str> = block.lines().skip(1).collect();
        let id = lines[0].strip_prefix("# @name ").unwrap().to_owned();
        let (method, url) = lines[1].split_once(' ').unwrap();
        let rest = &lines[2..];
        let end = rest.iter().position(|line| line.is_empty()).unwrap_or(rest.len());
        let headers = rest[..end].iter().map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = rest[end..].join("\n").trim().to_owned();
        Request { id, method: method.to_owned(), url: url.to_owned(), headers, body }
    };
    (variables, requests.split("\n### ").map(request).collect())
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

/// The answers that are described, by the request.
fn statuses(spec: &Value) -> BTreeMap<String, Vec<String>> {
    let operations = spec["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let of = |operation: &Value| operation["responses"].as_object().unwrap().keys().cloned().collect();
    operations.map(|operation| (text(&operation["operationId"]), of(operation))).collect()
}

#[tokio::test]
async fn both_collections_have_the_same_requests_and_no_operation_is_missing() {
    let program = described(Engine::Sqlite).await;
    let (_, requests) = of_postman(&printed(&program, "postman"));
    assert_eq!(requests, of_http_file(&printed(&program, "http")).1);
    let mut ids: Vec<String> = requests.into_iter().map(|request| request.id).collect();
    ids.sort();
    let spec = serde_json::from_str(&printed(&program, "json")).unwrap();
    assert_eq!(ids, statuses(&spec).into_keys().collect::<Vec<_>>());
}

async fn every_request_of_a_collection_is_answered_as_described(engine: Engine) {
    let program = program(engine).await.with("CRON_SECRET_KEY", SECRET);
    let server = program.serve();
    let spec = serde_json::from_str(&printed(&program, "json")).unwrap();
    let described = statuses(&spec);
    let (mut variables, requests) = of_postman(&printed(&program, "postman"));
    variables.insert("base_url".to_owned(), String::new());
    variables.insert("scheduler_secret".to_owned(), SECRET.to_owned());
    let mut succeeded = 0;
    for request in &requests {
        let reply = send(&server, request, &variables);
        let status = reply.status.to_string();
        assert!(described[&request.id].contains(&status), "{}: {reply:?}", request.id);
        assert!(reply.status < 500, "{}: {reply:?}", request.id);
        succeeded += usize::from(reply.status < 300);
        // What the script of the collection does.
        for name in ["access", "refresh", "session"] {
            if let Some(value) = reply.body[name].as_str() {
                variables.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    // The others need what a mail brings.
    assert!(succeeded * 3 >= requests.len() * 2, "{succeeded} of {}", requests.len());
}
