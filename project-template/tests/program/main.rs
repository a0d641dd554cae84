//! The program as its operator knows it: started, stopped, killed, and asked to do things.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod collection;
mod commands;
mod crashes;
mod instances;
mod keys;
mod serving;

use auth::testing::{Engine, PASSWORD, Program, Reply, Server};

/// The program of this package, whatever its name is.
const PATH: &str = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));

/// Answers carry the refresh token in the body.
const IN_BODY: &[(&str, &str)] = &[("Prefer", "token")];

async fn program(engine: Engine) -> Program {
    Program::new(PATH, engine).await
}

fn register(server: &Server, email: &str) -> Reply {
    let body = format!(r#"{{"email":"{email}","password1":"{PASSWORD}","password2":"{PASSWORD}"}}"#);
    server.send("POST", "/jwt-allauth/registration/", IN_BODY, &body).unwrap()
}

fn login(server: &Server, email: &str) -> Reply {
    let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    server.send("POST", "/jwt-allauth/login/", IN_BODY, &body).unwrap()
}

/// The body of a refresh.
fn with(token: &str) -> String {
    format!(r#"{{"refresh":"{token}"}}"#)
}

fn refresh(server: &Server, token: &str) -> std::io::Result<Reply> {
    server.send("POST", "/jwt-allauth/refresh/", IN_BODY, &with(token))
}
