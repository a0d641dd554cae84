//! The worker with a slow mail server.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::email_verification::Mode;
use crate::mail::{Tls, Transport};
use crate::testing::{Engine, PASSWORD, TestApp};

/// Longer than the test takes, and shorter than `mail.timeout`.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that never answers for a recipient that contains "slow". Reports every recipient.
async fn server() -> (u16, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (named, recipients) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(converse(connection, named.clone()));
        }
    });
    (port, recipients)
}

async fn converse(mut connection: TcpStream, named: UnboundedSender<String>) -> std::io::Result<()> {
    let (read, mut write) = connection.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let reply = match line.split([' ', ':']).next().unwrap_or_default() {
            "RCPT" => {
                named.send(line.clone()).ok();
                if line.contains("slow") {
                    return std::future::pending().await;
                }
                "250 ok"
            }
            "EHLO" | "MAIL" | "NOOP" | "." => "250 ok",
            "DATA" => "354 go on",
            _ => continue,
        };
        write.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_takes_its_time_holds_up_no_other() {
    let (port, mut recipients) = server().await;
    let router = |auth: Auth| auth.router().with_state(auth);
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.mail.transport = Transport::Smtp;
        settings.mail.host = "127.0.0.1".into();
        settings.mail.port = port;
        settings.mail.tls = Tls::None;
        settings.mail.timeout = 10 * PATIENCE;
    })
    .await;
    let worker = Worker::start(app.auth.clone());
    for email in ["slow@example.com", "ada@example.com"] {
        assert_eq!(app.client().register(email, PASSWORD).await.status, 201);
        let recipient = tokio::time::timeout(PATIENCE, recipients.recv()).await.expect("the mail is sent").unwrap();
        assert!(recipient.contains(email), "{recipient}");
    }
    worker.task.abort();
}
