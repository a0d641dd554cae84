//! Languages: what a reader of another language gets, and what stays as it is.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod accounts;
mod answers;
mod owner;
mod sentences;
mod texts;

use auth::Auth;
use auth::testing::{Client, Engine, TestApp};
use axum::Router;

const ADA: &str = "ada@example.com";
const USER: &str = "/jwt-allauth/user/";
const LOGIN: &str = "/jwt-allauth/login/";
const REGISTRATION: &str = "/jwt-allauth/registration/";
const RESET: &str = "/jwt-allauth/password/reset/";

const OFFERED: &str = "[languages]\noffered = [\"en\", \"de\", \"fr\"]\n";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

async fn configured(engine: Engine, toml: &str) -> TestApp {
    TestApp::configured(engine, router, &format!("{OFFERED}{toml}")).await
}

fn reading(client: Client, languages: &str) -> Client {
    client.with_header("accept-language", languages)
}
