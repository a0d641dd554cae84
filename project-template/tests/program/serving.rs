//! `serve`: its start, its limits, its end.

use std::io::{Read, Write};
use std::net::TcpStream;

use auth::testing::{Engine, PASSWORD, read_reply};

use super::{login, program, refresh, register};

auth::on_both_engines!(asked_to_stop_it_finishes_what_was_begun, two_that_start_together_on_a_new_database_both_serve,);

async fn asked_to_stop_it_finishes_what_was_begun(engine: Engine) {
    let program = program(engine).await;
    let mut server = program.serve();
    let body = format!(r#"{{"email":"ada@example.com","password1":"{PASSWORD}","password2":"{PASSWORD}"}}"#);
    let expect = [("Expect", "100-continue")];
    let mut connection = server.begin("POST", "/jwt-allauth/registration/", &expect, body.len()).unwrap();
    let mut go_on = [0; 25];
    connection.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n", "the request is under way");

    server.terminate();
    server.wait_for("stopping");
    connection.write_all(body.as_bytes()).unwrap();
    let reply = read_reply(connection).unwrap();
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(server.wait().code(), Some(0));
    assert!(TcpStream::connect(server.address()).is_err());
    assert_eq!(login(&program.serve(), "ada@example.com").status, 200);
}

#[tokio::test]
async fn asked_to_stop_it_serves_on_until_load_balancers_know() {
    let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__HTTP__DRAIN", "1h");
    let mut server = program.serve();
    assert_eq!(server.send("GET", "/health/ready", &[], "").unwrap().status, 200);
    server.terminate();
    server.wait_for("leaving: serving on for 3600s");
    let reply = server.send("GET", "/health/ready", &[], "").unwrap();
    assert_eq!((reply.status, reply.text("status")), (503, "stopping"));
    assert_eq!(server.send("GET", "/health/live", &[], "").unwrap().status, 200);
    assert_eq!(register(&server, "ada@example.com").status, 201);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    assert!(TcpStream::connect(server.address()).is_err());
}

async fn two_that_start_together_on_a_new_database_both_serve(engine: Engine) {
    for _ in 0..10 {
        let program = program(engine).await;
        let starting: Vec<_> = (0..3).map(|_| program.begin_to_serve()).collect();
        let servers: Vec<_> = starting.into_iter().map(auth::testing::Starting::ready).collect();
        let registered = register(&servers[0], "ada@example.com");
        assert_eq!(registered.status, 201, "{registered:?}");
        let refreshed = refresh(&servers[1], registered.text("refresh")).unwrap();
        assert_eq!(refreshed.status, 200, "{refreshed:?}");
        assert_eq!(refresh(&servers[2], refreshed.text("refresh")).unwrap().status, 200);
    }
}

#[tokio::test]
async fn the_first_lines_name_addresses_that_can_be_called() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let port = server.address().port();
    server.wait_for(&format!("sign up: curl http://localhost:{port}/jwt-allauth/registration/"));
    server.wait_for(&format!("read and try the API: http://localhost:{port}/docs/"));
    let server = program.with("JWT_ALLAUTH__HTTP__PUBLIC_URL", "http://shop.localhost:8000").serve();
    server.wait_for("sign up: curl http://shop.localhost:8000/jwt-allauth/registration/");
    server.wait_for("read and try the API: http://shop.localhost:8000/docs/");
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let port = server.address().port().to_string();
    let second = program.with("PORT", &port).run(&["serve"]);
    assert_eq!(second.status.code(), Some(1));
    let message = String::from_utf8(second.stderr).unwrap();
    let expected = format!("cannot listen on 127.0.0.1:{port}; set PORT, or `http.bind` in settings.toml");
    assert!(message.contains(&expected), "{message}");
}

#[tokio::test]
async fn metrics_are_served_on_a_port_of_their_own_until_the_server_stops() {
    let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__HTTP__METRICS_BIND", "127.0.0.1:0");
    let mut server = program.serve();
    let log = server.log();
    let (_, rest) = log.split_once("metrics at http://").unwrap();
    let (address, _) = rest.split_once("/metrics").unwrap();
    let get = |address: &str, path: &str| {
        let mut connection = TcpStream::connect(address)?;
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        read_reply(connection)
    };
    register(&server, "ada@example.com");
    let reply = get(address, "/metrics").unwrap();
    let text = reply.body.as_str().unwrap();
    assert_eq!(reply.status, 200);
    assert!(text.contains("auth_events_total{kind=\"sign_up\"} 1\n") && text.ends_with("# EOF\n"), "{text}");
    let public = server.address().to_string();
    assert_eq!(get(&public, "/metrics").unwrap().status, 404);
    assert_eq!(get(address, "/health/live").unwrap().status, 404);

    let second = program.with("JWT_ALLAUTH__HTTP__METRICS_BIND", address).run(&["serve"]);
    assert_eq!(second.status.code(), Some(1));
    let message = String::from_utf8(second.stderr).unwrap();
    assert!(message.contains(&format!("cannot listen on {address}; set `http.metrics_bind`")), "{message}");

    // A scraper that keeps its connection keeps nobody.
    let idle = TcpStream::connect(address).unwrap();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    drop(idle);
    assert!(TcpStream::connect(address).is_err() && TcpStream::connect(public).is_err());
}

#[tokio::test]
async fn the_head_of_a_request_has_limits() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let get = |headers: String| {
        let mut connection = TcpStream::connect(server.address()).unwrap();
        let request = format!("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        // The server may have refused it before the end.
        let _ = connection.write_all(request.as_bytes());
        read_reply(connection).map(|reply| reply.status)
    };
    assert_eq!(get(String::new()).unwrap(), 200);
    assert_eq!(get(format!("X: {}\r\n", "x".repeat(8_000))).unwrap(), 200);
    assert!(matches!(get(format!("X: {}\r\n", "x".repeat(20_000))), Ok(431) | Err(_)));
    assert_eq!(get("X: y\r\n".repeat(90)).unwrap(), 200);
    assert!(matches!(get("X: y\r\n".repeat(200)), Ok(431) | Err(_)));
    assert_eq!(get(String::new()).unwrap(), 200, "others are still served");
}

#[tokio::test]
async fn two_lengths_of_one_body_are_never_believed() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let mut connection = TcpStream::connect(server.address()).unwrap();
    let smuggled = "POST /jwt-allauth/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\
         Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    connection.write_all(smuggled.as_bytes()).unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    assert!(!answers.contains("HTTP/1.1 200"), "the second request was hidden in the first: {answers}");
}

#[tokio::test]
async fn a_request_that_names_two_hosts_is_refused() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let get = |hosts: &str| {
        let mut connection = TcpStream::connect(server.address()).unwrap();
        let request = format!("GET /health/live HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        read_reply(connection).unwrap()
    };
    assert_eq!(get("Host: a.example\r\n").status, 200);
    for hosts in ["Host: a.example\r\nHost: b.example\r\n", "Host: a.example\r\nhost: a.example\r\n"] {
        let reply = get(hosts);
        assert_eq!((reply.status, reply.text("code")), (400, "bad_request"), "{reply:?}");
        assert!(!reply.header("x-request-id").is_empty(), "{reply:?}");
    }
}

/// Clients that open connections and say nothing, more of them than the server may have files.
#[tokio::test]
async fn connections_beyond_the_limit_of_files_wait_for_a_place() {
    let limits = program(Engine::Sqlite).await.within("ulimit -n 64");
    let program = limits.with("JWT_ALLAUTH__HTTP__CONNECTIONS_PER_CLIENT", "0");
    let mut server = program.serve();
    let idle: Vec<_> = (0..100).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    server.wait_for("all 48 places for connections are taken");
    let waiting = server.begin("GET", "/health/ready", &[], 0).unwrap();
    drop(idle);
    assert_eq!(read_reply(waiting).unwrap().status, 200);
    assert!(!server.log().contains("cannot accept a connection"), "{}", server.log());
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn the_log_says_once_what_a_proxy_does_not_say() {
    let program = program(Engine::Sqlite).await;
    let ends_with = |server: &mut auth::testing::Server| {
        server.terminate();
        server.wait();
        server.log()
    };
    let forwarded = [("X-Forwarded-For", "203.0.113.7")];
    let ask = |server: &auth::testing::Server, headers: &[_]| {
        for path in ["/health/live", "/jwt-allauth/user/", "/jwt-allauth/user/"] {
            server.send("GET", path, headers, "").unwrap();
        }
    };
    let mut server = program.serve();
    ask(&server, &[]);
    ask(&server, &forwarded);
    let log = ends_with(&mut server);
    assert_eq!(log.matches("127.0.0.1 sends X-Forwarded-For and is not in `http.trusted_proxies`").count(), 1, "{log}");

    let mut server = program.with("JWT_ALLAUTH__HTTP__TRUSTED_PROXIES", "::ffff:127.0.0.1").serve();
    ask(&server, &forwarded);
    server.send("GET", "/health/live", &[], "").unwrap();
    assert!(!server.log().contains("X-Forwarded-For"), "{}", server.log());
    ask(&server, &[]);
    let log = ends_with(&mut server);
    assert_eq!(log.matches("sends a request without X-Forwarded-For").count(), 1, "{log}");
}

#[tokio::test]
async fn the_log_holds_no_secret() {
    let program = program(Engine::Sqlite).await.with("RUST_LOG", "trace");
    let server = program.serve();
    let registered = register(&server, "ada@example.com");
    let refreshed = refresh(&server, registered.text("refresh")).unwrap();
    refresh(&server, registered.text("refresh")).unwrap();
    login(&server, "eve@example.com");
    server.terminate();
    server.wait_for("stopped");
    let log = server.log();
    for secret in [PASSWORD, registered.text("access"), registered.text("refresh"), refreshed.text("refresh")] {
        assert!(!secret.is_empty() && !log.contains(secret), "{log}");
    }
    assert!(!log.contains("ada@") && !log.contains("eve@"), "{log}");
    assert!(log.contains("replayed"), "{log}");
}

#[tokio::test]
async fn a_token_that_is_shown_from_another_device_is_logged() {
    let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__BIND", "device");
    let server = program.serve();
    let bearer = format!("Bearer {}", register(&server, "ada@example.com").text("access"));
    let mut headers = vec![("Authorization", bearer.as_str())];
    assert_eq!(server.send("GET", "/jwt-allauth/user/", &headers, "").unwrap().status, 200);
    headers.push(("User-Agent", "Shop/3.1 (iPhone; iOS 17.6)"));
    assert_eq!(server.send("GET", "/jwt-allauth/user/", &headers, "").unwrap().status, 401);
    server.terminate();
    server.wait_for("stopped");
    let log = server.log();
    assert!(log.contains("shown_elsewhere") && log.contains("127.0.0.1"), "{log}");
    assert!(!log.contains(&bearer["Bearer ".len()..]), "{log}");
}
