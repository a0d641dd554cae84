//! `import-users`, with rows that a real Django wrote (see `fixtures/django_users.py`).

use std::io::Write;
use std::path::Path;

use auth::testing::{Engine, PASSWORD, TestApp};
use auth::users::import::{Event, Summary, import};
use auth::{Auth, on};
use axum::Router;
use serde_json::json;
use tempfile::NamedTempFile;
use uuid::Uuid;

auth::on_both_engines!(
    every_hash_of_django_signs_its_owner_in_and_is_replaced_by_one_of_ours,
    accounts_keep_their_names_roles_times_and_verified_addresses,
    an_import_that_is_run_again_goes_on_and_changes_nothing_that_is_there,
    a_dry_run_says_the_same_and_makes_nothing,
    rows_that_cannot_be_imported_are_named_and_the_others_are,
    keys_that_are_uuids_stay_and_a_taken_one_is_refused,
    two_imports_of_one_file_at_once_make_each_account_once,
);

const DJANGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/django_users.jsonl");

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// What an import said: its summary, its lines about single rows, and the ids.
struct Said {
    summary: Summary,
    lines: Vec<String>,
    ids: Vec<(String, Uuid)>,
}

async fn run(app: &TestApp, file: &Path, dry_run: bool) -> Said {
    let (mut lines, mut ids) = (Vec::new(), Vec::new());
    let summary = import(&app.auth, file, dry_run, |event| match event {
        Event::Known { key, id } => ids.push((key.to_owned(), id)),
        Event::Changed { line, note } => lines.push(format!("{line}: note: {note}")),
        Event::Refused { line, reason } => lines.push(format!("{line}: {reason}")),
        Event::Progress { .. } => {}
    })
    .await
    .expect("the file can be read");
    Said { summary, lines, ids }
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("room");
    file
}

async fn hash_of(app: &TestApp, email: &str) -> Option<String> {
    let (hash,): (Option<String>,) =
        on!(app.auth.db(), pool => sqlx::query_as("select password_hash from users where email_key = $1")
            .bind(email)
            .fetch_one(pool)
            .await)
        .expect("an account");
    hash
}

async fn every_hash_of_django_signs_its_owner_in_and_is_replaced_by_one_of_ours(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let said = run(&app, Path::new(DJANGO), false).await;
    assert_eq!(said.summary, Summary { imported: 13, existing: 0, refused: 0, others: 12 });
    assert_eq!(said.lines.len(), 1, "{:?}", said.lines);
    assert!(said.lines[0].starts_with("9: note: its password hash (`md5`)"), "{:?}", said.lines);

    let decomposed = "Gru\u{308}\u{df}e aus Zu\u{308}rich";
    for (name, password) in [
        ("pbkdf2_sha256", "correct horse"),
        ("pbkdf2_sha1", "correct horse"),
        ("argon2", "correct horse"),
        ("bcrypt_sha256", "correct horse"),
        ("bcrypt", "correct horse"),
        ("scrypt", "correct horse"),
        ("decomposed", decomposed),
        ("decomposed_bcrypt", decomposed),
    ] {
        let email = format!("{name}@example.com");
        assert_eq!(app.client().login(&email, "wrong horse").await.status, 401, "{name}");
        assert!(!hash_of(&app, &email).await.expect("a hash").starts_with("$argon2id$"), "{name}");
        assert_eq!(app.client().login(&email, password).await.status, 200, "{name}");
        assert!(hash_of(&app, &email).await.expect("a hash").starts_with("$argon2id$"), "{name}");
        assert_eq!(app.client().login(&email, password).await.status, 200, "{name}, with the new hash");
    }
    for (name, password) in [("md5", "correct horse"), ("unusable", ""), ("inactive", "correct horse")] {
        let reply = app.client().login(&format!("{name}@example.com"), password).await;
        assert!(matches!(reply.status, 400 | 401), "{name}: {reply:?}");
    }
    assert_eq!(hash_of(&app, "md5@example.com").await, None);
    assert_eq!(hash_of(&app, "unusable@example.com").await, None);
}

async fn accounts_keep_their_names_roles_times_and_verified_addresses(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    run(&app, Path::new(DJANGO), false).await;
    let mut claims = Vec::new();
    for name in ["argon2", "scrypt", "staff", "super"] {
        let mut client = app.client();
        client.login(&format!("{name}@example.com"), "correct horse").await;
        let reply = client.get("/jwt-allauth/token/claims/").await;
        claims.push((reply.body["role"].clone(), reply.body["email_verified"].clone()));
        if name == "argon2" {
            let user = client.get("/jwt-allauth/user/").await;
            let expected = json!({ "email": "argon2@example.com", "first_name": "Zoë", "last_name": "O'Hara, \"Z\"" });
            assert_eq!(user.body, expected);
        }
    }
    let expected = [(0, true), (0, false), (900, false), (1000, false)];
    assert_eq!(claims, expected.map(|(role, verified)| (json!(role), json!(verified))));
}

async fn an_import_that_is_run_again_goes_on_and_changes_nothing_that_is_there(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut early = app.client();
    assert_eq!(early.register("Argon2@Example.com", PASSWORD).await.status, 201);
    let first = run(&app, Path::new(DJANGO), false).await;
    assert_eq!((first.summary.imported, first.summary.existing), (12, 1));
    let second = run(&app, Path::new(DJANGO), false).await;
    assert_eq!((second.summary.imported, second.summary.existing), (0, 13));
    assert_eq!(first.ids, second.ids, "every row has its id, whichever run made it");
    assert_eq!(first.ids.len(), 13);

    let claims = early.get("/jwt-allauth/token/claims/").await;
    assert!(first.ids.contains(&("3".into(), claims.text("sub").parse().expect("an id"))));
    assert_eq!(app.client().login("argon2@example.com", PASSWORD).await.status, 200);
    assert_eq!(app.client().login("argon2@example.com", "correct horse").await.status, 401);
    early.refresh().await;
    let claims = early.get("/jwt-allauth/token/claims/").await;
    assert_eq!(claims.body["email_verified"], false, "an address that Django verified says nothing of this account");
}

async fn a_dry_run_says_the_same_and_makes_nothing(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    app.signed_in("argon2@example.com").await;
    let dry = run(&app, Path::new(DJANGO), true).await;
    let again = run(&app, Path::new(DJANGO), true).await;
    let wet = run(&app, Path::new(DJANGO), false).await;
    assert_eq!(dry.summary, again.summary);
    assert_eq!(dry.summary, wet.summary);
    assert_eq!(dry.lines, wet.lines);
    assert_eq!(dry.summary.imported, 12);

    let row = |key: u128, email: &str| json!({ "pk": Uuid::from_u128(key), "email": email, "password": "!" });
    let first = [row(1, "one@example.com"), row(2, "two@example.com"), row(2, "again@example.com")];
    let then = [row(1, "other@example.com"), row(1, "one@example.com"), row(3, "three@example.com")];
    let taken = |line| format!("{line}: its primary key is the id of another account here");
    for (rows, lines, (imported, existing)) in [(first, vec![taken(3)], (2, 0)), (then, vec![taken(1)], (1, 1))] {
        let rows = file(&rows.map(|row| row.to_string()).join("\n"));
        let dry = run(&app, rows.path(), true).await;
        let wet = run(&app, rows.path(), false).await;
        assert_eq!((dry.summary, &dry.lines), (wet.summary, &wet.lines));
        assert_eq!((dry.summary.imported, dry.summary.existing, dry.lines), (imported, existing, lines));
    }
}

async fn rows_that_cannot_be_imported_are_named_and_the_others_are(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let csv = file(
        "email,password,is_active,role\n\
         ada@example.com,!,t,0\n\
         not-an-address\u{1b}[2J,!,t,0\n\
         bob@example.com,!,t\n\
         ADA@example.com,!,t,0\n\
         eve@example.com,!,t,1000\n\
         joe@example.com,!,maybe,0\n",
    );
    let said = run(&app, csv.path(), false).await;
    assert_eq!(said.summary, Summary { imported: 2, existing: 0, refused: 4, others: 0 });
    let expected = [
        "3: `not-an-address\\u{1b}[2J` is not an e-mail address",
        "4: CSV error",
        "5: its address is that of line 2",
        "6: note: its role 1000 is that of staff here",
        "7: its `is_active` is neither true nor false",
    ];
    for (line, expected) in said.lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
    assert_eq!(said.lines.len(), expected.len());
}

async fn keys_that_are_uuids_stay_and_a_taken_one_is_refused(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let id = Uuid::from_u128(0xada);
    let row =
        |email: &str| json!({ "model": "people.person", "pk": id, "fields": { "email": email, "password": "!" } });
    let said = run(&app, file(&format!("{}\n", row("ada@example.com"))).path(), false).await;
    assert_eq!(said.ids, [(id.to_string(), id)]);
    let said = run(&app, file(&json!([row("bob@example.com")]).to_string()).path(), false).await;
    assert_eq!(said.summary.refused, 1);
    assert_eq!(said.lines, ["1: its primary key is the id of another account here"]);
}

async fn two_imports_of_one_file_at_once_make_each_account_once(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let row = |n| json!({ "email": format!("u{n}@example.com"), "password": "!" });
    let rows = (0..500).map(row).collect::<Vec<_>>();
    let rows = file(&json!(rows).to_string());
    let other = app.second_instance(router).await;
    let (one, two) = tokio::join!(run(&app, rows.path(), false), run(&other, rows.path(), false));
    assert_eq!(one.summary.imported + two.summary.imported, 500);
    assert_eq!(one.summary.existing + two.summary.existing, 500);
    assert_eq!(one.ids, two.ids);
}
