//! Clients in a closed loop. Each has a connection, an account and a session of its own, so that a chain of refreshes is
//! a real one: each request presents the token of the last answer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

const PASSWORD: &str = "correct-Horse-42-battery";

/// What clients do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Get(&'static str),
    Refresh,
    Login,
    /// Each with another address.
    SignUp,
}

/// The clients of one server.
pub(crate) struct Fleet(Vec<Client>);

struct Client {
    address: String,
    account: String,
    sender: SendRequest<Full<Bytes>>,
    access: String,
    refresh: String,
    signed_up: u64,
}

/// What a measurement saw.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Answers with a status of success.
    pub(crate) good: u64,
    pub(crate) seconds: f64,
    latency: Histogram<u64>,
    /// How many answers there were of each other status; `broken` for a connection that ended.
    pub(crate) failures: BTreeMap<String, u64>,
}

impl Outcome {
    pub(crate) fn per_second(&self) -> f64 {
        self.good as f64 / self.seconds
    }

    /// Milliseconds.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1000.0
    }
}

impl Fleet {
    /// Clients without accounts.
    pub(crate) async fn anonymous(address: &str, count: usize) -> Result<Self> {
        let mut clients = Vec::new();
        for number in 0..count {
            clients.push(Client::connect(address, format!("client{number}@example.com")).await?);
        }
        Ok(Self(clients))
    }

    /// Clients who signed up.
    pub(crate) async fn signed_up(address: &str, count: usize, name: &str) -> Result<Self> {
        let mut fleet = Self::anonymous(address, count).await?;
        for (number, client) in fleet.0.iter_mut().enumerate() {
            client.account = format!("{name}{number}@example.com");
            client.sign_up().await?;
        }
        Ok(fleet)
    }

    /// One request of each client, answered as it may be.
    pub(crate) async fn once(&mut self, step: Step) -> Result<()> {
        for client in &mut self.0 {
            client.step(step).await?;
        }
        Ok(())
    }

    /// What the first client gets at that path.
    pub(crate) async fn answer(&mut self, path: &str) -> Result<Bytes> {
        let client = self.0.first_mut().context("there are no clients")?;
        let (status, body) = client.exchange(Method::GET, path, None).await?;
        ensure!(status == 200, "{path} was answered with {status}");
        Ok(body)
    }

    /// Loads the server for that long.
    pub(crate) async fn run(&mut self, step: Step, duration: Duration) -> Result<Outcome> {
        let began = Instant::now();
        let deadline = began + duration;
        let tasks: Vec<_> = self.0.drain(..).map(|client| tokio::spawn(client.run(step, deadline))).collect();
        let mut outcome = Outcome { good: 0, seconds: 0.0, latency: histogram()?, failures: BTreeMap::new() };
        for task in tasks {
            let (client, latency, statuses) = task.await??;
            self.0.push(client);
            outcome.latency.add(latency)?;
            for (status, count) in statuses {
                if status.starts_with('2') {
                    outcome.good += count;
                } else {
                    *outcome.failures.entry(status).or_default() += count;
                }
            }
        }
        outcome.seconds = began.elapsed().as_secs_f64();
        Ok(outcome)
    }
}

impl Client {
    async fn connect(address: &str, account: String) -> Result<Self> {
        let sender = open(address).await?;
        Ok(Self {
            address: address.to_owned(),
            account,
            sender,
            access: String::new(),
            refresh: String::new(),
            signed_up: 0,
        })
    }

    async fn sign_up(&mut self) -> Result<()> {
        let body = json!({ "email": self.account, "password1": PASSWORD, "password2": PASSWORD });
        let (status, answer) = self.post("/jwt-allauth/registration/", &body).await?;
        ensure!(status == 201, "a registration was answered with {status}: {answer}");
        if self.refresh.is_empty() {
            let status = self.step(Step::Login).await?;
            ensure!(status == 200 && !self.refresh.is_empty(), "the first login was answered with {status}");
        }
        Ok(())
    }

    async fn run(mut self, step: Step, deadline: Instant) -> Result<(Self, Histogram<u64>, BTreeMap<String, u64>)> {
        let mut latency = histogram()?;
        let mut statuses = BTreeMap::new();
        while Instant::now() < deadline {
            let began = Instant::now();
            let outcome = self.step(step).await;
            latency.saturating_record(u64::try_from(began.elapsed().as_micros())?);
            let status = outcome.map_or_else(|_| "broken".to_owned(), |status| status.to_string());
            *statuses.entry(status).or_default() += 1;
        }
        Ok((self, latency, statuses))
    }

    async fn step(&mut self, step: Step) -> Result<u16> {
        Ok(match step {
            Step::Get(path) => self.exchange(Method::GET, path, None).await?.0,
            Step::Refresh => {
                let body = json!({ "refresh": self.refresh });
                self.post("/jwt-allauth/refresh/", &body).await?.0
            }
            Step::Login => {
                let body = json!({ "email": self.account, "password": PASSWORD });
                self.post("/jwt-allauth/login/", &body).await?.0
            }
            Step::SignUp => {
                self.signed_up += 1;
                let email = format!("{}-{}", self.signed_up, self.account);
                let body = json!({ "email": email, "password1": PASSWORD, "password2": PASSWORD });
                self.post("/jwt-allauth/registration/", &body).await?.0
            }
        })
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Bytes)> {
        if self.sender.ready().await.is_err() {
            self.sender = open(&self.address).await?;
        }
        // Refresh tokens in the body, whatever the server's default is.
        let mut request =
            Request::builder().method(&method).uri(path).header(HOST, &self.address).header("prefer", "token");
        if method == Method::GET && !self.access.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.access));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    /// A request that is answered with tokens.
    async fn post(&mut self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let (status, bytes) = self.exchange(Method::POST, path, Some(body)).await?;
        let answer = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        for (name, token) in [("access", &mut self.access), ("refresh", &mut self.refresh)] {
            if let Some(issued) = answer[name].as_str() {
                issued.clone_into(token);
            }
        }
        Ok((status, answer))
    }
}

async fn open(address: &str) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot reach {address}"))?;
    ensure!(stream.peer_addr()?.ip().is_loopback(), "only loopback addresses are loaded");
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Microseconds, to two minutes.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 120_000_000, 3)?)
}
