//! A mail server on this machine, with moods.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::CertificateParams;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Whom the server lets sign in, and with what.
pub(crate) const USER: &str = "auth";
pub(crate) const PASSWORD: &str = "a password of the server";

/// What the server does with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    /// Refuses the recipient with this reply.
    Refuses(&'static str),
    /// Takes it, and does not offer this extension.
    Lacks(&'static str),
    /// Accepts connections and says nothing.
    Hangs,
    /// Says nothing to a recipient of this domain, and takes the others.
    HangsFor(&'static str),
    /// Takes it and closes the connection without an answer.
    TakesAndHangsUp,
}

/// What the server offers where there is nothing left to protect.
const EXTENSIONS: [&str; 3] = ["8BITMIME", "AUTH PLAIN LOGIN", "SMTPUTF8"];

/// How the server protects its connections.
#[derive(Clone)]
pub(crate) enum Protection {
    None,
    /// After the command, which it offers.
    Starttls(TlsAcceptor),
    /// From the first byte.
    Tls(TlsAcceptor),
}

/// A certificate for `localhost` that nobody vouches for.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// One that was made as somebody should not.
    pub(crate) fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        change(&mut params);
        let signing_key = rcgen::KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing_key).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let chain = vec![cert.der().clone()];
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Self { pem: cert.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

/// A server that listens, and what it has taken.
#[derive(Clone)]
pub(crate) struct SmtpServer {
    pub(crate) address: SocketAddr,
    protection: Protection,
    mood: Arc<Mutex<Mood>>,
    mails: Arc<Mutex<Vec<String>>>,
    in_clear: Arc<Mutex<Vec<String>>>,
}

impl SmtpServer {
    pub(crate) async fn start(mood: Mood) -> Self {
        Self::protected(mood, Protection::None).await
    }

    pub(crate) async fn protected(mood: Mood, protection: Protection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mood = Arc::new(Mutex::new(mood));
        let server = Self { address, protection, mood, mails: Arc::default(), in_clear: Arc::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                // A client that hangs up ends its conversation and no other.
                tokio::spawn(async move { server.serve(stream).await.ok() });
            }
        });
        server
    }

    /// An address where nothing listens.
    pub(crate) async fn nowhere() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Every mail that was taken, as it came.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    /// The commands that everybody on the way could read.
    pub(crate) fn in_clear(&self) -> Vec<String> {
        self.in_clear.lock().unwrap().clone()
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    fn offered(&self) -> String {
        let is_offered = |extension: &&'static str| self.mood() != Mood::Lacks(extension);
        let extensions: Vec<_> = EXTENSIONS.into_iter().filter(is_offered).collect();
        format!("250-mail.example.com\r\n250-{}\r\n250 HELP", extensions.join("\r\n250-"))
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        if self.mood() == Mood::Hangs {
            return std::future::pending().await;
        }
        if let Protection::Tls(acceptor) = &self.protection {
            let mut stream = BufReader::new(acceptor.accept(stream).await?);
            stream.write_all(b"220 mail.example.com ready\r\n").await?;
            return self.converse(&mut stream, true).await.map(drop);
        }
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.example.com ready\r\n").await?;
        if let Next::Tls(acceptor) = self.converse(&mut stream, false).await? {
            let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await?);
            self.converse(&mut stream, true).await?;
        }
        Ok(())
    }

    async fn converse<S>(&self, stream: &mut BufReader<S>, is_secure: bool) -> std::io::Result<Next>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let command = line.trim_end();
            if !is_secure {
                self.in_clear.lock().unwrap().push(command.to_owned());
            }
            let offered = self.offered();
            let reply = match (command.split(' ').next().unwrap_or_default(), &self.protection) {
                ("EHLO", Protection::Starttls(_)) if !is_secure => "250-mail.example.com\r\n250 STARTTLS",
                ("EHLO", _) => &offered,
                ("STARTTLS", Protection::Starttls(acceptor)) if !is_secure => {
                    stream.write_all(b"220 go on\r\n").await?;
                    return Ok(Next::Tls(acceptor.clone()));
                }
                ("AUTH", _) if is_known(command) => "235 welcome",
                ("AUTH", _) => "535 5.7.8 username and password not accepted",
                ("RCPT", _) => match self.mood() {
                    Mood::Refuses(reply) => reply,
                    Mood::HangsFor(domain) if command.contains(domain) => return std::future::pending().await,
                    _ => "250 fine",
                },
                ("DATA", _) => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mail = read_mail(stream).await?;
                    self.mails.lock().unwrap().push(mail);
                    if self.mood() == Mood::TakesAndHangsUp {
                        return Ok(Next::End);
                    }
                    "250 taken"
                }
                ("QUIT", _) => "221 bye",
                _ => "250 fine",
            };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
            line.clear();
        }
        Ok(Next::End)
    }
}

/// How a conversation goes on.
enum Next {
    End,
    Tls(TlsAcceptor),
}

fn is_known(auth: &str) -> bool {
    auth == format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{USER}\0{PASSWORD}")))
}

/// Up to the line that is a dot.
async fn read_mail<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let start = mail.len();
        if stream.read_line(&mut mail).await? == 0 || &mail[start..] == ".\r\n" {
            mail.truncate(start);
            return Ok(mail);
        }
    }
}
