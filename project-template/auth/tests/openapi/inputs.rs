//! Bodies that nobody means to send, the same in every run.

use serde_json::{Map, Value, json};

/// Where the sequence of choices begins; another number tries others.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Values for a member, most of them wrong for it.
fn values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!(u64::MAX),
        json!(""),
        json!(" \t\n"),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("a\u{7f}\u{85}\r\nSet-Cookie: a=b"),
        json!("a".repeat(151)),
        json!("a".repeat(1_025)),
        json!("\u{1f9d1}\u{200d}\u{1f680}".repeat(500)),
        json!("e\u{301}\u{202e}\u{fdfa}\u{feff}"),
        json!("' or 1=1; drop table users; --"),
        json!("a@b.c"),
        json!("zoë@bücher.example"),
        json!(format!("{}@example.com", "a".repeat(250))),
        json!("{{7*7}}%s%n${jndi:x}"),
        json!("eyJhbGciOiJub25lIn0.e30."),
        json!([]),
        json!(["ada@example.com"]),
        json!({}),
        json!({ "$gt": "" }),
        json!({ "a": { "b": [{ "c": [[[[[]]]]] }] } }),
    ]
}

/// The example without each member, with each member as each of the values, and with several members changed at once.
pub(crate) fn mutated(example: &Value, members: &Map<String, Value>) -> Vec<Value> {
    let mut bodies = vec![example.clone(), json!({})];
    for name in members.keys() {
        let mut without = example.clone();
        without.as_object_mut().expect("an object").remove(name);
        bodies.push(without);
        bodies.extend(values().into_iter().map(|value| with(example, name, value)));
    }
    let names: Vec<&String> = members.keys().collect();
    let values = values();
    let mut state = SEED;
    for _ in 0..40 {
        let mut body = example.clone();
        for _ in 0..2 {
            let name = names[choose(&mut state, names.len())];
            body = with(&body, name, values[choose(&mut state, values.len())].clone());
        }
        bodies.push(with(&body, "role", json!(1000)));
    }
    bodies
}

pub(crate) fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[name] = value;
    body
}

/// Texts that are no JSON object of a sensible size.
pub(crate) fn texts() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = [
        "",
        " ",
        "{",
        "{}}",
        "[]",
        "null",
        "1",
        "\"text\"",
        "true",
        "1.5",
        "{\"email\":1e999}",
        "{\"email\":\"\\ud800\"}",
        "{'email':'a'}",
        "{\"email\":\"a\",\"email\":\"b\"}",
        "email=a%40b.c&password=c",
        "<email/>",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    texts.push(b"{\"email\":\"\xff\xfe\"}".to_vec());
    texts.push(format!("{{\"email\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000)).into_bytes());
    texts.push(format!("{{{}}}", (0..500).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(",")).into_bytes());
    texts.push(format!("{{\"email\":\"{}\"}}", "a".repeat(20_000)).into_bytes());
    texts
}

/// The next of a sequence (xorshift64), below `count`.
fn choose(state: &mut u64, count: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap_or_default() % count
}
