//! A mail server on this machine, with moods.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    /// Refuses the recipient with this reply.
    Refuses(&'static str),
    /// Accepts connections and says nothing.
    Hangs,
    /// Takes it and closes the connection without an answer.
    TakesAndHangsUp,
}

/// A server that listens, and what it has taken.
#[derive(Clone)]
pub(crate) struct SmtpServer {
    pub(crate) address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl SmtpServer {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, mood: Arc::new(Mutex::new(mood)), mails: Arc::default() };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                // A client that hangs up ends its conversation and no other.
                tokio::spawn(async move { server.converse(stream).await.ok() });
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

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        if self.mood() == Mood::Hangs {
            return std::future::pending().await;
        }
        stream.write_all(b"220 mail.example.com ready\r\n").await?;
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let reply = match line.split_whitespace().next().unwrap_or_default() {
                "EHLO" => "250-mail.example.com\r\n250-8BITMIME\r\n250 SMTPUTF8",
                "RCPT" => match self.mood() {
                    Mood::Refuses(reply) => reply,
                    _ => "250 fine",
                },
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mail = read_mail(&mut stream).await?;
                    self.mails.lock().unwrap().push(mail);
                    if self.mood() == Mood::TakesAndHangsUp {
                        return Ok(());
                    }
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
            line.clear();
        }
        Ok(())
    }
}

/// Up to the line that is a dot.
async fn read_mail(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let start = mail.len();
        if stream.read_line(&mut mail).await? == 0 || &mail[start..] == ".\r\n" {
            mail.truncate(start);
            return Ok(mail);
        }
    }
}
