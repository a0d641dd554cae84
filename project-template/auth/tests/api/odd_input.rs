//! Whatever a client sends, the fault is the client's: no answer of 500 and above, and no harm done.

use auth::testing::{Client, Engine, PASSWORD};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request};
use serde_json::{Map, Value, json};

use super::{configured, start};

auth::on_both_engines!(no_body_makes_an_endpoint_fail, no_header_makes_an_endpoint_fail);

const ENDPOINTS: [(Method, &str); 9] = [
    (Method::POST, "registration/"),
    (Method::POST, "login/"),
    (Method::POST, "refresh/"),
    (Method::POST, "logout/"),
    (Method::PATCH, "user/"),
    (Method::DELETE, "user/"),
    (Method::POST, "password/change/"),
    (Method::POST, "token/verify/"),
    (Method::DELETE, "sessions/0/"),
];

const FIELDS: [&str; 13] = [
    "email",
    "password",
    "password1",
    "password2",
    "first_name",
    "last_name",
    "refresh",
    "old_password",
    "new_password1",
    "new_password2",
    "token",
    "",
    "\u{0}",
];

const TEXTS: [&str; 20] = [
    "",
    " ",
    "\u{0}",
    "a\u{0}b",
    "\u{feff}",
    "\u{202e}txt",
    "\u{1f40e}",
    "e\u{301}\u{301}\u{301}",
    "\u{fdfa}",
    "İ@İ.com",
    "ada@example.com",
    "@",
    "a@b.c",
    "x@xn--a.com",
    "x@\u{df}.de",
    "'; drop table users; --",
    "%s%n",
    "../../etc",
    "a.b.c",
    "eyJhbGciOiJub25lIn0.e30.",
];

/// A generator of numbers, the same ones each time (xorshift, Marsaglia 2003).
struct Odd(u64);

impl Odd {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn text(&mut self) -> String {
        match self.below(4) {
            0 => self.pick(&TEXTS).repeat(1 + self.below(300)),
            1 => (0..self.below(40))
                .filter_map(|_| char::from_u32(u32::try_from(self.below(0x11_0000)).unwrap()))
                .collect(),
            _ => self.pick(&TEXTS).to_owned(),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => self.pick(&[json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e308), json!(0.1)]),
            3..=6 => json!(self.text()),
            7 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(self.object(depth - 1)),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Value> {
        (0..self.below(6)).map(|_| (self.pick(&FIELDS).to_owned(), self.value(depth))).collect()
    }

    fn body(&mut self) -> Vec<u8> {
        let mut body = match self.below(8) {
            0 => self.value(3).to_string().into_bytes(),
            _ => Value::Object(self.object(3)).to_string().into_bytes(),
        };
        if self.below(5) == 0 && !body.is_empty() {
            let place = self.below(body.len());
            body[place] = u8::try_from(self.below(256)).unwrap();
        }
        body
    }
}

async fn send(client: &Client, method: &Method, path: &str, request: axum::http::request::Builder, body: Vec<u8>) {
    let shown = String::from_utf8_lossy(&body).into_owned();
    let request = request.method(method).uri(format!("/jwt-allauth/{path}")).body(Body::from(body)).unwrap();
    let reply = client.send_raw(request).await;
    assert!(reply.status < 500, "{method} {path} {shown}\n{reply:?}");
    assert!(reply.status == 204 || !reply.body.is_string(), "an answer that is no JSON: {reply:?}");
}

async fn no_body_makes_an_endpoint_fail(engine: Engine) {
    // There are many wrong passwords among them.
    let app = configured(engine, "[throttle]\nenabled = false").await;
    let mut odd = Odd(0x9e37_79b9_7f4a_7c15);
    let mut ada = app.signed_in("ada@example.com").await;
    for round in 0..150 {
        for (method, path) in &ENDPOINTS {
            let mut client = ada.clone();
            if *path == "refresh/" || *path == "logout/" {
                client = app.client();
            }
            let request = Request::builder().header("content-type", "application/json");
            send(&client, method, path, request, odd.body()).await;
        }
        if round % 50 == 0 {
            assert_eq!(ada.refresh().await.status, 200, "nothing has happened to this session");
        }
    }
    assert_eq!(app.client().login("ada@example.com", PASSWORD).await.status, 200, "nor to this account");
}

async fn no_header_makes_an_endpoint_fail(engine: Engine) {
    let app = start(engine).await;
    let mut odd = Odd(0x2545_f491_4f6c_dd1d);
    app.signed_in("ada@example.com").await;
    let names = [
        "authorization",
        "cookie",
        "prefer",
        "content-type",
        "origin",
        "host",
        "sec-fetch-site",
        "user-agent",
        "x-forwarded-for",
        "accept-language",
        "content-length",
    ];
    let values: [&[u8]; 12] = [
        b"",
        b"Bearer",
        b"Bearer \xff",
        b"Bearer a.b.c",
        b"\xff\xfe",
        b"refresh_token=\xc3\x28",
        b"=;=;;",
        b"refresh_token",
        b"application/json",
        b"null",
        b"999.1.1.1, ::1, x",
        b"-1",
    ];
    for _ in 0..600 {
        let (method, path) = odd.pick(&ENDPOINTS);
        let mut request = Request::builder();
        for _ in 0..=odd.below(4) {
            request = request.header(odd.pick(&names), HeaderValue::from_bytes(odd.pick(&values)).unwrap());
        }
        let credentials = json!({ "email": "ada@example.com", "password": PASSWORD });
        send(&app.client(), &method, path, request, credentials.to_string().into_bytes()).await;
    }
}
