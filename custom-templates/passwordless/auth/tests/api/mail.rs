//! What becomes of a code whose mail cannot be handed over.

use std::time::Duration;

use auth::mail::{Tls, Transport};
use auth::testing::{Engine, TestApp};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{ADA, code, configured, router};

auth::on_both_engines!(
    a_mail_server_that_is_not_there_is_told_to_everybody_alike,
    a_mail_server_that_takes_no_mail_leaves_no_code,
    a_mail_server_that_says_nothing_is_waited_for_so_long_and_no_longer,
    a_recipient_whose_server_is_slow_stops_nobody_elses_code,
);

const ONLY_ADA: &str = "[users]\nallowed = [\"ada@example.com\"]";

async fn with_server(app: &TestApp, port: u16) -> TestApp {
    app.second_instance_with(router, |settings| {
        settings.mail.transport = Transport::Smtp;
        "127.0.0.1".clone_into(&mut settings.mail.host);
        settings.mail.port = port;
        settings.mail.tls = Tls::None;
        settings.mail.timeout = Duration::from_millis(500);
    })
    .await
}

/// A mail server that says this to whoever has said whom a mail is to.
async fn mail_server(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(converse(connection, answer));
        }
    });
    port
}

async fn converse(mut connection: TcpStream, answer: &'static str) -> std::io::Result<()> {
    let (read, mut write) = connection.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 here\r\n").await?;
    let mut in_mail = false;
    while let Some(line) = lines.next_line().await? {
        let reply = match line.split([' ', ':']).next().unwrap_or_default() {
            "." => {
                in_mail = false;
                "250 taken"
            }
            _ if in_mail => continue,
            "RCPT" if line.contains("slow.example") => return std::future::pending().await,
            "RCPT" => answer,
            "DATA" => {
                in_mail = true;
                "354 go on"
            }
            _ => "250 ok",
        };
        write.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn assert_unavailable(app: &TestApp, email: &str) {
    let reply = app.client().ask_for_code(email).await;
    assert_eq!((reply.status, reply.text("code")), (503, "mail_unavailable"), "{email}: {reply:?}");
    assert!(!reply.header("retry-after").is_empty());
}

async fn a_mail_server_that_is_not_there_is_told_to_everybody_alike(engine: Engine) {
    for first in [ADA, "eve@example.com"] {
        let app = configured(engine, ONLY_ADA).await;
        // Nobody listens where nobody is asked for a port.
        let cut_off = with_server(&app, 1).await;
        assert_unavailable(&cut_off, first).await;
        assert_unavailable(&cut_off, "bob@example.com").await;
        app.advance(Duration::from_mins(1));
        let back = with_server(&app, mail_server("250 ok").await).await;
        for email in [ADA, "eve@example.com"] {
            assert_eq!(back.client().ask_for_code(email).await.status, 204, "{email}");
        }
    }
}

async fn a_mail_server_that_takes_no_mail_leaves_no_code(engine: Engine) {
    let app = configured(engine, "").await;
    let refusing = with_server(&app, mail_server("550 no such mailbox").await).await;
    assert_unavailable(&refusing, ADA).await;
    let guess = app.client().show_code(ADA, "000000").await;
    assert_eq!(guess.text("code"), "code_not_valid");
    app.advance(Duration::from_mins(1));
    assert_unavailable(&refusing, "eve@example.com").await;
    let code = code(&app, ADA).await;
    assert_eq!(app.client().show_code(ADA, &code).await.status, 200, "nothing was spent but the pause");
}

async fn a_mail_server_that_says_nothing_is_waited_for_so_long_and_no_longer(engine: Engine) {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for email in [ADA, "eve@example.com"] {
        let app = configured(engine, ONLY_ADA).await;
        let stuck = with_server(&app, silent.local_addr().unwrap().port()).await;
        assert_unavailable(&stuck, email).await;
    }
}

async fn a_recipient_whose_server_is_slow_stops_nobody_elses_code(engine: Engine) {
    let app = configured(engine, "").await;
    let app = with_server(&app, mail_server("250 ok").await).await;
    assert_unavailable(&app, "eve@slow.example").await;
    assert_eq!(app.client().ask_for_code(ADA).await.status, 204, "the server was there");
}
