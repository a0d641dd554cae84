//! How many connections a client may hold, and for how long.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use auth::testing::{Engine, TestApp};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use super::{read, router, status};

async fn connect(from: [u8; 4], server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((IpAddr::from(from), 0).into()).unwrap();
    socket.connect(server).await.unwrap()
}

/// The status of an answer on a connection, which then ends; 0 if there is none.
async fn ask(connection: &mut TcpStream) -> u16 {
    let request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    // The server may have closed it already.
    let _ = connection.write_all(request).await;
    status(&read(connection).await)
}

#[tokio::test]
async fn a_client_gets_so_many_connections_and_the_others_are_served() {
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.http.connections_per_client = 3;
        settings.http.trusted_proxies = vec!["127.0.0.4/32".parse().unwrap()];
    })
    .await;
    let server = app.listen().await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(connect([127, 0, 0, 2], server.address()).await);
    }
    assert_eq!(ask(&mut connect([127, 0, 0, 2], server.address()).await).await, 0, "one too many");
    assert_eq!(ask(&mut connect([127, 0, 0, 3], server.address()).await).await, 200, "somebody else");
    let mut proxied = Vec::new();
    for _ in 0..10 {
        proxied.push(connect([127, 0, 0, 4], server.address()).await);
    }
    for connection in &mut proxied {
        assert_eq!(ask(connection).await, 200, "a proxy");
    }
    assert_eq!(ask(&mut held[0]).await, 200, "one of those it has");
    assert_eq!(ask(&mut connect([127, 0, 0, 2], server.address()).await).await, 200, "in its place");
}

#[tokio::test]
async fn a_connection_that_nobody_uses_ends_after_the_time_that_is_set() {
    let app = TestApp::start_with(Engine::Sqlite, router, |settings| {
        settings.http.idle_timeout = Duration::from_millis(50);
    })
    .await;
    let server = app.listen().await;
    let mut connection = TcpStream::connect(server.address()).await.unwrap();
    connection.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(status(&read(&mut connection).await), 200, "it ends by itself");
}
