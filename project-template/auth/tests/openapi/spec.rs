//! The description, as the tests walk it.

use auth::testing::Reply;
use axum::http::Method;
use serde_json::{Map, Value};

use crate::schema::Schemas;

/// A description that was served.
pub(crate) struct Spec(pub(crate) Value);

/// One method of one path.
pub(crate) struct Operation<'s> {
    pub(crate) name: &'s str,
    pub(crate) method: Method,
    pub(crate) path: &'s str,
    described: &'s Value,
    schemas: Schemas<'s>,
}

impl Spec {
    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let paths = self.0["paths"].as_object().expect("paths");
        paths.iter().flat_map(move |(path, item)| {
            item.as_object().expect("operations").iter().map(move |(method, described)| Operation {
                name: described["operationId"].as_str().expect("an operation has an id"),
                method: method.to_uppercase().parse().expect("a method"),
                path,
                described,
                schemas: Schemas(&self.0),
            })
        })
    }
}

impl Operation<'_> {
    pub(crate) fn text(&self, member: &str) -> &str {
        self.described[member].as_str().unwrap_or_default()
    }

    /// The members of the body, none where it has no body.
    pub(crate) fn members(&self) -> Option<&Map<String, Value>> {
        Some(self.body_schema()?["properties"].as_object().expect("a body has members"))
    }

    pub(crate) fn requires(&self, member: &str) -> bool {
        let required = self.body_schema().and_then(|schema| schema["required"].as_array());
        required.is_some_and(|required| required.iter().any(|name| name == member))
    }

    fn body_schema(&self) -> Option<&Value> {
        let schema = &self.described.get("requestBody")?["content"]["application/json"]["schema"];
        Some(schema.get("$ref").map_or(schema, |reference| self.schemas.resolve(reference)))
    }

    /// A member of the description.
    pub(crate) fn get(&self, member: &str) -> &Value {
        &self.described[member]
    }

    /// The description of the body.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.described.get("requestBody")
    }

    /// The body's example.
    pub(crate) fn example(&self) -> Option<Value> {
        let examples = self.examples(self.described.get("requestBody")?);
        Some(examples.into_iter().next().unwrap_or_else(|| panic!("the body of {} has no example", self.name)))
    }

    /// The answers that are described, each with its status.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.described["responses"].as_object().expect("responses").iter()
    }

    /// The examples of a body or an answer: beside its schema, else the schema's own.
    pub(crate) fn examples(&self, content: &Value) -> Vec<Value> {
        let Some(content) = content["content"].as_object() else { return Vec::new() };
        let mut examples = Vec::new();
        if let Some(media) = content.get("application/json") {
            examples.extend(media.get("example").cloned());
            let several = media["examples"].as_object().into_iter().flatten();
            examples.extend(several.map(|(_, example)| example["value"].clone()));
            if examples.is_empty() {
                let schema = &media["schema"];
                let is_list = schema["type"] == "array";
                let schema = if is_list { &schema["items"] } else { schema };
                let schema = schema.get("$ref").map_or(schema, |reference| self.schemas.resolve(reference));
                examples.extend(
                    schema.get("example").map(|one| if is_list { Value::from(vec![one.clone()]) } else { one.clone() }),
                );
            }
        }
        examples
    }

    /// What is wrong with a body of an answer of this status.
    pub(crate) fn problems(&self, content: &Value, body: &Value) -> Vec<String> {
        self.schemas.problems(&content["content"]["application/json"]["schema"], body)
    }

    /// Panics unless the answer is one that is described.
    pub(crate) fn check(&self, reply: &Reply, asked: &dyn std::fmt::Debug) {
        let Self { name, .. } = self;
        let status = reply.status.to_string();
        let Some(answer) = self.described["responses"].get(&status) else {
            panic!("{name} answers {status}, which is not described: {reply:?} to {asked:?}");
        };
        assert!(reply.status == 503 || reply.status < 500, "{name}: {reply:?} to {asked:?}");
        assert!(!reply.header("x-request-id").is_empty(), "{name}: {reply:?}");
        let hands_out_tokens = reply.body["access"].is_string() && reply.body["refresh"].is_null();
        for (header, described) in answer["headers"].as_object().into_iter().flatten() {
            let is_due = described["required"] == true || (header == "Set-Cookie" && hands_out_tokens);
            assert!(!is_due || !reply.header(header).is_empty(), "{name} {status} lacks {header}: {reply:?}");
        }
        for header in
            ["Set-Cookie", "Location", "Retry-After", "WWW-Authenticate", "Clear-Site-Data", "Content-Language"]
        {
            let is_described = answer["headers"].get(header).is_some();
            assert!(is_described || reply.header(header).is_empty(), "{name} {status}: {header}: {reply:?}");
        }
        if answer.get("content").is_none() {
            assert_eq!(reply.body, Value::Null, "{name}: {reply:?} to {asked:?}");
            return;
        }
        let media = reply.header("content-type").split(';').next().unwrap_or_default();
        assert!(answer["content"].get(media).is_some(), "{name} {status}: {media}: {reply:?} to {asked:?}");
        if media != "application/json" {
            return;
        }
        let problems = self.problems(answer, &reply.body);
        assert!(problems.is_empty(), "{name} {status}: {problems:?}: {reply:?} to {asked:?}");
        let codes = answer["content"]["application/json"]["examples"].as_object();
        if let (Some(codes), Some(code)) = (codes, reply.body["code"].as_str()) {
            assert!(codes.contains_key(code), "{name} {status}: the code {code} is not described: {asked:?}");
        }
    }
}
