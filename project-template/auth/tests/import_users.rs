//! `import-users`, with rows that a real Django wrote (see `fixtures/django_users.py`).

use std::io::Write;
use std::path::Path;

use auth::account::import::{Import, Report, Summary, System, import};
use auth::testing::{Engine, PASSWORD, TestApp};
use auth::{Auth, on};
use axum::Router;
use serde_json::{Value, json};
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
    a_file_with_second_factors_is_refused_unless_they_may_be_left_out,
    of_two_models_that_look_like_users_one_has_to_be_named,
    what_closes_an_account_elsewhere_closes_it_here_and_is_named,
    the_audit_log_says_whom_an_import_made_staff,
    hashes_of_other_frameworks_sign_their_owners_in_and_are_replaced,
    addresses_are_verified_by_natural_keys_as_well_and_those_of_nobody_are_counted,
    accounts_without_a_password_are_counted,
);

const DJANGO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/django_users.jsonl");

/// Rows of other systems, see `fixtures/other_users.py`.
const OTHERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/other_users.jsonl");
/// What Django writes for an account without a password.
const UNUSABLE: &str = "!jRkVsA0wbZDMFSQ9nEuAKgeDDNKQF5zqkzUh3Ksl";
/// A hash in Django's notation.
const PBKDF2: &str = "pbkdf2_sha256$1$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

/// What an import said: its summary, its lines about single rows, the ids, and what it left out.
struct Said {
    summary: Summary,
    lines: Vec<String>,
    ids: Vec<(String, Uuid)>,
    left_out: Vec<String>,
}

async fn run(app: &TestApp, file: &Path, dry_run: bool) -> Said {
    try_run(app, &Import { dry_run, ..Import::of(file) }).await.expect("an import")
}

/// As [`run`], or why nothing was imported.
async fn try_run(app: &TestApp, plan: &Import) -> Result<Said, String> {
    let (mut lines, mut ids, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let summary = import(&app.auth, plan, |report| match report {
        Report::Known { key, id } => ids.push((key.to_owned(), id)),
        Report::Changed { place, note } => lines.push(format!("{place}: note: {note}")),
        Report::Refused { place, reason } => lines.push(format!("{place}: {reason}")),
        Report::LeftOut { what, rows } => left_out.push(format!("{what}: {rows}")),
        Report::Progress { .. } => {}
    });
    summary.await.map(|summary| Said { summary, lines, ids, left_out }).map_err(|error| format!("{error:#}"))
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
    let Summary { imported, existing, refused, others, without_password, .. } = said.summary;
    assert_eq!((imported, existing, refused, others, without_password), (13, 0, 0, 12, 2));
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
    let words = "select words from user_search where words like '%argon2@%'";
    let words: Vec<String> =
        on!(app.auth.db(), pool => sqlx::query_scalar(words).fetch_all(pool).await).expect("the words");
    assert_eq!(words, ["  argon2@example.com  zoe  o'hara,  \"z\""], "staff find it");
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
    assert_eq!((said.summary.imported, said.summary.refused), (2, 4));
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
    let row = |email: &str| {
        let fields = json!({ "email": email, "password": "!", "last_login": null });
        json!({ "model": "people.person", "pk": id, "fields": fields })
    };
    let said = run(&app, file(&format!("{}\n", row("ada@example.com"))).path(), false).await;
    assert_eq!(said.ids, [(id.to_string(), id)]);
    let said = run(&app, file(&json!([row("bob@example.com")]).to_string()).path(), false).await;
    assert_eq!(said.summary.refused, 1);
    let taken = format!("1, row 1, key {id}: its primary key is the id of another account here");
    assert_eq!(said.lines, [taken]);
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

fn django(model: &str, key: u32, fields: &Value) -> String {
    format!("{}\n", json!({ "model": model, "pk": key, "fields": fields }))
}

fn account(key: u32, email: &str, more: &Value) -> String {
    let mut fields = json!({ "email": email, "password": UNUSABLE, "last_login": null });
    let more = more.as_object().into_iter().flatten();
    for (name, value) in more {
        fields[name] = value.clone();
    }
    django("auth.user", key, &fields)
}

async fn a_file_with_second_factors_is_refused_unless_they_may_be_left_out(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let ada = || account(1, "ada@example.com", &json!({}));
    let factor = |model| django(model, 7, &json!({ "user": 1, "type": "totp", "data": { "secret": "x" } }));
    for (rows, named) in [
        (
            [ada(), factor("mfa.authenticator")],
            "mfa.authenticator with a secret that is not Base32 (is it encrypted?) (1 row)",
        ),
        (
            [ada(), django("mfa.authenticator", 7, &json!({ "user": 1, "type": "webauthn", "data": {} }))],
            "mfa.authenticator with the type `webauthn` (1 row)",
        ),
        ([factor("otp_totp.totpdevice"), ada()], "otp_totp.totpdevice (1 row)"),
        (
            [account(1, "ada@example.com", &json!({ "two_factor_enabled": true })), String::new()],
            "`two_factor_enabled`",
        ),
    ] {
        let rows = file(&rows.concat());
        for dry_run in [true, false] {
            let plan = Import { dry_run, ..Import::of(&rows) };
            let error = try_run(&app, &plan).await.err().expect("a refusal");
            assert!(error.contains(named) && error.contains("--without-second-factors"), "{error}");
            assert_eq!(count(&app).await, 0);
        }
        let plan = Import { dry_run: true, without_second_factors: true, ..Import::of(&rows) };
        let said = try_run(&app, &plan).await.expect("an import");
        assert_eq!((said.summary.imported, said.left_out.len()), (1, 1), "{:?}", said.left_out);
    }
}

async fn of_two_models_that_look_like_users_one_has_to_be_named(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let of_history = |key, email: &str, superuser: bool| {
        let row = account(key, email, &json!({ "history_id": key, "is_superuser": superuser, "password": PBKDF2 }));
        row.replace("auth.user", "people.historicalperson")
    };
    let of_user = |key, email: &str| account(key, email, &json!({})).replace("auth.user", "people.person");
    let mailbox =
        django("support.mailbox", 1, &json!({ "email": "support@example.com", "password": "x", "host": "h" }));
    let history = of_history(1, "old@example.com", true) + &of_history(2, "new@example.com", true);
    let rows = file(&(history.clone() + &of_user(1, "new@example.com") + &mailbox));
    let error = try_run(&app, &Import::of(&rows)).await.err().expect("a refusal");
    for named in ["people.historicalperson (2 rows)", "people.person (1 row)", "support.mailbox (1 row)"] {
        assert!(error.contains(named), "{error}");
    }
    assert!(error.contains("--model people.person"), "the one that is a user model: {error}");
    assert_eq!(count(&app).await, 0);

    let plan = Import { model: Some("people.Nobody".into()), ..Import::of(&rows) };
    let error = try_run(&app, &plan).await.err().expect("a refusal");
    assert!(error.contains("no rows of `people.nobody`"), "{error}");
    let plan = Import { model: Some("people.Person".into()), ..Import::of(&rows) };
    let said = try_run(&app, &plan).await.expect("an import");
    assert_eq!(
        (said.summary.imported, said.left_out),
        (1, vec!["people.historicalperson: 2".to_owned(), "support.mailbox: 1".to_owned()])
    );
    assert_eq!(app.user("new@example.com").await.role, 0, "the right that was taken back");

    for (rows, model) in [(history, "people.historicalperson"), (mailbox, "support.mailbox")] {
        let rows = file(&rows);
        let error = try_run(&app, &Import::of(&rows)).await.err().expect("a refusal");
        assert!(error.contains(&format!("--model {model}")), "{error}");
    }
    assert_eq!(count(&app).await, 1);
}

async fn what_closes_an_account_elsewhere_closes_it_here_and_is_named(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let rows = account(1, "banned@example.com", &json!({ "is_banned": true, "password": PBKDF2 }))
        + &account(2, "until@example.com", &json!({ "banned_until": "2001-01-01T00:00:00Z" }))
        + &account(3, "void@example.com", &json!({ "must_change_password": true, "password": PBKDF2 }))
        + &django("axes.accessattempt", 1, &json!({ "username": "ada", "failures_since_start": 5 }));
    let said = run(&app, file(&rows).path(), false).await;
    assert_eq!(said.left_out, ["axes.accessattempt: 1"]);
    assert!(said.lines[0].starts_with("1: note: the account was closed there (`is_banned`)"), "{:?}", said.lines);
    assert!(
        said.lines[1].starts_with("3: note: the password was no longer valid there (`must_change_password`)"),
        "{:?}",
        said.lines
    );
    assert_eq!(said.lines.len(), 2);
    assert!(!app.user("banned@example.com").await.is_active);
    assert!(app.user("until@example.com").await.is_active);
    assert_eq!(hash_of(&app, "void@example.com").await, None);

    let csv = file(
        "email,active,inactive,archived_at,status\n\
         off@example.com,false,,,\n\
         idle@example.com,true,1,,\n\
         old@example.com,true,0,2020-01-01,\n\
         stopped@example.com,true,0,,suspended\n\
         on@example.com,true,0,,active\n",
    );
    let said = run(&app, csv.path(), false).await;
    for (line, (email, field)) in said.lines.iter().zip([
        ("off@example.com", "active"),
        ("idle@example.com", "inactive"),
        ("old@example.com", "archived_at"),
        ("stopped@example.com", "status"),
    ]) {
        assert!(line.contains(&format!("the account was closed there (`{field}`);")), "{line}");
        assert!(!app.user(email).await.is_active, "{email}");
    }
    assert_eq!(said.lines.len(), 4, "{:?}", said.lines);
    assert!(app.user("on@example.com").await.is_active);
}

async fn the_audit_log_says_whom_an_import_made_staff(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let rows = account(1, "ada@example.com", &json!({ "role": 300 }))
        + &account(2, "bob@example.com", &json!({ "is_staff": true }))
        + &account(3, "eve@example.com", &json!({ "is_superuser": true }));
    let rows = file(&rows);
    run(&app, rows.path(), true).await;
    run(&app, rows.path(), false).await;
    run(&app, rows.path(), false).await;
    let said: Vec<(Uuid, String)> = on!(app.auth.db(), pool => {
        sqlx::query_as("select user_id, detail from audit where kind = 'role_changed' order by id").fetch_all(pool).await
    })
    .expect("the audit log");
    let expected = [("bob@example.com", "0 to 900 by an import"), ("eve@example.com", "0 to 1000 by an import")];
    assert_eq!(said.len(), expected.len());
    for ((user, detail), (email, expected)) in said.into_iter().zip(expected) {
        assert_eq!((user, detail.as_str()), (app.user(email).await.id, expected));
    }
}

async fn hashes_of_other_frameworks_sign_their_owners_in_and_are_replaced(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    // Among them are hashes of Werkzeug, whose own tables have other columns.
    let plan = Import { from: Some(System::Django), ..Import::of(OTHERS) };
    let said = try_run(&app, &plan).await.expect("an import");
    assert_eq!((said.summary.imported, said.summary.without_password, said.lines), (14, 0, Vec::new()));
    for (_, id) in said.ids {
        let (email,): (String,) =
            on!(app.auth.db(), pool => sqlx::query_as("select email from users where id = $1").bind(id).fetch_one(pool).await)
                .expect("an account");
        let password = match email.as_str() {
            "argon2@example.com" => "Gru\u{308}\u{df}e aus Zu\u{308}rich",
            "better-auth-composed@example.com" => "\u{fb01}ve \u{2460} horses",
            _ => "correct horse",
        };
        assert_eq!(app.client().login(&email, "wrong horse").await.status, 401, "{email}");
        assert_eq!(app.client().login(&email, password).await.status, 200, "{email}");
        assert!(hash_of(&app, &email).await.expect("a hash").starts_with("$argon2id$"), "{email}");
        assert_eq!(app.client().login(&email, password).await.status, 200, "{email}, with the new hash");
    }
}

async fn addresses_are_verified_by_natural_keys_as_well_and_those_of_nobody_are_counted(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let address = |email: &str, user: Value| {
        django("account.emailaddress", 1, &json!({ "email": email, "user": user, "verified": true, "primary": true }))
    };
    let rows = account(1, "ada@example.com", &json!({ "username": "ada" }))
        + &account(2, "bob@example.com", &json!({ "username": "bob" })).replace("\"pk\":2,", "")
        + &account(3, "eve@example.com", &json!({}))
        + &account(4, "joe@example.com", &json!({ "username": "joe" }))
        + &address("ada@example.com", json!(1))
        + &address("ada@elsewhere.example", json!(1))
        + &address("bob@example.com", json!(["bob"]))
        + &address("eve@example.com", json!(["eve@example.com"]))
        + &address("joe@example.com", json!(["somebody"]))
        + &address("joe@example.com", json!(7));
    let said = run(&app, file(&rows).path(), false).await;
    assert_eq!(said.summary.strange_addresses, 2);
    for (name, verified) in [("ada", true), ("bob", true), ("eve", true), ("joe", false)] {
        assert_eq!(app.user(&format!("{name}@example.com")).await.email_verified, verified, "{name}");
    }
}

async fn accounts_without_a_password_are_counted(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let devise = file("id,email,encrypted_password\n1,ada@example.com,x\n2,bob@example.com,y\n");
    let plan = Import { from: Some(System::Django), dry_run: true, ..Import::of(&devise) };
    let summary = try_run(&app, &plan).await.expect("an import").summary;
    assert_eq!((summary.imported, summary.without_password, summary.has_passwords), (2, 2, false));
    let some = file(&format!("id,email,password\n1,ada@example.com,{PBKDF2}\n2,bob@example.com,!\n"));
    let summary = run(&app, some.path(), true).await.summary;
    assert_eq!((summary.imported, summary.without_password, summary.has_passwords), (2, 1, true));
}

async fn count(app: &TestApp) -> i64 {
    let (count,): (i64,) =
        on!(app.auth.db(), pool => sqlx::query_as("select count(*) from users").fetch_one(pool).await)
            .expect("a number");
    count
}
