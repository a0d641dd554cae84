#!/usr/bin/env bash
# axum 0.8.9 with rustc 1.95: each handler costs the compiler about as much as everything that it awaits, many times over.
# Around a handler axum has half a dozen generic types that name the function; for each of them the code generation selects
# implementations anew, and with them proves that the future is `Send`, through all futures that it awaits. A handler that
# is a pointer to a function has one type for all handlers, and the same program is built in less than 2/3 of the time.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "handlers"
version = "0.0.0"
edition = "2024"

[features]
pointers = []

[dependencies]
axum = { version = "=0.8.9", default-features = false, features = ["tokio", "http1"] }
tokio = { version = "1", features = ["rt", "net"] }

# The time of the proofs alone.
[profile.dev]
debug = false
incremental = false
TOML
# A handler awaits a tree of 400 functions; there are 60 handlers.
{
    cat <<'RUST'
use axum::{Router, extract::{Request, State}, handler::Handler, response::Response, routing::get};
use std::pin::Pin;

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

#[derive(Clone, Copy)]
pub struct Pointer(fn(Request, State_) -> Answer);

impl Handler<(), State_> for Pointer {
    type Future = Answer;
    fn call(self, request: Request, state: State_) -> Answer { self.0(request, state) }
}

pub fn call<T, H: Handler<T, State_, Future = Answer>>(handler: H, request: Request, state: State_) -> Answer {
    handler.call(request, state)
}

type State_ = std::sync::Arc<String>;

#[cfg(feature = "pointers")]
macro_rules! handler { ($f:ident) => { Pointer(|request, state| call($f, request, state)) } }
#[cfg(not(feature = "pointers"))]
macro_rules! handler { ($f:ident) => { $f } }
RUST
    for n in $(seq 1 400); do
        echo "async fn f$n(text: &str) -> usize { let mut sum = text.len();"
        for child in $((2 * n)) $((2 * n + 1)); do
            [ "$child" -le 400 ] && echo "sum += f$child(text).await;"
        done
        echo "tokio::task::yield_now().await; sum }"
    done
    routes=
    for n in $(seq 1 60); do
        echo "async fn handler$n(State(state): State<State_>) -> String { f1(&state).await.to_string() }"
        routes+=".route(\"/$n\", get(handler!(handler$n)))"
    done
    echo "fn main() { let router: Router = Router::new()$routes.with_state(State_::default()); drop(router); }"
} >src/main.rs

TIMEFORMAT=%U
export RUSTFLAGS=--cap-lints=allow
cargo build --quiet
seconds() {
    touch src/main.rs
    { time cargo build --quiet "$@"; } 2>&1
}
plain=$(seconds) pointers=$(seconds --features pointers)
rustc --version
echo "handlers by their own types: $plain s; as pointers: $pointers s of processor time"
awk -v a="$plain" -v b="$pointers" 'BEGIN { exit !(b < a * 2 / 3) }'
