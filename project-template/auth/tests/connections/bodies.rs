//! Bodies that nobody reads: their senders get their answers nevertheless.

use auth::testing::{Engine, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{LOGIN, OVERSIZED, post, post_json, read, router, status};

#[tokio::test]
async fn whoever_sends_too_much_reads_the_refusal() {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let server = app.listen().await;
    for length in OVERSIZED {
        for _ in 0..10 {
            let answer = post_json(server.address(), LOGIN, length).await;
            assert_eq!(status(&answer), 413, "{length}: {answer}");
            assert!(answer.contains("connection: close") && answer.contains("\"code\":\"body_not_read\""), "{answer}");
        }
    }
}

#[tokio::test]
async fn every_refusal_of_a_request_with_a_long_body_arrives() {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let server = app.listen().await;
    let body = vec![b'x'; 900_000];
    let length = format!("Content-Length: {}\r\n", body.len());
    for _ in 0..10 {
        for (expected, path, headers) in [
            (404, "/nothing/", &*length),
            (405, "/health/live", &length),
            (413, LOGIN, &format!("Expect: 100-continue\r\n{length}")),
            (403, LOGIN, &format!("Origin: https://evil.example\r\n{length}")),
            (431, "/", &format!("{}{length}", "X-Padding: y\r\n".repeat(110))),
        ] {
            let answer = post(server.address(), path, headers, &body).await;
            assert_eq!(status(&answer), expected, "{path} {headers}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_refused_when_it_is_too_long() {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let server = app.listen().await;
    let chunks = format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(50) + "0\r\n\r\n";
    for path in [LOGIN, "/nothing/"] {
        let headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
        let answer = post(server.address(), path, headers, chunks.as_bytes()).await;
        assert_eq!(status(&answer), if path == LOGIN { 413 } else { 404 }, "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_is_announced_too_long_is_not_waited_for() {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let server = app.listen().await;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let headers = format!("Content-Type: application/json\r\nContent-Length: 20000\r\n{expect}");
        let answer = post(server.address(), LOGIN, &headers, b"").await;
        assert_eq!(status(&answer), 413, "{answer}");
    }
}

#[tokio::test]
async fn a_connection_serves_on_after_a_short_body_that_nobody_read() {
    let app = TestApp::start(Engine::Sqlite, router).await;
    let server = app.listen().await;
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    let mut answer = [0; 12];
    for _ in 0..3 {
        connection.write_all(b"POST /nothing/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n").await.unwrap();
        connection.write_all(&[b'x'; 9_000]).await.unwrap();
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 404");
        let mut rest = Vec::new();
        while !rest.ends_with(b"}") {
            rest.push(connection.read_u8().await.unwrap());
        }
        assert!(!String::from_utf8_lossy(&rest).contains("connection: close"));
    }
    connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(status(&read(&mut connection).await), 200);
}

/// A request whose body does not come, and one that the server does not answer.
#[tokio::test]
async fn what_takes_too_long_is_the_clients_fault_if_its_body_did_not_come_and_else_the_servers() {
    let silent = |auth: auth::Auth| {
        let silent = axum::routing::post(async |_: axum::body::Bytes| std::future::pending::<()>().await);
        auth.router().route("/silent/", silent).with_state(auth)
    };
    let app = TestApp::start_with(Engine::Sqlite, silent, |settings| {
        settings.http.request_timeout = std::time::Duration::from_millis(200);
    })
    .await;
    let server = app.listen().await;
    let answer = post(server.address(), "/silent/", "Content-Length: 4\r\n", b"{").await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
    for headers in ["", "Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n"] {
        let answer = post(
            server.address(),
            "/silent/",
            headers,
            if headers.contains("chunked") { b"0\r\n\r\n" } else { b"body" },
        )
        .await;
        assert_eq!(status(&answer), 503, "{answer}");
        assert!(answer.contains("retry-after: 1\r\n") && answer.contains("\"code\":\"timeout\""), "{answer}");
    }
}
