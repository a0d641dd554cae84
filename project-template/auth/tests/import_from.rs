//! `import-users --from`, with exports whose hashes the systems' own libraries made (see `fixtures/exports/`).

use std::path::PathBuf;

use auth::account::import::{Import, Report, Summary, System, import};
use auth::testing::{Engine, TestApp};
use auth::{Auth, on};
use axum::Router;
use clap::ValueEnum;
use tempfile::NamedTempFile;

auth::on_both_engines!(
    every_export_signs_its_owners_in_with_their_passwords_and_renews_the_hashes,
    an_export_says_who_is_verified_closed_and_called_what,
    accounts_with_second_factors_and_other_ways_to_sign_in_are_named_and_counted,
    an_export_that_does_not_say_who_has_a_second_factor_is_refused,
    a_file_without_a_flag_that_looks_like_an_export_names_the_flag,
    an_export_is_not_read_as_that_of_another_system,
    what_is_no_export_of_firebase_is_refused_for_that,
    hashes_of_firebase_need_the_parameters_of_their_project,
    the_rows_of_auth0_and_of_better_auth_are_put_together,
    tables_of_better_auth_are_read_one_after_the_other,
);

const PASSWORD: &str = "correct horse";

/// Each system, a file of it, the accounts that sign in with [`PASSWORD`], and those that do not.
const EXPORTS: &[(System, &str, &[&str], &[&str])] = &[
    (System::Devise, "devise.csv", &["ada", "new", "factor"], &["locked", "social"]),
    (System::Laravel, "laravel.csv", &["ada", "new", "argon2i", "factor"], &["gone", "social"]),
    (System::Supabase, "supabase.jsonl", &["ada", "new", "factor"], &["banned", "deleted", "social"]),
    (System::Auth0, "auth0.ndjson", &["ada", "new", "factor"], &["blocked", "social"]),
    (
        System::Keycloak,
        "keycloak.json",
        &["ada", "sha1", "sha256", "sha512", "factor"],
        &["disabled", "must", "social"],
    ),
    (System::Firebase, "firebase.json", &["ada", "new", "factor"], &["disabled", "social"]),
    (System::Firebase, "firebase.csv", &["ada", "new"], &["disabled", "social"]),
    (System::BetterAuth, "better-auth.jsonl", &["ada", "boss", "factor"], &["banned", "social"]),
    (System::Kratos, "kratos.json", &["ada", "new", "factor"], &["inactive", "social", "moved"]),
    (System::Werkzeug, "werkzeug.csv", &["ada", "sha256", "sha512", "factor"], &["inactive"]),
];

fn router(auth: Auth) -> Router {
    auth.router().with_state(auth)
}

fn export(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/exports")).join(file)
}

/// An import of one of [`EXPORTS`], as an owner who knows about the second factors runs it.
fn plan(system: System, file: &str) -> Import {
    let config = || std::fs::read_to_string(export("firebase.hash-config")).expect("a file").into();
    Import {
        from: Some(system),
        hash_config: (system == System::Firebase).then(config),
        without_second_factors: true,
        ..Import::of(export(file))
    }
}

/// What an import said: its summary, its lines about single rows, and what it left out.
struct Said {
    summary: Summary,
    lines: Vec<String>,
    left_out: Vec<String>,
}

async fn run(app: &TestApp, plan: &Import) -> Result<Said, String> {
    let (mut lines, mut left_out) = (Vec::new(), Vec::new());
    let summary = import(&app.auth, plan, |report| match report {
        Report::Changed { place, note } => lines.push(format!("{place}: note: {note}")),
        Report::Refused { place, reason } => lines.push(format!("{place}: {reason}")),
        Report::LeftOut { what, rows } => left_out.push(format!("{what}: {rows}")),
        Report::Known { .. } | Report::Progress { .. } => {}
    });
    summary.await.map(|summary| Said { summary, lines, left_out }).map_err(|error| format!("{error:#}"))
}

async fn refusal(app: &TestApp, plan: &Import) -> String {
    let refusal = run(app, plan).await.err().unwrap_or_else(|| panic!("{plan:?} was imported"));
    assert_eq!(count(app).await, 0);
    refusal
}

fn address(name: &str) -> String {
    format!("{name}@example.com")
}

async fn hash_of(app: &TestApp, name: &str) -> Option<String> {
    let (hash,): (Option<String>,) =
        on!(app.auth.db(), pool => sqlx::query_as("select password_hash from users where email_key = $1")
            .bind(address(name))
            .fetch_one(pool)
            .await)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    hash
}

async fn count(app: &TestApp) -> i64 {
    let (count,): (i64,) =
        on!(app.auth.db(), pool => sqlx::query_as("select count(*) from users").fetch_one(pool).await)
            .expect("a number");
    count
}

async fn every_export_signs_its_owners_in_with_their_passwords_and_renews_the_hashes(engine: Engine) {
    for (system, file, right, wrong) in EXPORTS {
        let app = TestApp::start(engine, router).await;
        let said = run(&app, &plan(*system, file)).await.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(said.summary.refused, 0, "{file}: {:?}", said.lines);
        for name in *right {
            assert!(!hash_of(&app, name).await.expect("a hash").starts_with("$argon2id$"), "{file}: {name}");
            assert_eq!(app.client().login(&address(name), "wrong horse").await.status, 401, "{file}: {name}");
            assert_eq!(app.client().login(&address(name), PASSWORD).await.status, 200, "{file}: {name}");
            assert!(hash_of(&app, name).await.expect("a hash").starts_with("$argon2id$"), "{file}: {name}");
            assert_eq!(app.client().login(&address(name), PASSWORD).await.status, 200, "{file}: {name}, renewed");
        }
        for name in *wrong {
            assert_eq!(app.client().login(&address(name), PASSWORD).await.status, 401, "{file}: {name}");
        }
    }
    let app = TestApp::start(engine, router).await;
    run(&app, &plan(System::BetterAuth, "better-auth.jsonl")).await.expect("an import");
    let composed_elsewhere = app.client().login(&address("new"), "\u{fb01}ve \u{2460} horses").await;
    assert_eq!(composed_elsewhere.status, 200);
}

async fn an_export_says_who_is_verified_closed_and_called_what(engine: Engine) {
    for (system, file, right, wrong) in EXPORTS {
        let app = TestApp::start(engine, router).await;
        run(&app, &plan(*system, file)).await.expect("an import");
        let ada = app.user("ada@example.com").await;
        assert!(ada.email_verified && ada.is_active, "{file}");
        let names = format!("{} {}", ada.first_name, ada.last_name);
        let expected: &[&str] = match system {
            System::Auth0 => &["Ada Lovelace"],
            System::Firebase => &["Ada, \"L\" "],
            _ => &["Ada Lovelace", "Ada Lovelace "],
        };
        assert!(expected.contains(&names.as_str()), "{file}: {names:?}");
        if *system != System::BetterAuth && *system != System::Auth0 {
            assert_eq!(ada.created_at.unix_timestamp(), 1_614_834_367, "{file}");
        }
        let unverified =
            right.iter().find(|name| ["new", "sha512"].contains(name)).filter(|_| *system != System::Werkzeug);
        if let Some(name) = unverified {
            assert!(!app.user(&address(name)).await.email_verified, "{file}: {name}");
        }
        let closed = ["locked", "gone", "banned", "deleted", "blocked", "disabled", "inactive"];
        for name in right.iter().chain(*wrong) {
            let user = app.user(&address(name)).await;
            assert_eq!(user.is_active, !closed.contains(name), "{file}: {name}");
            assert_eq!(user.role, 0, "{file}: {name}");
        }
    }
}

async fn accounts_with_second_factors_and_other_ways_to_sign_in_are_named_and_counted(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    for (system, file, factor, way) in [
        (System::Devise, "devise.csv", "the field `otp_required_for_login` (1 row)", "sign-in with google_oauth2: 1"),
        (System::Laravel, "laravel.csv", "the field `two_factor_secret` (1 row)", "sign-in with google: 1"),
        (System::Supabase, "supabase.jsonl", "the field `mfa_factors` (1 row)", "sign-in with google: 1"),
        (System::Auth0, "auth0.ndjson", "the field `multifactor` (1 row)", "sign-in with google-oauth2: 1"),
        (System::Keycloak, "keycloak.json", "the factor `otp` (1 row)", "sign-in with google: 1"),
        (System::Firebase, "firebase.json", "the field `mfaInfo` (1 row)", "sign-in with google.com: 1"),
        (System::BetterAuth, "better-auth.jsonl", "twoFactor (1 row)", "sign-in with github: 1"),
        (System::Kratos, "kratos.json", "the factor `totp` (1 row)", "sign-in with google: 1"),
        (System::Werkzeug, "werkzeug.csv", "the field `tf_totp_secret` (1 row)", ""),
    ] {
        let mut plan = Import { dry_run: true, ..plan(system, file) };
        let said = run(&app, &plan).await.expect("an import");
        assert!(way.is_empty() || said.left_out.iter().any(|left| left == way), "{file}: {:?}", said.left_out);
        plan.without_second_factors = false;
        let error = refusal(&app, &plan).await;
        assert!(error.contains(factor) && error.contains("--without-second-factors"), "{file}: {error}");
    }
}

async fn an_export_that_does_not_say_who_has_a_second_factor_is_refused(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let text = std::fs::read_to_string(export("supabase.jsonl")).expect("a file");
    let silent: String = text.replace("\"mfa_factors\": 0", "\"x\": 0").replace("\"mfa_factors\": 1", "\"x\": 0");
    let hashes = std::fs::read_to_string(export("auth0.ndjson")).expect("a file");
    let hashes: String = hashes.lines().take(4).flat_map(|line| [line, "\n"]).collect();
    for (system, text, place) in [
        (System::Supabase, silent, "auth.mfa_factors"),
        (System::Auth0, hashes, "multifactor"),
        (System::Firebase, std::fs::read_to_string(export("firebase.csv")).expect("a file"), ".json"),
    ] {
        let file = written(&text);
        let mut plan = Import { file: file.path().to_owned(), without_second_factors: false, ..plan(system, "") };
        let error = refusal(&app, &plan).await;
        assert!(error.contains("does not say who has a second factor") && error.contains(place), "{error}");
        (plan.without_second_factors, plan.dry_run) = (true, true);
        assert!(run(&app, &plan).await.is_ok(), "{place}");
    }
}

async fn a_file_without_a_flag_that_looks_like_an_export_names_the_flag(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    for (system, file, ..) in EXPORTS {
        let error = refusal(&app, &Import { without_second_factors: true, ..Import::of(export(file)) }).await;
        assert!(error.contains(&format!("add `--from {}`", system.name())), "{file}: {error}");
    }
    let plan = Import { from: Some(System::Django), dry_run: true, ..Import::of(export("devise.csv")) };
    let said = run(&app, &Import { without_second_factors: true, ..plan }).await.expect("an import, as it is");
    assert_eq!((said.summary.imported, said.summary.without_password), (5, 5));
}

async fn an_export_is_not_read_as_that_of_another_system(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    for (wrote, file, ..) in EXPORTS {
        for asked in System::value_variants() {
            if asked == wrote || *asked == System::Django {
                continue;
            }
            let error = refusal(&app, &Import { file: export(file), ..plan(*asked, "") }).await;
            let advice = format!("`--from {}`", wrote.name());
            assert!(
                error.contains("looks like an export of") && error.contains(&advice),
                "{file} as {asked:?}: {error}"
            );
        }
    }
    let dump = written(
        "{\"model\": \"auth.user\", \"pk\": 1, \"fields\": {\"email\": \"a@example.com\", \"password\": \"!\"}}",
    );
    let error = refusal(&app, &Import { file: dump.path().to_owned(), ..plan(System::Devise, "") }).await;
    assert!(error.contains("looks like an export of django"), "{error}");

    // Rows of the requested system may come late, and columns of another do not matter beside its own.
    let of_laravel =
        |n: u32| format!("{{\"email\":\"u{n}@example.com\",\"password\":\"!\",\"email_verified_at\":null}}\n");
    let mut late = (0..1_100).map(of_laravel).collect::<Vec<_>>().concat();
    let of_devise =
        "{\"email\":\"ada@example.com\",\"encrypted_password\":\"x\",\"email_verified_at\":null,\"password\":\"x\"}\n";
    let plan_of =
        |file: &NamedTempFile| Import { file: file.path().to_owned(), dry_run: true, ..plan(System::Devise, "") };
    let error = refusal(&app, &plan_of(&written(&late))).await;
    assert!(error.contains("use `--from laravel`"), "{error}");
    late.push_str(of_devise);
    assert_eq!(run(&app, &plan_of(&written(&late))).await.expect("an import").summary.imported, 1_101);
}

async fn what_is_no_export_of_firebase_is_refused_for_that(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let text = std::fs::read_to_string(export("laravel.csv")).expect("a file");
    for text in [text.replace("\"2021-03-04 05:06:07\"", "2021-03-04 05:06:07").replace(',', "\t"), text] {
        let file = written(&text);
        let error = refusal(&app, &Import { file: file.path().to_owned(), ..plan(System::Firebase, "") }).await;
        assert!(error.contains("looks like an export of laravel"), "{error}");
    }
    let file = written("id,email,name\n1,ada@example.com,Ada\n");
    let error = refusal(&app, &Import { file: file.path().to_owned(), ..plan(System::Firebase, "") }).await;
    assert!(error.contains("the file is no export of firebase, whose CSV has no header"), "{error}");
}

async fn hashes_of_firebase_need_the_parameters_of_their_project(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let mut plan = plan(System::Firebase, "firebase.json");
    plan.hash_config = None;
    assert!(refusal(&app, &plan).await.contains("add `--hash-config FILE`"));
    plan.hash_config = Some("hash_config { rounds: 8, mem_cost: 14 }".into());
    assert!(
        refusal(&app, &plan).await.contains("the file of --hash-config cannot be used: it has no `base64_signer_key`")
    );
    let misplaced = Import { from: Some(System::Devise), ..plan };
    assert!(refusal(&app, &misplaced).await.contains("--hash-config belongs to --from firebase"));
}

async fn the_rows_of_auth0_and_of_better_auth_are_put_together(engine: Engine) {
    for (system, file, imported, without_password) in
        [(System::Auth0, "auth0.ndjson", 5, 1), (System::BetterAuth, "better-auth.jsonl", 6, 1)]
    {
        let app = TestApp::start(engine, router).await;
        let text = std::fs::read_to_string(export(file)).expect("a file");
        let backwards = text.lines().rev().flat_map(|line| [line, "\n"]).collect::<String>();
        for text in [text, backwards] {
            let file = written(&text);
            let plan = Import { file: file.path().to_owned(), dry_run: true, ..plan(system, "") };
            let summary = run(&app, &plan).await.expect("an import").summary;
            assert_eq!((summary.imported, summary.refused, summary.without_password), (imported, 0, without_password));
        }
    }
}

async fn tables_of_better_auth_are_read_one_after_the_other(engine: Engine) {
    let app = TestApp::start(engine, router).await;
    let text = std::fs::read_to_string(export("better-auth.jsonl")).expect("a file");
    let rows: Vec<&str> = text.lines().collect();
    let (users, others) = rows.split_at(6);
    // As `sqlite3 -json` writes the rows of two queries.
    let file = written(&format!("[{}]\n[{}]\n", users.join(",\n"), others.join(",\n")));
    let plan = Import { file: file.path().to_owned(), dry_run: true, ..plan(System::BetterAuth, "") };
    let said = run(&app, &plan).await.expect("an import");
    assert_eq!((said.summary.imported, said.summary.without_password), (6, 1), "{:?}", said.lines);
}

fn written(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("room");
    file
}
