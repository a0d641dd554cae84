use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::testing::certificate;

/// A server that answers every command with the same line. Returns its port, and its certificate if it speaks TLS.
async fn answering(line: &'static str, tls: bool) -> (u16, String) {
    let (acceptor, certificate) = certificate::localhost();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream: Pin<Box<dyn AsyncStream + Send + Sync>> = if tls {
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                Box::pin(stream)
            } else {
                Box::pin(stream)
            };
            let mut bytes = [0; 1024];
            while let Ok(read @ 1..) = stream.read(&mut bytes).await {
                let commands =
                    String::from_utf8_lossy(&bytes[..read]).lines().filter(|line| line.starts_with('*')).count();
                let _ = stream.write_all(line.repeat(commands.max(1)).as_bytes()).await;
            }
        }
    });
    (port, certificate)
}

async fn trouble(url: String, ca: Option<&str>) -> String {
    let files = tempfile::TempDir::new().unwrap();
    let ca_file = ca.map(|pem| certificate::file(files.path(), pem));
    let settings = Settings { url: Some(url.into()), ca_file, timeout: CONNECT, pause: CONNECT };
    match Server::new(&settings) {
        Ok(server) => server.unwrap().connect().await.err().map(|error| error.to_string()).unwrap_or_default(),
        Err(error) => format!("{error:#}"),
    }
}

fn assert_says(trouble: &str, words: &[&str]) {
    for word in words {
        assert!(trouble.contains(word), "{word}: {trouble}");
    }
    assert!(!trouble.contains("hunter2"), "{trouble}");
}

#[tokio::test]
async fn a_certificate_is_trusted_if_its_authority_is_and_its_name_is_right() {
    let (port, pem) = answering("+OK\r\n", true).await;
    let url = format!("rediss://:hunter2@localhost:{port}");
    assert_eq!(trouble(url.clone(), Some(&pem)).await, "");
    let at = format!("localhost:{port}: ");
    assert_says(&trouble(url.clone(), None).await, &[&at, "UnknownIssuer", "`redis.ca_file`"]);
    let other = answering("+OK\r\n", true).await.1;
    assert_says(&trouble(url.clone(), Some(&other)).await, &[&at, "`redis.ca_file`"]);
    let by_address = url.replace("localhost", "127.0.0.1");
    assert_says(&trouble(by_address, Some(&pem)).await, &["not valid for name", "`redis.url`"]);
}

#[tokio::test]
async fn a_file_of_certificates_has_at_least_one() {
    let url = || "rediss://localhost".to_owned();
    for (pem, cause) in [
        ("", "is not a file of certificates in PEM"),
        ("no certificate", "is not a file of certificates in PEM"),
        ("-----BEGIN hunter2\n", "is not a file of certificates in PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "has a certificate that is of no use: "),
    ] {
        assert_says(&trouble(url(), Some(pem)).await, &["`redis.ca_file`", &format!("ca.pem, which {cause}")]);
    }
    let missing =
        Settings { url: Some(url().into()), ca_file: Some("missing.pem".into()), timeout: CONNECT, pause: CONNECT };
    let problem = format!("{:#}", Server::new(&missing).err().unwrap());
    assert_says(&problem, &["`redis.ca_file`", "missing.pem, which cannot be read: No such file"]);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_the_setting_to_look_at() {
    for (line, login, words) in [
        (
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
            ":hunter2@",
            "correct the user and the password",
        ),
        ("-NOAUTH Authentication required.\r\n", "", "asks for a password"),
    ] {
        let (port, _) = answering(line, false).await;
        let trouble = trouble(format!("redis://{login}127.0.0.1:{port}/3"), None).await;
        assert_says(&trouble, &[words, "`redis.url`"]);
    }
    let (port, pem) = answering("-ERR\r\n", false).await;
    assert_says(
        &trouble(format!("rediss://localhost:{port}"), Some(&pem)).await,
        &["does not speak TLS", "`redis.url`"],
    );
    let (port, _) = answering("rubbish\r\n", false).await;
    assert_ne!(trouble(format!("redis://localhost:{port}/1"), None).await, "");
}
