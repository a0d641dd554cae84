//! Mails that wait for a mail server.

use std::time::Duration;

use auth::email_verification::{Method, Mode};
use auth::mail::{Tls, Transport};
use auth::testing::{Engine, PASSWORD, TestApp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use crate::smtp_server::{Mood, SmtpServer};
use crate::support::*;

auth::on_both_engines! {
    a_mail_reaches_the_server_as_text_and_html,
    a_server_that_is_away_hangs_or_refuses_for_now_delays_a_mail_and_no_request,
    mails_survive_a_restart,
    a_mailbox_that_does_not_exist_is_given_up_at_once_and_a_server_that_says_no_is_not,
    a_recipient_whose_server_is_slow_stops_nobody_elses_mail_or_code,
    an_address_that_the_server_cannot_take_is_given_up_and_stops_nobody_elses_mail,
    a_sender_that_the_server_cannot_take_loses_no_mail,
    a_mail_is_given_up_in_the_end,
    a_mail_whose_link_has_expired_is_not_sent,
    a_mail_the_server_took_without_an_answer_comes_again_under_the_same_id,
    a_mail_under_way_is_not_cut_off_by_what_becomes_of_another,
    two_instances_send_each_mail_once,
    what_is_rolled_back_is_not_sent,
    the_outbox_shows_nobody_what_is_in_it_and_is_empty_after_sending,
    whoever_took_a_mail_and_died_is_replaced,
    mails_are_written_into_files,
}

async fn with_server(engine: Engine, address: std::net::SocketAddr) -> TestApp {
    TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Mandatory;
        settings.mail.transport = Transport::Smtp;
        settings.mail.host = address.ip().to_string();
        settings.mail.port = address.port();
        settings.mail.tls = Tls::None;
        settings.mail.timeout = Duration::from_millis(500);
    })
    .await
}

/// How many mails wait.
async fn waiting(app: &TestApp) -> i64 {
    let (count,): (i64,) = auth::on!(app.auth.db(), pool => sqlx::query_as("select count(*) from outbox")
        .fetch_one(pool)
        .await
        .unwrap());
    count
}

async fn a_mail_reaches_the_server_as_text_and_html(engine: Engine) {
    let server = SmtpServer::start(Mood::Takes).await;
    let app = with_server(engine, server.address).await;
    sign_up(&app, "Zoe@BÜCHER.example", PASSWORD).await;
    assert_eq!(app.deliver_mail().await, 1);
    let [mail] = server.mails().try_into().unwrap();
    for part in [
        "To: Zoe@xn--bcher-kva.example",
        "From: no-reply@localhost",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
    ] {
        assert!(mail.contains(part), "{part}\n{mail}");
    }
    assert_eq!(waiting(&app).await, 0);
}

async fn a_server_that_is_away_hangs_or_refuses_for_now_delays_a_mail_and_no_request(engine: Engine) {
    let server = SmtpServer::start(Mood::Hangs).await;
    let app = with_server(engine, server.address).await;
    let mut pause = 10;
    sign_up(&app, ADA, PASSWORD).await;
    for mood in [Mood::Hangs, Mood::Refuses("451 greylisted, come again"), Mood::Refuses("421 going down")] {
        server.becomes(mood);
        assert_eq!(app.deliver_mail().await, 1, "{mood:?}");
        app.advance(Duration::from_secs(pause - 1));
        assert_eq!(app.deliver_mail().await, 0, "a pause of {pause} s: {mood:?}");
        app.advance(Duration::from_secs(1));
        pause *= 2;
    }
    server.becomes(Mood::Takes);
    assert_eq!(app.deliver_mail().await, 1);
    assert_eq!(server.mails().len(), 1);

    let app = with_server(engine, SmtpServer::nowhere().await).await;
    sign_up(&app, ADA, PASSWORD).await;
    assert_eq!((app.deliver_mail().await, waiting(&app).await), (1, 1));
}

async fn mails_survive_a_restart(engine: Engine) {
    let server = SmtpServer::start(Mood::Refuses("421 going down")).await;
    let app = with_server(engine, server.address).await;
    for name in ["ada", "bob", "carol"] {
        sign_up(&app, &format!("{name}@example.com"), PASSWORD).await;
    }
    assert_eq!(app.deliver_mail().await, 3);
    app.auth.db().close().await;
    server.becomes(Mood::Takes);
    let again = app.second_instance(router).await;
    again.advance(Duration::from_secs(10));
    assert_eq!(again.deliver_mail().await, 3);
    assert_eq!(server.mails().len(), 3);
}

async fn a_mailbox_that_does_not_exist_is_given_up_at_once_and_a_server_that_says_no_is_not(engine: Engine) {
    for (reply, left) in [
        ("550 5.1.1 no such user", 0),
        ("550 no such user", 1),
        ("550 relay not permitted", 1),
        ("552 5.2.2 mailbox full", 1),
        ("550 5.7.1 not from that sender", 1),
        ("535 sign in first", 1),
        ("554 not today", 1),
    ] {
        let server = SmtpServer::start(Mood::Refuses(reply)).await;
        let app = with_server(engine, server.address).await;
        sign_up(&app, ADA, PASSWORD).await;
        app.deliver_mail().await;
        assert_eq!(waiting(&app).await, left, "{reply}");
    }
}

async fn a_recipient_whose_server_is_slow_stops_nobody_elses_mail_or_code(engine: Engine) {
    let server = SmtpServer::start(Mood::HangsFor("slow.example")).await;
    let app = with_server(engine, server.address).await;
    for email in ["eve@slow.example", ADA] {
        sign_up(&app, email, PASSWORD).await;
    }
    assert_eq!((app.deliver_mail().await, waiting(&app).await), (2, 1));
    let reply = ask_for_code(&app, ADA).await;
    assert_eq!(reply.status, 204, "the server was there: {reply:?}");
    app.deliver_mail().await;
    assert_eq!(server.mails().len(), 2);
}

async fn an_address_that_the_server_cannot_take_is_given_up_and_stops_nobody_elses_mail(engine: Engine) {
    for extension in ["SMTPUTF8", "8BITMIME"] {
        let server = SmtpServer::start(Mood::Lacks(extension)).await;
        let app = with_server(engine, server.address).await;
        sign_up(&app, "zoë@example.com", PASSWORD).await;
        assert_eq!((app.deliver_mail().await, waiting(&app).await), (1, 0), "{extension}");
        assert_eq!(ask_for_code(&app, "zoë@example.com").await.status, 204);
        sign_up(&app, ADA, PASSWORD).await;
        assert_eq!(ask_for_code(&app, ADA).await.status, 204);
        app.deliver_mail().await;
        assert_eq!((waiting(&app).await, server.mails().len()), (0, 2), "{extension}");
    }
}

async fn a_sender_that_the_server_cannot_take_loses_no_mail(engine: Engine) {
    let server = SmtpServer::start(Mood::Lacks("SMTPUTF8")).await;
    let app = with_server(engine, server.address).await;
    let app =
        app.second_instance_with(router, |settings| settings.mail.from = "zoë@example.com".parse().unwrap()).await;
    sign_up(&app, ADA, PASSWORD).await;
    assert_eq!((app.deliver_mail().await, waiting(&app).await), (1, 1), "somebody will correct `mail.from`");
}

async fn a_mail_is_given_up_in_the_end(engine: Engine) {
    let server = SmtpServer::start(Mood::Refuses("451 never")).await;
    let app = with_server(engine, server.address).await;
    sign_up(&app, ADA, PASSWORD).await;
    let attempts = app.auth.settings().mail.attempts;
    for attempt in 0..attempts {
        assert_eq!(app.deliver_mail().await, 1, "{attempt}");
        app.advance(Duration::from_hours(1));
    }
    assert_eq!(waiting(&app).await, 0);
}

async fn a_mail_whose_link_has_expired_is_not_sent(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    app.advance(app.auth.settings().email_verification.link_lifetime);
    assert_eq!(app.mailbox().await.all().len(), 0);
    assert_eq!(waiting(&app).await, 0);
}

async fn a_mail_the_server_took_without_an_answer_comes_again_under_the_same_id(engine: Engine) {
    let server = SmtpServer::start(Mood::TakesAndHangsUp).await;
    let app = with_server(engine, server.address).await;
    sign_up(&app, ADA, PASSWORD).await;
    app.deliver_mail().await;
    server.becomes(Mood::Takes);
    app.advance(Duration::from_secs(10));
    app.deliver_mail().await;
    let id = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID: <")).unwrap().to_owned();
    let ids: Vec<String> = server.mails().iter().map(id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "so that a mail program shows one");
}

async fn a_mail_under_way_is_not_cut_off_by_what_becomes_of_another(engine: Engine) {
    let server = SmtpServer::start(Mood::Takes).await;
    let app = with_server(engine, server.address).await;
    for n in 0..7 {
        sign_up(&app, &format!("user{n}@example.com"), PASSWORD).await;
    }
    // A mail that goes nowhere is done with before the others are, and cannot be removed.
    assert_eq!(resend(&app, "nobody@example.com").await.status, 200);
    for statement in
        ["create table held (id uuid references outbox (id))", "insert into held select id from outbox where pretended"]
    {
        auth::on!(app.auth.db(), pool => sqlx::query(statement).execute(pool).await.map(drop)).unwrap();
    }
    let round = tokio::spawn({
        let app = app.clone();
        async move { app.deliver_mail().await }
    });
    assert!(round.await.is_err(), "the failure is told");
    assert_eq!((server.mails().len(), waiting(&app).await), (7, 1));
}

async fn two_instances_send_each_mail_once(engine: Engine) {
    let server = SmtpServer::start(Mood::Takes).await;
    let app = with_server(engine, server.address).await;
    let other = app.second_instance(router).await;
    for round in 0..5 {
        for n in 0..20 {
            sign_up(&app, &format!("user{n}-{round}@example.com"), PASSWORD).await;
        }
        let tasks: Vec<_> = [&app, &other, &app, &other]
            .into_iter()
            .cloned()
            .map(|app| tokio::spawn(async move { app.deliver_mail().await }))
            .collect();
        let mut tried = 0;
        for task in tasks {
            tried += task.await.unwrap();
        }
        assert_eq!((tried, server.mails().len()), (20, 20 * (round + 1)));
    }
}

async fn what_is_rolled_back_is_not_sent(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    let rename = async |statement: &'static str| {
        auth::on!(app.auth.db(), pool => sqlx::query(statement).execute(pool).await.map(drop)).unwrap();
    };
    // What is written last fails.
    rename("alter table audit rename to elsewhere").await;
    assert_eq!(app.client().register(ADA, PASSWORD).await.status, 500);
    assert_eq!(waiting(&app).await, 0);
    rename("alter table elsewhere rename to audit").await;
    sign_up(&app, ADA, PASSWORD).await;
    assert_eq!(waiting(&app).await, 1);
}

async fn the_outbox_shows_nobody_what_is_in_it_and_is_empty_after_sending(engine: Engine) {
    let app = strict(engine, Method::Both).await;
    sign_up(&app, ADA, PASSWORD).await;
    let (sealed,): (Vec<u8>,) = auth::on!(app.auth.db(), pool => sqlx::query_as("select sealed from outbox")
        .fetch_one(pool)
        .await
        .unwrap());
    let mail = app.mailbox().await.latest(ADA);
    let text = String::from_utf8_lossy(&sealed);
    let (link, code) = (mail.link(), mail.code());
    for secret in [ADA, "http://", link.as_str(), code.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(waiting(&app).await, 0);
    // Nor does the database keep the secrets of the link and the code elsewhere.
    let (hash,): (Vec<u8>,) = auth::on!(app.auth.db(), pool => sqlx::query_as("select hash from links")
        .fetch_one(pool)
        .await
        .unwrap());
    let secret = link.trim_end_matches('/').rsplit('/').next().unwrap();
    assert_ne!(hash, URL_SAFE_NO_PAD.decode(secret).unwrap());
    assert_eq!(hash, digest(&SHA256, secret.as_bytes()).as_ref());
}

async fn whoever_took_a_mail_and_died_is_replaced(engine: Engine) {
    let app = strict(engine, Method::Link).await;
    sign_up(&app, ADA, PASSWORD).await;
    // What a process does first that then is killed.
    let until = app.auth.now() + app.auth.settings().mail.timeout + Duration::from_mins(1);
    auth::on!(app.auth.db(), pool => sqlx::query("update outbox set attempts = 1, due_at = $1")
        .bind(until)
        .execute(pool)
        .await
        .map(drop)
        .unwrap());
    assert_eq!(app.deliver_mail().await, 0);
    app.advance(app.auth.settings().mail.timeout + Duration::from_mins(1));
    assert_eq!(app.deliver_mail().await, 1);
    assert_eq!(app.mailbox().await.to(ADA).len(), 1);
}

async fn mails_are_written_into_files(engine: Engine) {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("mail");
    let app = TestApp::start_with(engine, router, |settings| {
        settings.email_verification.mode = Mode::Optional;
        settings.mail.transport = Transport::File;
        settings.mail.directory.clone_from(&path);
    })
    .await;
    app.signed_in(ADA).await;
    app.deliver_mail().await;
    let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.try_into().unwrap();
    assert_eq!(file.extension().unwrap(), "eml");
    assert!(std::fs::read_to_string(&file).unwrap().contains("\r\nTo: ada@example.com\r\n"));
    assert_eq!((mode(&path), mode(&file)), (0o700, 0o600), "links and codes are nobody else's");
}

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().unwrap().permissions().mode() & 0o777
}
