//! Two processes on one database: what must happen once happens once, whichever of them is asked.

use std::collections::BTreeMap;
use std::sync::Barrier;

use auth::testing::{Engine, Program, Reply, Server};

use super::{login, program, refresh, register};

const ADA: &str = "ada@example.com";
const ROUNDS: usize = 5;
const REQUESTS: usize = 24;

auth::on_both_engines!(
    of_many_refreshes_of_one_token_one_wins_and_the_session_is_over,
    with_a_window_all_refreshes_get_one_successor,
    one_address_is_registered_once,
    no_more_sessions_are_left_than_there_may_be,
    wrong_passwords_share_a_budget,
    wrong_codes_share_a_budget,
    a_link_is_used_once,
);

/// Two servers, from one address of which anything may come as often as it likes.
fn serve_twice(program: &Program) -> [Server; 2] {
    [program.serve(), program.serve()]
}

async fn unlimited(engine: Engine) -> Program {
    // A slow machine is no reason for a 503 here.
    let program = program(engine).await.with("JWT_ALLAUTH__DATABASE__ACQUIRE_TIMEOUT", "30s");
    ["LOGIN", "LOGIN_CODE", "LOGIN_CODE_VERIFY", "PASSWORD_RESET", "REFRESH", "REGISTRATION"]
        .iter()
        .fold(program, |program, action| program.with(&format!("JWT_ALLAUTH__THROTTLE__{action}"), ""))
}

/// Sends as many requests at the same moment, to one server after the other.
fn at_once(servers: &[Server; 2], send: impl Fn(&Server, usize) -> Reply + Sync) -> Vec<Reply> {
    let start = Barrier::new(REQUESTS);
    std::thread::scope(|scope| {
        let sending: Vec<_> = (0..REQUESTS)
            .map(|number| {
                let (start, send) = (&start, &send);
                scope.spawn(move || {
                    start.wait();
                    send(&servers[number % 2], number)
                })
            })
            .collect();
        sending.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn statuses(replies: &[Reply]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for reply in replies {
        *counts.entry(reply.status).or_default() += 1;
    }
    counts
}

fn post(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    server.send("POST", path, headers, body).unwrap()
}

/// The latest mail to Ada, as plain text; waits for it.
fn mail(program: &Program, seen: &mut usize) -> String {
    loop {
        let mut mails: Vec<_> = std::fs::read_dir(program.directory().join("mail"))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        if mails.len() > *seen {
            *seen = mails.len();
            mails.sort();
            let mail = std::fs::read_to_string(mails.pop().unwrap()).unwrap();
            return mail.replace("=\r\n", "").replace("=3D", "=");
        }
        std::thread::yield_now();
    }
}

async fn of_many_refreshes_of_one_token_one_wins_and_the_session_is_over(engine: Engine) {
    let program = unlimited(engine).await;
    let servers = serve_twice(&program);
    for round in 0..ROUNDS {
        let token = register(&servers[0], &format!("ada{round}@example.com")).text("refresh").to_owned();
        let replies = at_once(&servers, |server, _| refresh(server, &token).unwrap());
        assert_eq!(statuses(&replies), BTreeMap::from([(200, 1), (401, REQUESTS - 1)]));
        let winner = replies.iter().find(|reply| reply.status == 200).unwrap();
        for server in &servers {
            assert_eq!(refresh(server, winner.text("refresh")).unwrap().status, 401);
        }
    }
}

async fn with_a_window_all_refreshes_get_one_successor(engine: Engine) {
    let program = unlimited(engine).await.with("JWT_ALLAUTH__SESSIONS__RETRY_WINDOW", "60s");
    let servers = serve_twice(&program);
    for round in 0..ROUNDS {
        let token = register(&servers[0], &format!("ada{round}@example.com")).text("refresh").to_owned();
        let replies = at_once(&servers, |server, _| refresh(server, &token).unwrap());
        assert_eq!(statuses(&replies), BTreeMap::from([(200, REQUESTS)]));
        let successor = replies[0].text("refresh");
        assert!(replies.iter().all(|reply| reply.text("refresh") == successor && successor != token));
    }
}

async fn one_address_is_registered_once(engine: Engine) {
    let program = unlimited(engine).await;
    let servers = serve_twice(&program);
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.com");
        let replies = at_once(&servers, |server, _| register(server, &email));
        assert_eq!(statuses(&replies), BTreeMap::from([(201, 1), (400, REQUESTS - 1)]));
    }
}

async fn no_more_sessions_are_left_than_there_may_be(engine: Engine) {
    let program = unlimited(engine).await.with("JWT_ALLAUTH__SESSIONS__MAX_PER_USER", "3");
    let servers = serve_twice(&program);
    register(&servers[0], ADA);
    for _ in 0..ROUNDS {
        let replies = at_once(&servers, |server, _| login(server, ADA));
        assert_eq!(statuses(&replies), BTreeMap::from([(200, REQUESTS)]));
        let alive = replies.iter().filter(|reply| refresh(&servers[0], reply.text("refresh")).unwrap().status == 200);
        assert_eq!(alive.count(), 3);
    }
}

async fn wrong_passwords_share_a_budget(engine: Engine) {
    let program = unlimited(engine).await;
    let servers = serve_twice(&program);
    register(&servers[0], ADA);
    let body = format!(r#"{{"email":"{ADA}","password":"a wrong password"}}"#);
    let replies = at_once(&servers, |server, _| post(server, "/jwt-allauth/login/", &[], &body));
    assert_eq!(statuses(&replies), BTreeMap::from([(401, 5), (429, REQUESTS - 5)]));
    for server in &servers {
        assert_eq!(login(server, ADA).status, 429);
    }
}

async fn wrong_codes_share_a_budget(engine: Engine) {
    let program = unlimited(engine).await.with("JWT_ALLAUTH__MAIL__TRANSPORT", "file");
    let servers = serve_twice(&program);
    register(&servers[0], ADA);
    assert_eq!(post(&servers[0], "/jwt-allauth/login/code/", &[], &format!(r#"{{"email":"{ADA}"}}"#)).status, 204);
    let mail = mail(&program, &mut 0);
    let code = |number: usize| format!("{number:06}");
    let wrong: Vec<_> = (0..).map(code).filter(|code| !mail.contains(code.as_str())).take(REQUESTS).collect();
    let path = "/jwt-allauth/login/code/verify/";
    let body = |code: &str| format!(r#"{{"email":"{ADA}","code":"{code}"}}"#);
    let replies = at_once(&servers, |server, number| post(server, path, &[], &body(&wrong[number])));
    assert_eq!(statuses(&replies), BTreeMap::from([(401, 5), (429, REQUESTS - 5)]));
}

async fn a_link_is_used_once(engine: Engine) {
    let program = unlimited(engine)
        .await
        .with("JWT_ALLAUTH__MAIL__TRANSPORT", "file")
        .with("JWT_ALLAUTH__EMAIL_VERIFICATION__MODE", "mandatory");
    let servers = serve_twice(&program);
    let mut seen = 0;
    for round in 0..ROUNDS {
        assert_eq!(register(&servers[0], &format!("ada{round}@example.com")).status, 201);
        let mail = mail(&program, &mut seen);
        let link = mail.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
        let path = &link[link.find('/').unwrap()..];
        let replies = at_once(&servers, |server, _| post(server, path, &[], "{}"));
        assert_eq!(statuses(&replies), BTreeMap::from([(200, 1), (404, REQUESTS - 1)]));
    }
}
