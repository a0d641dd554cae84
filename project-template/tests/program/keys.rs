//! Keys that change while the server runs.

use auth::testing::{Engine, Server};

use super::{login, program, refresh, register};

#[tokio::test]
async fn a_running_server_reads_its_keys_again_when_it_is_asked_to() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let ada = register(&server, "ada@example.com");
    let old = published(&server);
    assert_eq!(old.len(), 1);

    assert!(program.run(&["keys", "rotate", "--now"]).status.success());
    server.hang_up();
    server.wait_for("the keys were read again");
    let both = published(&server);
    assert_eq!((both.len(), both.contains(&old[0])), (2, true));
    let refreshed = refresh(&server, ada.text("refresh")).unwrap();
    assert_eq!(refreshed.status, 200, "a token of the old key");
    assert_ne!(key_of(refreshed.text("access")), key_of(ada.text("access")), "the new key signs");
    assert_eq!(user(&server, refreshed.text("access")), 200);
    assert_eq!(user(&server, ada.text("access")), 200);

    // Not even a key that is newer than all.
    std::fs::write(program.directory().join("keys/9999.pem"), "no key").unwrap();
    server.hang_up();
    server.wait_for("the keys in use stay");
    assert!(server.log().contains("9999.pem"), "{}", server.log());
    assert_eq!(published(&server), both);
    assert_eq!(login(&server, "ada@example.com").status, 200);

    std::fs::remove_file(program.directory().join("keys/9999.pem")).unwrap();
    let oldest = std::fs::read_dir(program.directory().join("keys")).unwrap().map(|entry| entry.unwrap().path());
    std::fs::remove_file(oldest.min().unwrap()).unwrap();
    server.hang_up();
    server.wait_for("the keys were read again");
    assert!(!published(&server).contains(&old[0]));
    assert_eq!(user(&server, ada.text("access")), 401, "a token of a key that is gone");
}

/// The names of the published keys.
fn published(server: &Server) -> Vec<String> {
    let reply = server.send("GET", "/.well-known/jwks.json", &[], "").unwrap();
    reply.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The header of a token, which names its key.
fn key_of(token: &str) -> &str {
    token.split('.').next().unwrap()
}

fn user(server: &Server, access: &str) -> u16 {
    let bearer = format!("Bearer {access}");
    server.send("GET", "/jwt-allauth/user/", &[("Authorization", &bearer)], "").unwrap().status
}
