//! `kill -9` in the middle of rotations, and a restart.

use auth::testing::{Engine, Program, Server};

use super::{login, program, refresh, register};

const ROUNDS: usize = 20;
const SESSIONS: usize = 8;

auth::on_both_engines!(
    after_a_crash_either_the_old_or_the_new_token_works_and_never_both,
    after_a_crash_a_window_saves_every_session,
    what_was_answered_before_a_crash_is_there_after_it,
);

/// A token that was shown, and its successor if the answer arrived.
struct Shown {
    old: String,
    new: Option<String>,
}

/// Refreshes many sessions at once and kills the server at the first answer: the others are wherever they have got to.
fn crash_in_rotations(program: &Program) -> Vec<Shown> {
    let server = program.serve();
    let tokens: Vec<String> =
        (0..SESSIONS).map(|_| login(&server, "ada@example.com").text("refresh").to_owned()).collect();
    let (answered, first_answer) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let refreshing: Vec<_> = tokens
            .into_iter()
            .map(|old| {
                let (server, answered) = (&server, answered.clone());
                scope.spawn(move || {
                    let reply = refresh(server, &old).ok();
                    // The server may be gone already, and with it whoever waited.
                    let _ = answered.send(());
                    let new = reply.map(|reply| {
                        assert_eq!(reply.status, 200, "{reply:?}");
                        reply.text("refresh").to_owned()
                    });
                    Shown { old, new }
                })
            })
            .collect();
        first_answer.recv().unwrap();
        server.kill();
        refreshing.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

async fn ready(engine: Engine) -> Program {
    // More sign-ins than one address is allowed.
    let program = program(engine).await.with("JWT_ALLAUTH__THROTTLE__LOGIN", "");
    assert_eq!(register(&program.serve(), "ada@example.com").status, 201);
    program
}

fn status(server: &Server, token: &str) -> u16 {
    refresh(server, token).unwrap().status
}

async fn after_a_crash_either_the_old_or_the_new_token_works_and_never_both(engine: Engine) {
    let program = ready(engine).await;
    let mut lost = 0;
    for _ in 0..ROUNDS {
        let shown = crash_in_rotations(&program);
        let server = program.serve();
        for Shown { old, new } in shown {
            if let Some(new) = new {
                assert_eq!(status(&server, &new), 200, "an answer that arrived is true after the crash");
                assert_eq!(status(&server, &old), 401);
                continue;
            }
            lost += 1;
            let reply = refresh(&server, &old).unwrap();
            // Not rotated; or rotated for nobody, which cannot be told from a replay.
            assert!(matches!(reply.status, 200 | 401), "{reply:?}");
            assert_eq!(status(&server, &old), 401);
            if reply.status == 200 {
                assert_eq!(status(&server, reply.text("refresh")), 401, "the replay has ended the session: no fork");
            }
        }
    }
    assert!(lost > 0, "no crash hit a rotation");
}

async fn after_a_crash_a_window_saves_every_session(engine: Engine) {
    let program = ready(engine).await.with("JWT_ALLAUTH__SESSIONS__RETRY_WINDOW", "60s");
    for _ in 0..ROUNDS {
        let shown = crash_in_rotations(&program);
        let server = program.serve();
        for Shown { old, new } in shown {
            let reply = refresh(&server, &old).unwrap();
            assert_eq!(reply.status, 200, "{reply:?}");
            if let Some(new) = new {
                assert_eq!(reply.text("refresh"), new, "the same successor as before the crash");
            }
            assert_eq!(status(&server, reply.text("refresh")), 200);
        }
    }
}

async fn what_was_answered_before_a_crash_is_there_after_it(engine: Engine) {
    let program = program(engine).await;
    let mut server = program.serve();
    for round in 0..ROUNDS {
        let email = format!("ada{round}@example.com");
        let registered = register(&server, &email);
        assert_eq!(registered.status, 201, "{registered:?}");
        server.kill();
        server = program.serve();
        assert_eq!(status(&server, registered.text("refresh")), 200);
        assert_eq!(login(&server, &email).status, 200);
    }
}
