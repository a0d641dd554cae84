//! The commands beside `serve`.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Output;

use auth::clock::Clock;
use auth::testing::{Engine, PASSWORD, Program, Server};

use super::{IN_BODY, login, program, register, with};

auth::on_both_engines!(
    migrate_applies_what_check_names,
    many_migrations_at_once_take_turns,
    a_superuser_is_made_once_however_often_it_is_asked_for,
    an_account_that_a_stranger_may_have_made_is_no_superuser_unless_that_is_asked_for,
    a_verified_account_becomes_a_superuser_whose_password_is_void_and_a_deactivated_one_does_not,
    a_superuser_whose_password_is_lost_is_given_another_only_if_that_is_asked_for,
    superusers_without_a_second_factor_are_named_and_a_lost_one_is_removed,
    flush_tokens_counts_and_removes,
    a_dry_run_applies_no_migrations,
    in_production_a_start_that_migrates_does_so_first,
    variables_are_all_that_production_needs,
);

/// Exit code, standard output, standard error.
fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn assert_told(program: &Program, arguments: &[&str], code: i32, expected: &str) {
    let (status, stdout, stderr) = told(&program.run(arguments));
    assert_eq!(status, code, "{stdout}{stderr}");
    assert!(format!("{stdout}{stderr}").contains(expected), "{stdout}{stderr}");
}

/// Of the settings as they are committed: in a directory like the project's, without what is this machine's alone.
#[tokio::test]
async fn the_settings_of_this_project_and_the_files_they_name_are_fine() {
    let program = program(Engine::Sqlite).await;
    for entry in std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let entry = entry.unwrap();
        let place = program.directory().join(entry.file_name());
        if entry.file_name() != ".env" && !place.exists() {
            symlink(entry.path(), place).unwrap();
        }
    }
    assert_told(&program, &["check"], 0, "the settings are fine");
}

async fn migrate_applies_what_check_names(engine: Engine) {
    let program = program(engine).await;
    assert_told(&program, &["migrate", "--check"], 1, "missing 0001_users_and_sessions");
    assert_told(&program, &["migrate"], 0, "applying 0001_users_and_sessions");
    assert_told(&program, &["migrate", "--check"], 0, "the database is up to date");
    assert_told(&program, &["migrate"], 0, "the database is up to date");
}

async fn many_migrations_at_once_take_turns(engine: Engine) {
    for _ in 0..5 {
        let program = program(engine).await;
        let start = || program.command(&["migrate"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let started: Vec<_> = (0..4).map(|_| start()).collect();
        for process in started {
            let (status, _, stderr) = told(&process.wait_with_output().unwrap());
            assert_eq!(status, 0, "{stderr}");
        }
        assert_told(&program, &["migrate", "--check"], 0, "the database is up to date");
    }
}

async fn a_superuser_is_made_once_however_often_it_is_asked_for(engine: Engine) {
    let program = program(engine).await.with("SUPERUSER_EMAIL", "root@example.com");
    let command = ["create-superuser", "--no-input"];
    assert_told(&program, &command, 1, "no password: set SUPERUSER_PASSWORD, or leave out --no-input");
    assert_told(&program, &command[..1], 1, "no password: set SUPERUSER_PASSWORD, or run this on a terminal");
    let program = program.with("SUPERUSER_PASSWORD", "root@example.com");
    assert_told(&program, &command, 1, "The password is too similar to the email address.");
    let program = program.with("SUPERUSER_PASSWORD", PASSWORD);
    let processes: Vec<_> =
        (0..4).map(|_| program.command(&command).stdout(std::process::Stdio::piped()).spawn().unwrap()).collect();
    let mut said: Vec<String> =
        processes.into_iter().map(|process| told(&process.wait_with_output().unwrap()).1).collect();
    said.sort();
    let already = "root@example.com is a superuser already; to replace its password, add --reset-password\n";
    assert_eq!(said, ["created the superuser root@example.com\n", already, already, already]);
    let server = program.serve();
    assert_eq!(login(&server, "root@example.com").status, 200);
}

async fn an_account_that_a_stranger_may_have_made_is_no_superuser_unless_that_is_asked_for(engine: Engine) {
    let program = program(engine).await.with("SUPERUSER_EMAIL", "root@example.com");
    let program = program.with("SUPERUSER_PASSWORD", "the operator's own passphrase");
    let server = program.serve();
    assert_eq!(register(&server, "root@example.com").status, 201);
    for _ in 0..2 {
        assert_told(
            &program,
            &["create-superuser"],
            1,
            "root@example.com has an account whose address was never verified",
        );
    }
    assert_eq!(role(&server, "root@example.com"), 0);
    let promoted =
        "root@example.com is a superuser now and signed out everywhere; its password is the one that was given";
    let refresh = login(&server, "root@example.com").text("refresh").to_owned();
    assert_told(&program, &["create-superuser", "--promote"], 0, promoted);
    assert_eq!(login(&server, "root@example.com").status, 401, "the stranger's password");
    let body = format!(r#"{{"refresh":"{refresh}"}}"#);
    assert_eq!(server.send("POST", "/jwt-allauth/refresh/", IN_BODY, &body).unwrap().status, 401, "their session");
    let body = r#"{"email":"root@example.com","password":"the operator's own passphrase"}"#;
    let reply = server.send("POST", "/jwt-allauth/login/", IN_BODY, body).unwrap();
    assert_eq!(reply.status, 200, "{reply:?}");
    for command in [&["create-superuser"][..], &["create-superuser", "--promote"]] {
        assert_told(&program, command, 0, "root@example.com is a superuser already; to replace its password");
    }
}

async fn a_superuser_whose_password_is_lost_is_given_another_only_if_that_is_asked_for(engine: Engine) {
    let program = program(engine).await.with("SUPERUSER_EMAIL", "root@example.com");
    let server = program.serve();
    let reset = ["create-superuser", "--reset-password"];
    let program = program.with("SUPERUSER_PASSWORD", PASSWORD);
    assert_told(&program, &reset, 0, "created the superuser root@example.com");
    let refresh = login(&server, "root@example.com").text("refresh").to_owned();

    let program = program.with("SUPERUSER_PASSWORD", "the operator's own passphrase");
    assert_told(&program, &reset[..1], 0, "is a superuser already; to replace its password, add --reset-password");
    assert_eq!(login(&server, "root@example.com").status, 200);
    let weak = program.command(&reset).env("SUPERUSER_PASSWORD", "root@example.com").output().unwrap();
    assert!(told(&weak).2.contains("The password is too similar to the email address."), "{weak:?}");

    drop(server);
    let (status, stdout, stderr) = told(&program.run(&reset));
    assert_eq!(
        (status, stdout.as_str()),
        (0, "root@example.com has the password that was given, and is signed out everywhere\n")
    );
    assert!(stderr.contains("password_reset") && stderr.contains("command"), "the audit log: {stderr}");
    let server = program.serve();
    server.wait_for("Your password for localhost was changed");
    assert_eq!(login(&server, "root@example.com").status, 401, "the lost password");
    assert_eq!(server.send("POST", "/jwt-allauth/refresh/", IN_BODY, &with(&refresh)).unwrap().status, 401);
    let body = r#"{"email":"root@example.com","password":"the operator's own passphrase"}"#;
    assert_eq!(server.send("POST", "/jwt-allauth/login/", IN_BODY, body).unwrap().status, 200);
}

async fn a_verified_account_becomes_a_superuser_whose_password_is_void_and_a_deactivated_one_does_not(engine: Engine) {
    let program = program(engine).await;
    let server = program.serve();
    let accounts = "email,password,email_verified,is_active\n\
         active@example.com,pbkdf2_sha256$1$salt$ouhwH5QjXU2O1gHvuMrHWhFGwGQ8zEmYRlu7N1suuDo=,t,t\n\
         inactive@example.com,!,t,f\n\
         neither@example.com,!,f,f\n";
    let path = program.directory().join("users.csv");
    std::fs::write(&path, accounts).unwrap();
    assert_told(&program, &["import-users", path.to_str().unwrap()], 0, "imported 3 accounts");
    let promote = |name: &str, code, expected: &str| {
        let email = format!("{name}@example.com");
        for command in
            [&["create-superuser", "--email", &email][..], &["create-superuser", "--promote", "--email", &email]]
        {
            assert_told(&program, command, code, &format!("{email} {expected}"));
        }
    };
    assert_eq!(login(&server, "active@example.com").status, 200);
    promote("active", 0, "is a superuser");
    promote("inactive", 1, "has an account that is deactivated; activate it first");
    promote("neither", 1, "has an account that is deactivated; activate it first");
    assert_eq!(login(&server, "active@example.com").status, 401, "until it is reset by mail");
}

/// What the tokens say of somebody who signs in.
fn role(server: &Server, email: &str) -> i64 {
    let bearer = format!("Bearer {}", login(server, email).text("access"));
    let claims = server.send("GET", "/jwt-allauth/token/claims/", &[("Authorization", &bearer)], "").unwrap();
    claims.body["role"].as_i64().unwrap()
}

async fn flush_tokens_counts_and_removes(engine: Engine) {
    let program = program(engine).await;
    assert_told(&program, &["flush-tokens", "--dry-run"], 0, "would remove 0 expired sessions");
    assert_told(&program, &["flush-tokens"], 0, "removed 0 expired sessions");
}

/// Minutes of the clock from now until the newest key of a list signs.
fn minutes_until(list: &str) -> u64 {
    let (_, when) = list.lines().next().and_then(|line| line.split_once("signs from ")).unwrap();
    let at = |from: usize| when[from..from + 2].parse::<u64>().unwrap();
    let now = Clock::default().now();
    (at(11) * 60 + at(14) + 1440 - u64::from(now.hour()) * 60 - u64::from(now.minute())) % 1440
}

#[tokio::test]
async fn a_new_key_is_private_and_signs_later_than_it_is_published() {
    let program = program(Engine::Sqlite).await;
    assert_told(&program, &["keys", "list"], 0, "EdDSA  signs\n");
    assert_told(&program, &["keys", "rotate"], 0, "keys/0002.pem\n");
    let (_, list, _) = told(&program.run(&["keys", "list"]));
    let roles: Vec<_> = list.lines().filter_map(|line| line.split_once("  EdDSA  ")).map(|(_, role)| role).collect();
    assert!(matches!(roles.as_slice(), [newest, "signs"] if newest.starts_with("signs from 20")), "{list}");
    assert!((69..=70).contains(&minutes_until(&list)), "tokens.key_lead is 70m: {list}");
    let program = program.with("JWT_ALLAUTH__TOKENS__KEY_LEAD", "6m");
    assert_told(&program, &["keys", "rotate"], 0, "keys/0003.pem\n");
    let (_, list, _) = told(&program.run(&["keys", "list"]));
    assert!((5..=6).contains(&minutes_until(&list)), "{list}");
    assert_told(&program, &["keys", "rotate", "--now"], 0, "keys/0004.pem\n");
    let (_, list, _) = told(&program.run(&["keys", "list"]));
    assert!(list.lines().next().is_some_and(|newest| newest.ends_with("  signs")), "{list}");
    for key in std::fs::read_dir(program.directory().join("keys")).unwrap() {
        assert_eq!(key.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let database = program.directory().join("test.db");
    assert_told(&program, &["migrate"], 0, "applying");
    assert_eq!(database.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (status, _, stderr) = told(&program.run(&["migrate"]));
    assert!(status == 0 && stderr.contains("is open to other users; close it with `chmod 600"), "{stderr}");
}

#[tokio::test]
async fn check_names_what_is_wrong_and_with_deploy_what_is_unsafe() {
    let program = program(Engine::Sqlite).await;
    assert_told(&program, &["check"], 0, "the settings are fine");
    let (status, unsafe_settings, _) = told(&program.run(&["check", "--deploy"]));
    assert_eq!(status, 1);
    for key in ["environment", "password.hash_memory", "sessions.lifetime"] {
        assert_eq!(unsafe_settings.matches(&format!("unsafe: {key}: ")).count(), 1, "{unsafe_settings}");
    }
    for refused in ["`http.public_url` must be set in production", "`mail.transport` must not be \"console\""] {
        assert!(unsafe_settings.contains(&format!("refused: {refused}")), "{unsafe_settings}");
    }
    // Production reads no such file.
    let variables = "JWT_ALLAUTH__HTTP__PUBLIC_URL=https://auth.example.com\n";
    std::fs::write(program.directory().join(".env"), variables).unwrap();
    assert_told(&program, &["check", "--deploy"], 1, "refused: `http.public_url` must be set in production");
    let mut with_url = program.command(&["check", "--deploy"]);
    with_url.env("JWT_ALLAUTH__HTTP__PUBLIC_URL", "https://auth.example.com");
    let (_, judged, _) = told(&with_url.output().unwrap());
    assert!(!judged.contains("public_url") && judged.contains("refused: `mail.transport`"), "{judged}");
    std::fs::remove_file(program.directory().join(".env")).unwrap();
    let program = program.with("JWT_ALLAUTH__SESSIONS__TRANSPORT", "cokie").with("ENVIRONMENT", "production");
    for command in ["check", "serve", "migrate"] {
        let (status, _, stderr) = told(&program.run(&[command]));
        assert_eq!(status, 1);
        for key in ["`sessions.transport` must be one of cookie, body", "`http.public_url` must be set"] {
            assert!(stderr.contains(key), "{stderr}");
        }
    }
}

/// Whatever it takes to find a problem: reading a value, opening a file, making something of it.
#[tokio::test]
async fn one_start_names_every_problem_wherever_it_is_found() {
    let program = program(Engine::Sqlite).await;
    let settings = r#"
        http.prefix = "no slash"
        mail.host = "mail.example.com"
        mail.from = "no-reply@example.com"
        mail.ca_file = "no/ca.pem"
        redis.url = "redis:6379"
        tokens.encryption_keys = ["k1:change-me"]
        templates.page_layout = "layout.html"
        templates.login_code_text = "no/such.txt"
    "#;
    let write = |name: &str, text: &str| std::fs::write(program.directory().join(name), text).unwrap();
    write("settings.toml", settings);
    write("layout.html", "{% block content %}");
    write("keys/0002.pem", "no key");
    let program = program.with("JWT_ALLAUTH__TOKENS__KEYS", "keys, keys/0003.pem").with("CRON_SECRET_KEY", "short");
    for command in [&["check"][..], &["check", "--deploy"], &["serve"], &["flush-tokens"], &["create-superuser"]] {
        let (status, _, stderr) = told(&program.run(command));
        assert_eq!(status, 1, "{command:?}");
        for expected in [
            "9 problems in the settings:",
            "settings.toml: `http.prefix` must be empty or begin with `/`",
            "settings.toml: `mail.ca_file` names no/ca.pem, which cannot be read",
            "settings.toml: `redis.url` must be an address such as",
            "settings.toml: `tokens.encryption_keys` entry 1 is a placeholder",
            "settings.toml: `templates.page_layout` cannot be used: layout.html, line 1",
            "settings.toml: `templates.login_code_text` names no/such.txt, which cannot be read",
            "JWT_ALLAUTH__TOKENS__KEYS: `tokens.keys` names `keys/0002.pem`, which",
            "JWT_ALLAUTH__TOKENS__KEYS: `tokens.keys` names `keys/0003.pem`, which does not exist",
            "CRON_SECRET_KEY: `cron.secret` must be at least 32 random bytes",
        ] {
            assert!(stderr.contains(expected), "{command:?}: {expected}\n---\n{stderr}");
        }
    }
    assert!(!program.directory().join("test.db").exists(), "nothing was opened");
    let program = program.with("JWT_ALLAUTH__HTTP__PREFIX", "/auth").with("CRON_SECRET_KEY", "");
    let program = program.with("JWT_ALLAUTH__TOKENS__ENCRYPTION_KEYS", "").with("JWT_ALLAUTH__REDIS__URL", "");
    assert_told(&program, &["check"], 1, "5 problems in the settings:");
    // What needs neither keys nor texts is not kept by them.
    assert_told(&program, &["migrate"], 0, "applying");
}

#[tokio::test]
async fn production_that_migrates_at_its_start_does_not_do_so_with_settings_it_cannot_start_with() {
    let program = production(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__KEYS", "no/keys");
    assert_told(&program, &["serve", "--migrate"], 1, "`tokens.keys` names `no/keys`, which does not exist");
    assert!(!program.directory().join("test.db").exists());
}

async fn production(engine: Engine) -> Program {
    let program = program(engine).await.with("ENVIRONMENT", "production");
    let program = program.with("JWT_ALLAUTH__HTTP__PUBLIC_URL", "https://auth.example.com");
    program.with("JWT_ALLAUTH__MAIL__TRANSPORT", "file")
}

#[tokio::test]
async fn production_does_not_migrate_by_itself() {
    let program = production(Engine::Sqlite).await;
    assert_told(&program, &["serve"], 1, "run the command `migrate` first");
    assert_told(&program, &["migrate"], 0, "applying 0001_users_and_sessions");
    let mut server = program.serve();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
}

async fn in_production_a_start_that_migrates_does_so_first(engine: Engine) {
    let program = production(engine).await;
    assert_told(&program, &["serve"], 1, "run the command `migrate` first");
    let start = || program.begin_to_serve_with(&["serve", "--migrate"]);
    let servers: Vec<_> = [start(), start(), start()].into_iter().map(auth::testing::Starting::ready).collect();
    for server in &servers {
        assert_eq!(server.send("GET", "/health/ready", &[], "").unwrap().status, 200);
    }
}

/// What the image does: the program alone, in a directory that holds nothing.
async fn variables_are_all_that_production_needs(engine: Engine) {
    let program =
        production(engine).await.with("JWT_ALLAUTH__MAIL__TRANSPORT", "").with("EMAIL_HOST", "mail.example.com");
    let program = program.with("DEFAULT_FROM_EMAIL", "no-reply@example.com");
    let (_, key, _) = told(&program.run(&["keys", "rotate", "--print"]));
    std::fs::remove_dir_all(program.directory().join("keys")).unwrap();
    let program = program.with("JWT_ALLAUTH__TOKENS__KEYS", key.trim());
    let program = program.with("SUPERUSER_EMAIL", "root@example.com").with("SUPERUSER_PASSWORD", PASSWORD);
    assert_told(&program, &["migrate"], 0, "applying");
    assert_told(&program, &["create-superuser"], 0, "created the superuser root@example.com");
    let server = program.begin_to_serve_with(&["serve", "--migrate"]).ready();
    assert_eq!(login(&server, "root@example.com").status, 200);
}

#[tokio::test]
async fn health_is_asked_of_the_server_that_the_settings_describe() {
    let program = program(Engine::Sqlite).await;
    let server = program.serve();
    let port = server.address().port().to_string();
    let program = program.with("PORT", &port);
    assert_told(&program, &["health"], 0, "ready");
    let everywhere = program.with("JWT_ALLAUTH__HTTP__BIND", "0.0.0.0:1");
    assert_told(&everywhere, &["health"], 0, "ready");
    drop(server);
    assert_told(&everywhere, &["health"], 1, "no server answers at http://127.0.0.1:");
}

/// What a container gets that starts for the first time and then again.
#[tokio::test]
async fn keys_are_made_once_where_there_are_none() {
    let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__KEYS", "other/keys");
    let keys = program.directory().join("other/keys");
    for _ in 0..2 {
        assert_told(&program, &["keys", "rotate", "--if-none"], 0, "");
        assert_eq!(std::fs::read_dir(&keys).unwrap().count(), 1);
    }
    assert_told(&program, &["keys", "list"], 0, "EdDSA  signs\n");
}

/// As the list of keys and the next token agree: a key of another algorithm waits like any other.
#[tokio::test]
async fn keys_are_made_and_listed_in_production_before_the_rest_is_set() {
    let program = program(Engine::Sqlite).await.with("ENVIRONMENT", "production");
    assert_told(&program, &["check"], 1, "`http.public_url` must be set in production");
    assert_told(&program, &["keys", "rotate"], 0, "the new key signs from");
    assert_told(&program, &["keys", "list"], 0, "");
    let program = program.with("JWT_ALLAUTH__TOKENS__ALGORITHM", "none");
    assert_told(&program, &["keys", "rotate"], 1, "one problem in the settings:");
}

#[tokio::test]
async fn a_test_mail_that_is_printed_is_not_said_to_be_handed_over() {
    let program = program(Engine::Sqlite).await;
    let command = ["send-test-mail", "ada@example.com"];
    assert_told(&program, &command, 0, "was printed: `mail.transport` is");
    assert_told(&program, &command, 0, "Test mail from localhost");
    let named = program.with("JWT_ALLAUTH__TEMPLATES__SERVICE_NAME", "Analytical Engines & Co");
    assert_told(
        &named,
        &command,
        0,
        "Test mail from Analytical Engines & Co\nIf you read this, Analytical Engines & Co",
    );
}

#[tokio::test]
async fn a_key_of_another_algorithm_signs_when_it_was_said_to() {
    let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__ALGORITHM", "ES256");
    assert_told(
        &program,
        &["check"],
        1,
        "`tokens.algorithm` is ES256, and the newest of tokens.keys that signs is for EdDSA",
    );
    assert_told(&program, &["keys", "list"], 0, "EdDSA  signs\n");
    assert_told(&program, &["keys", "list"], 0, "the server does not start with these keys: one problem");
    assert_told(&program, &["keys", "rotate"], 0, "the new key signs from 20");
    let (_, list, _) = told(&program.run(&["keys", "list"]));
    let roles: Vec<_> = list.lines().filter_map(|line| line.split_once("  ")).map(|(_, role)| role).collect();
    assert!(matches!(roles.as_slice(), [new, "EdDSA  signs"] if new.starts_with("ES256  signs from 20")), "{list}");
}

#[tokio::test]
async fn an_rsa_key_of_openssl_is_given_its_time() {
    let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__ALGORITHM", "RS256");
    assert_told(&program, &["keys", "rotate"], 1, "openssl genpkey -algorithm RSA");
    let made = program.directory().join("keys/0002.pem");
    let openssl = |bits: &str, to: &std::path::Path| {
        let made = std::process::Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", &format!("rsa_keygen_bits:{bits}"), "-out"])
            .arg(to)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
    };
    openssl("2048", &made);
    let says_no_time = "names `keys/0002.pem`, which says no time from which it signs";
    assert_told(&program, &["keys", "list"], 0, says_no_time);
    assert_told(&program, &["check"], 1, says_no_time);
    assert_told(&program, &["keys", "rotate", "--from", "keys/0002.pem"], 0, "keys/0003.pem\n");
    assert!(!made.exists(), "its key has moved");
    let (_, list, _) = told(&program.run(&["keys", "list"]));
    assert!(list.contains("  RS256  signs from 20") && list.contains("  EdDSA  signs\n"), "{list}");
    openssl("4096", &program.directory().join("new.pem"));
    assert_told(&program, &["keys", "rotate", "--now", "--from", "new.pem"], 0, "keys/0004.pem\n");
    assert_told(&program, &["keys", "list"], 0, "  RS256  signs\n");
    assert_told(&program, &["keys", "rotate", "--from", "new.pem"], 1, "is the key that keys/0004.pem holds already");

    let piped = |file: &std::path::Path| {
        let mut command = program.command(&["keys", "rotate", "--from", "-"]);
        told(&command.stdin(std::fs::File::open(file).unwrap()).output().unwrap()).2
    };
    assert!(
        piped(&program.directory().join("new.pem")).contains("the text on standard input is the key that keys/0004")
    );
    for (bits, problem) in [("1024", "fewer than 2048 bits"), ("4104", "more than 4096 bits")] {
        let weak = program.directory().join("weak.pem");
        openssl(bits, &weak);
        let expected = format!("the text on standard input is an RSA key of {problem}; make one of 2048 to 4096");
        let stderr = piped(&weak);
        assert!(stderr.contains(&expected), "{stderr}");
    }
}

#[tokio::test]
async fn files_that_do_not_sign_and_copies_are_named_by_a_check() {
    let program = program(Engine::Sqlite).await;
    let keys = program.directory().join("keys");
    std::fs::copy(keys.join("0001.pem"), keys.join("backup-0001.pem")).unwrap();
    assert_told(&program, &["keys", "rotate", "--now"], 0, "keys/0002.pem\n");
    assert_told(&program, &["keys", "list"], 0, "EdDSA  signs\n");
    for part in ["`keys/backup-0001.pem`, which has a name that is no number", "are the same key"] {
        assert_told(&program, &["check"], 0, part);
    }
    let (_, list, _) = told(&program.run(&["keys", "list"]));
    assert!(list.lines().next().is_some_and(|newest| newest.ends_with("signs")) && list.lines().count() == 2, "{list}");
}

#[tokio::test]
async fn a_printed_key_is_a_value_for_the_settings() {
    for algorithm in ["EdDSA", "ES256", "HS256"] {
        let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__ALGORITHM", algorithm);
        let (status, key, _) = told(&program.run(&["keys", "rotate", "--print"]));
        assert_eq!(status, 0);
        let program = program.with("JWT_ALLAUTH__TOKENS__KEYS", key.trim());
        assert_told(&program, &["keys", "list"], 0, &format!("{algorithm:5}  signs\n"));
    }
}

#[tokio::test]
async fn a_key_that_is_a_value_never_names_a_directory() {
    for algorithm in ["EdDSA", "ES256", "HS256"] {
        let program = program(Engine::Sqlite).await.with("JWT_ALLAUTH__TOKENS__ALGORITHM", algorithm);
        let (_, key, _) = told(&program.run(&["keys", "rotate", "--print"]));
        std::fs::remove_dir_all(program.directory().join("keys")).unwrap();
        let program = program.with("JWT_ALLAUTH__TOKENS__KEYS", key.trim());
        let (status, stdout, _) = told(&program.run(&["keys", "rotate", "--if-none"]));
        assert_eq!((status, stdout.as_str()), (0, ""), "there is one");
        for how in [&["keys", "rotate"][..], &["keys", "rotate", "--now"]] {
            let (status, stdout, stderr) = told(&program.run(how));
            assert_eq!((status, stdout.as_str()), (1, ""), "{how:?}");
            assert!(stderr.contains("`tokens.keys` names no directory") && !stderr.contains(key.trim()), "{how:?}");
            assert_eq!(std::fs::read_dir(program.directory()).unwrap().count(), 0, "{how:?}");
        }
    }
}

/// As on a full disk: a process that may write no byte into a file, and is not ended for trying.
#[tokio::test]
async fn a_key_that_cannot_be_written_leaves_no_part_of_it() {
    let program = program(Engine::Sqlite).await.within("trap '' XFSZ; ulimit -f 0");
    assert_told(&program, &["keys", "rotate"], 1, "cannot write keys/0002.pem: ");
    assert_eq!(std::fs::read_dir(program.directory().join("keys")).unwrap().count(), 1);
    assert_told(&program, &["keys", "list"], 0, "EdDSA  signs\n");
}

#[tokio::test]
async fn the_list_of_keys_says_whether_unencrypted_tokens_are_accepted() {
    let program = program(Engine::Sqlite).await;
    let (_, key, _) = told(&program.run(&["keys", "rotate", "--encryption"]));
    let kid = key.split(':').next().unwrap();
    let list = |entries: String| {
        let output = program.command(&["keys", "list"]).env("JWT_ALLAUTH__TOKENS__ENCRYPTION_KEYS", entries).output();
        let (_, list, _) = told(&output.unwrap());
        list.split_once("EdDSA  signs\n").unwrap().1.to_owned()
    };
    let key = key.trim();
    assert_eq!(list(key.to_owned()), format!("{kid}  A256GCM  seals\n"));
    let mixed = format!("{kid}  A256GCM  seals\nplain: tokens are also accepted unencrypted\n");
    assert_eq!(list(format!("{key},plain")), mixed);
    let prepared = format!("{kid}  A256GCM  opens\nplain: tokens go out and are accepted unencrypted\n");
    assert_eq!(list(format!("plain,{key}")), prepared);
}

#[tokio::test]
async fn the_ids_of_an_import_replace_those_of_an_earlier_one_or_leave_them() {
    let program = program(Engine::Sqlite).await;
    let (accounts, ids) = (program.directory().join("users.csv"), program.directory().join("ids.csv"));
    std::fs::write(&ids, "of an earlier import").unwrap();
    let command = ["import-users", accounts.to_str().unwrap(), "--ids", ids.to_str().unwrap()];
    assert_told(&program, &command, 1, "cannot read");
    assert_eq!(std::fs::read_to_string(&ids).unwrap(), "of an earlier import");
    std::fs::write(&accounts, "pk,email\n7,ada@example.com\n").unwrap();
    assert_told(&program, &command, 0, "imported 1 account");
    assert!(std::fs::read_to_string(&ids).unwrap().starts_with("pk,id\n7,"));
    assert!(!program.directory().join("ids.csv.part").exists());
}

#[tokio::test]
async fn what_only_looks_makes_no_database() {
    let program = program(Engine::Sqlite).await;
    let accounts = program.directory().join("users.csv");
    std::fs::write(&accounts, "pk,email\n7,ada@example.com\n").unwrap();
    let accounts = accounts.to_str().unwrap();
    let import = ["import-users", accounts, "--dry-run"];
    for (command, code, expected) in [
        (&import[..], 0, "would import 1 account"),
        (&import, 0, "note: there is no database yet"),
        (&["flush-tokens", "--dry-run"], 0, "would remove 0 expired sessions"),
        (&["migrate", "--check"], 1, "missing 0001_users_and_sessions"),
    ] {
        assert_told(&program, command, code, expected);
        assert!(!program.directory().join("test.db").exists(), "{command:?}");
    }
    assert_told(&program, &["import-users", accounts, "--dry-run", "--ids", "ids.csv"], 2, "cannot be used with");
    assert_told(&program, &["import-users", accounts], 0, "imported 1 account");
    assert_told(&program, &import, 0, "skipped 1 account");
}

#[tokio::test]
async fn the_help_of_an_import_names_the_systems() {
    let program = program(Engine::Sqlite).await;
    let (_, help, _) = told(&program.run(&["import-users", "--help"]));
    for system in [
        "django",
        "devise",
        "laravel",
        "supabase",
        "auth0",
        "keycloak",
        "firebase",
        "better-auth",
        "kratos",
        "werkzeug",
    ] {
        assert!(help.contains(&format!("- {system}:")), "{help}");
    }
}

async fn a_dry_run_applies_no_migrations(engine: Engine) {
    let program = program(engine).await;
    assert_told(&program, &["migrate"], 0, "applying");
    let url = program.command(&[]).get_envs().find(|(name, _)| *name == "DATABASE_URL").unwrap().1.unwrap().to_owned();
    let settings = auth::db::Settings {
        url: url.to_str().unwrap().into(),
        max_connections: 1,
        acquire_timeout: std::time::Duration::from_secs(10),
    };
    let db = auth::db::Db::connect(&settings).await.unwrap();
    let count = async || {
        auth::on!(&db, pool => auth::sqlx::query_scalar::<_, i64>("select count(*) from _sqlx_migrations").fetch_one(pool).await)
            .unwrap()
    };
    let before = count().await;
    auth::on!(&db, pool => auth::sqlx::query("delete from _sqlx_migrations where version = 9").execute(pool).await.map(drop))
        .unwrap();
    for command in [&["flush-tokens", "--dry-run"][..], &["import-users", "users.csv", "--dry-run"]] {
        assert_told(&program, command, 1, "a dry run applies no migrations, and these are missing: 0009_remembered");
        assert_eq!(count().await, before - 1);
    }
    db.close().await;
}

/// An argument would be seen by everybody on the machine.
#[tokio::test]
async fn the_key_of_firebase_comes_from_a_pipe_or_a_file_and_is_not_kept() {
    let program = program(Engine::Sqlite).await;
    let exports = concat!(env!("CARGO_MANIFEST_DIR"), "/auth/tests/fixtures/exports");
    let (users, config) = (format!("{exports}/firebase.json"), format!("{exports}/firebase.hash-config"));
    let command =
        |config| ["import-users", &users, "--from", "firebase", "--without-second-factors", "--hash-config", config];
    assert_told(&program, &command("nowhere"), 1, "--hash-config: cannot read nowhere");
    let piped = std::fs::File::open(&config).unwrap();
    let (status, stdout, stderr) = told(&program.command(&command("-")).stdin(piped).output().unwrap());
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.starts_with("imported 5 accounts\n"), "{stdout}");
    assert_told(&program, &command(&config), 0, "skipped 5 accounts");
    let key = b"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH";
    for entry in std::fs::read_dir(program.directory()).unwrap() {
        let path = entry.unwrap().path();
        let held = std::fs::read(&path).unwrap_or_default();
        assert!(!held.windows(key.len()).any(|bytes| bytes == key), "{}", path.display());
    }
}

#[tokio::test]
async fn variables_that_are_no_settings_count_in_the_file_of_variables_too() {
    let program = program(Engine::Sqlite).await;
    let variables = format!("SUPERUSER_EMAIL=root@example.com\nSUPERUSER_PASSWORD='{PASSWORD}'\n");
    std::fs::write(program.directory().join(".env"), variables).unwrap();
    assert_told(&program, &["create-superuser"], 0, "created the superuser root@example.com");
    let program = program.with("SUPERUSER_EMAIL", "boss@example.com").with("SUPERUSER_PASSWORD_FILE", "nowhere");
    std::fs::remove_file(program.directory().join(".env")).unwrap();
    assert_told(&program, &["create-superuser"], 1, "SUPERUSER_PASSWORD_FILE: cannot read nowhere");
}

#[tokio::test]
async fn the_file_of_variables_is_not_read_in_production_however_that_is_said() {
    let file = |program: &Program, name: &str, text: &str| {
        std::fs::write(program.directory().join(name), text).unwrap();
    };
    let not_started = "`http.public_url` must be set in production";
    let program = program(Engine::Sqlite).await;
    file(&program, ".env", "ENVIRONMENT=development\n");
    file(&program, "settings.toml", "environment = \"production\"\n");
    assert_told(&program, &["check"], 1, not_started);
    let program = program.with("ENVIRONMENT", "development");
    assert_told(&program, &["check"], 0, "the settings are fine");
    file(&program, "settings.toml", "");
    file(&program, "mounted", "production\n");
    let program = program.with("ENVIRONMENT", "").with("ENVIRONMENT_FILE", "mounted");
    assert_told(&program, &["check"], 1, not_started);
}

#[tokio::test]
async fn a_wish_for_the_log_that_cannot_be_read_is_told() {
    let program = program(Engine::Sqlite).await.with("RUST_LOG", "info,auth=loud");
    let (status, stdout, stderr) = told(&program.run(&["check"]));
    assert_eq!((status, stdout.as_str()), (0, "the settings are fine\n"));
    assert_eq!(stderr.matches("RUST_LOG: ").count(), 1, "{stderr}");
    assert!(stderr.contains("logging `info,sqlx=warn` instead"), "{stderr}");
}

/// As with `| head`, which closes the pipe: the work is done, and nothing is said of it.
#[tokio::test]
async fn a_command_whose_reader_stops_early_does_its_work_and_ends_quietly() {
    let program = program(Engine::Sqlite).await;
    for arguments in [
        &["migrate"][..],
        &["migrate", "--check"],
        &["openapi"],
        &["openapi", "--format", "postman"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["flush-tokens"],
        &["check"],
        &["send-test-mail", "ada@example.com"],
        &["--help"],
        &["--version"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (status, _, stderr) = told(&program.command(arguments).stdout(writer).output().unwrap());
        assert_eq!(status, 0, "{arguments:?}: {stderr}");
        for word in ["panicked", "Broken pipe", "error"] {
            assert!(!stderr.contains(word), "{arguments:?}: {stderr}");
        }
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let rotated = program.command(&["keys", "rotate"]).stdout(writer.try_clone().unwrap()).stderr(writer).status();
    assert_eq!(rotated.unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(program.directory().join("keys")).unwrap().count(), 3);
}

#[tokio::test]
async fn what_is_no_command_is_refused_with_code_two() {
    let program = program(Engine::Sqlite).await;
    assert_told(&program, &["migrat"], 2, "migrate");
    assert_told(&program, &["--help"], 0, "create-superuser");
}

async fn superusers_without_a_second_factor_are_named_and_a_lost_one_is_removed(engine: Engine) {
    let program = program(engine).await;
    let deploy = || told(&program.run(&["check", "--deploy"])).1;
    assert!(!deploy().contains("second factor; set one up"), "there is no database yet");
    let user = r#"{"model":"auth.user","pk":1,"fields":{"email":"root@example.com","password":"!","last_login":null,"is_superuser":true}}"#;
    let app = r#"{"model":"mfa.authenticator","pk":1,"fields":{"user":1,"type":"totp","data":{"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}}}"#;
    let path = program.directory().join("users.jsonl");
    std::fs::write(&path, format!("{user}\n{app}\n")).unwrap();
    assert_told(&program, &["import-users", path.to_str().unwrap()], 0, "1 of them with their second factor");
    assert!(!deploy().contains("no second factor"), "{}", deploy());
    let remove = ["remove-second-factor", "root@example.com"];
    assert_told(&program, &remove, 0, "removed the second factor of root@example.com");
    assert_told(&program, &remove, 1, "has no second factor");
    assert_told(&program, &["remove-second-factor", "nobody@example.com"], 1, "no account has the address");
    assert!(
        deploy().contains("unsafe: mfa: 1 superuser has no second factor: root@example.com; set one up"),
        "{}",
        deploy()
    );
}
