//! What only a connection shows: bodies that nobody reads, clients that hold too many, what stands in front of the server.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected may simply stop")]

mod bodies;
mod clients;
mod proxies;
mod proxy;

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bodies over `http.body_limit`, up to what nginx lets pass by default.
const OVERSIZED: [usize; 4] = [40_000, 100_000, 300_000, 900_000];
const LOGIN: &str = "/jwt-allauth/login/";

fn router(auth: auth::Auth) -> Router {
    auth.router().with_state(auth)
}

/// A request as a client sends it that looks for the answer when all is sent; the rest of the head is `headers`.
async fn post(address: SocketAddr, path: &str, headers: &str, body: &[u8]) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(body).await.unwrap_or_else(|error| panic!("{path}, {} bytes: {error}", body.len()));
    read(&mut connection).await
}

/// As [`post`], of a body that is announced.
async fn post_json(address: SocketAddr, path: &str, length: usize) -> String {
    let headers = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
    post(address, path, &headers, &vec![b'x'; length]).await
}

/// What comes until the connection ends, as a text; empty where it was broken off.
async fn read(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    match connection.read_to_end(&mut answer).await {
        Ok(_) => String::from_utf8_lossy(&answer).into_owned(),
        Err(_) => String::new(),
    }
}

/// The status of an answer; 0 where there is none.
fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}
