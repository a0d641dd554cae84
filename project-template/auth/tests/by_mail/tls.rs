//! Mail servers that protect their connections, and those that do not.

use std::time::Duration;

use auth::Settings;
use auth::mail::{Tls, Transport};
use auth::testing::{Engine, TestApp};
use auth::users::Email;
use tempfile::TempDir;

use crate::smtp_server::{Certificate, Mood, PASSWORD, Protection, SmtpServer, USER};
use crate::support::*;

/// A server with a certificate, and the settings that reach it.
struct Case {
    server: SmtpServer,
    settings: Settings,
    files: TempDir,
}

async fn case(tls: Tls, offers: fn(&Certificate) -> Protection) -> Case {
    case_of(&Certificate::new(), tls, offers).await
}

async fn case_of(certificate: &Certificate, tls: Tls, offers: fn(&Certificate) -> Protection) -> Case {
    let server = SmtpServer::protected(Mood::Takes, offers(certificate)).await;
    let files = TempDir::new().unwrap();
    let ca_file = files.path().join("ca.pem");
    std::fs::write(&ca_file, &certificate.pem).unwrap();
    let variables = std::collections::BTreeMap::new();
    let mut settings = Settings::load("settings.toml".as_ref(), "", &variables).unwrap();
    settings.mail.transport = Transport::Smtp;
    settings.mail.host = "localhost".into();
    settings.mail.port = server.address.port();
    settings.mail.timeout = Duration::from_secs(5);
    settings.mail.tls = tls;
    settings.mail.ca_file = Some(ca_file);
    settings.mail.user = USER.into();
    settings.mail.password = PASSWORD.into();
    Case { server, settings, files }
}

impl Case {
    /// What `send-test-mail` says.
    async fn send(&self) -> Result<(), String> {
        let now = time::OffsetDateTime::UNIX_EPOCH;
        let sent = auth::mail::send_test(
            (&self.settings.mail, &self.settings.http),
            "the test",
            &Email::parse(ADA).unwrap(),
            now,
        )
        .await;
        sent.map_err(|error| format!("{error:#}"))
    }

    async fn refused(&self, words: &[&str]) {
        let message = self.send().await.unwrap_err();
        for word in words {
            assert!(message.contains(word), "{word}: {message}");
        }
        assert_eq!(self.server.mails(), [""; 0]);
        assert!(!message.contains(PASSWORD));
    }
}

fn starttls(certificate: &Certificate) -> Protection {
    Protection::Starttls(certificate.acceptor.clone())
}

fn implicit(certificate: &Certificate) -> Protection {
    Protection::Tls(certificate.acceptor.clone())
}

fn none(_: &Certificate) -> Protection {
    Protection::None
}

#[tokio::test]
async fn a_mail_leaves_over_tls_from_the_first_byte_or_the_second_command() {
    for (tls, offers) in [(Tls::Starttls, starttls as fn(&Certificate) -> Protection), (Tls::Implicit, implicit)] {
        let case = case(tls, offers).await;
        case.send().await.unwrap();
        let [mail] = case.server.mails().try_into().unwrap();
        assert!(mail.contains("To: ada@example.com"), "{mail}");
        let in_clear = case.server.in_clear();
        assert!(in_clear.iter().all(|command| command.starts_with("EHLO ") || command == "STARTTLS"), "{in_clear:?}");
        assert_eq!(in_clear.len(), if tls == Tls::Starttls { 2 } else { 0 });
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    for (tls, offers) in [(Tls::Starttls, starttls as fn(&Certificate) -> Protection), (Tls::Implicit, implicit)] {
        let mut case = case(tls, offers).await;
        case.settings.mail.ca_file = None;
        case.refused(&["UnknownIssuer", "`mail.ca_file`"]).await;
        // One that somebody else has.
        let other = case.files.path().join("other.pem");
        std::fs::write(&other, Certificate::new().pem).unwrap();
        case.settings.mail.ca_file = Some(other);
        case.refused(&["certificate"]).await;
    }
}

#[tokio::test]
async fn a_certificate_of_another_host_is_refused() {
    let mut case = case(Tls::Starttls, starttls).await;
    case.settings.mail.host = "127.0.0.1".into();
    case.refused(&["not valid for name", "`mail.host`"]).await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_a_servers_is_told_from_one_that_is_not_trusted() {
    let authority = |params: &mut rcgen::CertificateParams| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    };
    let certificate = Certificate::with(authority);
    case_of(&certificate, Tls::Starttls, starttls)
        .await
        .refused(&["the certificate of an authority", "CA:FALSE"])
        .await;
    let nameless = Certificate::with(|params| params.subject_alt_names.clear());
    case_of(&nameless, Tls::Starttls, starttls).await.refused(&["names no host", "subjectAltName"]).await;
}

#[tokio::test]
async fn the_server_is_greeted_with_a_name_that_is_in_the_dns() {
    for (hello, greeting) in [
        (None, "EHLO auth.example.com"),
        (Some("mail.example.com"), "EHLO mail.example.com"),
        (Some("192.0.2.1"), "EHLO [192.0.2.1]"),
    ] {
        let mut case = case(Tls::Starttls, starttls).await;
        let text = "[http]\npublic_url = \"https://auth.example.com/base\"";
        let http = Settings::load("settings.toml".as_ref(), text, &std::collections::BTreeMap::new()).unwrap().http;
        case.settings.http = http;
        case.settings.mail.hello = hello.map(str::to_owned);
        case.send().await.unwrap();
        assert_eq!(case.server.in_clear()[0], greeting);
    }
}

#[tokio::test]
async fn a_refusal_for_want_of_a_sign_in_names_the_settings() {
    for (reply, setting) in [
        ("550 relay not permitted", "`mail.user` and `mail.password`"),
        ("554 5.7.1 Relay access denied", "`mail.user` and `mail.password`"),
        ("504 5.5.2 <vm>: Helo command rejected: need fully-qualified hostname", "`mail.hello`"),
        ("553 5.7.1 <no-reply@example.com>: Sender address rejected: not owned by user", "`mail.from`"),
    ] {
        let mut case = case(Tls::None, none).await;
        case.server.becomes(Mood::Refuses(reply));
        case.settings.mail.user = String::new();
        case.refused(&[setting]).await;
    }
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing_in_clear() {
    let case = case(Tls::Starttls, none).await;
    case.refused(&["STARTTLS", "`mail.tls`"]).await;
    let in_clear = case.server.in_clear();
    assert!(in_clear.iter().all(|command| command.starts_with("EHLO ") || command == "QUIT"), "{in_clear:?}");
}

#[tokio::test]
async fn a_server_that_waits_for_another_kind_of_tls_is_recognized() {
    let mut case = case(Tls::Implicit, starttls).await;
    case.refused(&["`mail.tls`", "`mail.port`"]).await;
    assert_eq!(case.server.in_clear().iter().filter(|command| command.starts_with("AUTH")).count(), 0);
    case.server = SmtpServer::protected(Mood::Takes, implicit(&Certificate::new())).await;
    case.settings.mail.port = case.server.address.port();
    case.settings.mail.tls = Tls::Starttls;
    case.settings.mail.timeout = Duration::from_millis(500);
    case.refused(&["`mail.tls`", "`mail.port`"]).await;
}

#[tokio::test]
async fn a_wrong_password_is_named_and_never_shown() {
    let mut case = case(Tls::Starttls, starttls).await;
    case.settings.mail.password = "something else".into();
    case.refused(&["535", "`mail.user` and `mail.password`"]).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let mut case = case(Tls::Starttls, none).await;
    case.settings.mail.port = SmtpServer::nowhere().await.port();
    let port = case.settings.mail.port.to_string();
    case.refused(&["localhost", &port, "`mail.host` and `mail.port`"]).await;
    case.settings.mail.host = "nowhere.invalid".into();
    case.refused(&["nowhere.invalid", "`mail.host` and `mail.port`"]).await;
}

#[tokio::test]
async fn a_file_of_certificates_must_hold_one() {
    let mut case = case(Tls::Starttls, starttls).await;
    let empty = case.files.path().join("empty.pem");
    std::fs::write(&empty, "no certificate\n").unwrap();
    for path in [empty, case.files.path().join("missing.pem")] {
        case.settings.mail.ca_file = Some(path.clone());
        case.refused(&["`mail.ca_file`", &path.display().to_string()]).await;
    }
}

/// The outbox waits for whoever corrects the settings.
#[tokio::test]
async fn a_mail_waits_while_the_server_cannot_be_trusted() {
    let case = case(Tls::Starttls, starttls).await;
    let mail = case.settings.mail.clone();
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.email_verification.mode = auth::email_verification::Mode::Mandatory;
        settings.mail = auth::mail::Settings { ca_file: None, ..mail.clone() };
    })
    .await;
    sign_up(&app, ADA, auth::testing::PASSWORD).await;
    assert_eq!((app.deliver_mail().await, case.server.mails().len()), (1, 0));
    app.advance(Duration::from_hours(1));
    let app = app.second_instance_with(router, |settings| settings.mail = mail).await;
    assert_eq!((app.deliver_mail().await, case.server.mails().len()), (1, 1));
}
