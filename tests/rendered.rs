//! The program and the project together: the transcripts of README.md and of the custom templates, against the server that
//! they promise.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const README: &str = include_str!("../README.md");
const COMPANY_SKELETON: &str = include_str!("../custom-templates/company-skeleton/README.md");
const PASSWORDLESS: &str = include_str!("../custom-templates/passwordless/README.md");
const RESOURCE_SERVER: &str = include_str!("../custom-templates/resource-server/README.md");
const EXTENDING: &str = include_str!("../project-template/docs/extending.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_jwt-allauth");

/// Where the transcripts have the project's server, and the one of another beside it.
const SHOWN: &str = "127.0.0.1:8000";
const SHOWN_BESIDE: &str = "127.0.0.1:8100";

/// Between the outputs of two commands.
const SEPARATOR: &str = "\u{1e}";

struct Step {
    command: String,
    expected: String,
}

/// The commands of the console block that follows `<!-- transcript: NAME -->`, each with the output shown below it.
fn transcript(page: &str, name: &str) -> Vec<Step> {
    let (_, rest) = page.split_once(&format!("<!-- transcript: {name} -->\n```console\n")).expect("the block is there");
    let (block, _) = rest.split_once("\n```").expect("the block ends");
    steps(block)
}

/// Commands after `$ `, each with the output shown below it.
fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), expected: String::new() }),
            None => steps.last_mut().expect("a command comes first").expected.extend([line, "\n"]),
        }
    }
    steps
}

/// Whether a text is what was expected, where `…` stands for anything within a line and within quotation marks.
fn matches(expected: &str, actual: &str) -> bool {
    let (expected, mut rest) = (expected.trim_end(), actual.trim_end());
    let Some((first, parts)) = expected.split_once('…') else { return expected == rest };
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in parts.split('…') {
        let end = rest.find(['"', '\n']).unwrap_or(rest.len());
        let found = if part.is_empty() { Some(end) } else { rest.find(part).filter(|found| *found <= end) };
        let Some(found) = found else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.is_empty()
}

/// A rendered project whose server runs; both go with it.
struct Server {
    process: Child,
    program: PathBuf,
    address: SocketAddr,
    directory: tempfile::TempDir,
}

impl Server {
    /// What the newcomer's first command does, on a port that is free.
    fn start() -> Self {
        let commands = transcript(README, "checkout");
        let arguments =
            commands[0].command.strip_prefix("cargo run -- ").expect("the program is run from the checkout");
        Self::of("myproject", &arguments.split(' ').collect::<Vec<_>>())
    }

    /// `arguments` create the project `name`, in a directory beside the one they are given in.
    fn of(name: &str, arguments: &[&str]) -> Self {
        Self::changed(name, arguments, |_| {})
    }

    /// As [`Server::of`], of a project that its owner has changed.
    fn changed(name: &str, arguments: &[&str], change: impl FnOnce(&Path)) -> Self {
        Self::at(0, name, arguments, change)
    }

    /// As [`Server::changed`], at a port that somebody else must know beforehand.
    fn at(port: u16, name: &str, arguments: &[&str], change: impl FnOnce(&Path)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let checkout = directory.path().join("checkout");
        std::fs::create_dir(&checkout).expect("a directory");
        let rendered = Command::new(PROGRAM)
            .args(arguments)
            .args(["--vcs", "none"])
            .current_dir(checkout)
            .status()
            .expect("the program runs");
        assert!(rendered.success(), "startproject: {rendered}");
        let project = directory.path().join(name);
        change(&project);
        let program = build(&project).join(name);
        let mut process = Command::new(&program)
            .current_dir(&project)
            .env("PORT", port.to_string())
            .env_remove("DATABASE_URL")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = BufReader::new(process.stderr.take().expect("its standard error"));
        let mut lines = log.lines().map_while(Result::ok);
        let serving = lines.find_map(|line| Some(line.split_once("serving on http://")?.1.to_owned()));
        let address = serving.expect("the server says where it serves").parse().expect("an address");
        // Whoever stops reading stops the server at its next line. What it prints is what `| tee log` would keep.
        let mut log = std::fs::File::create(directory.path().join("log")).expect("a file");
        std::thread::spawn(move || lines.for_each(|line| _ = writeln!(log, "{line}")));
        Self { process, program, address, directory }
    }

    /// Named Ada.
    fn make_superuser(&self, name: &str) {
        let superuser = Command::new(&self.program)
            .arg("create-superuser")
            .current_dir(self.directory.path().join(name))
            .env("SUPERUSER_EMAIL", "ada@example.com")
            .env("SUPERUSER_PASSWORD", "correct horse battery")
            .status()
            .expect("the program runs");
        assert!(superuser.success(), "create-superuser: {superuser}");
    }
}

/// Runs commands in one shell, and holds the output of each against what is shown.
fn check(steps: &[Step], directory: &Path, addresses: &[(&str, SocketAddr)]) {
    let script: Vec<String> = steps.iter().map(|step| format!("{}\nprintf '{SEPARATOR}'\n", step.command)).collect();
    let script =
        addresses.iter().fold(script.concat(), |script, (shown, address)| script.replace(shown, &address.to_string()));
    let programs = Path::new(PROGRAM).parent().expect("a directory").display();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(directory)
        .env("PATH", format!("{programs}:{path}"))
        .stdin(Stdio::null())
        .output()
        .expect("bash and curl are there");
    let text = String::from_utf8(output.stdout).expect("text");
    for (step, output) in steps.iter().zip(text.split(SEPARATOR)) {
        let Step { command, expected } = step;
        assert!(matches(expected, output), "$ {command}\nexpected: {expected}\nanswered: {output}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certified provider of OpenID Connect, on Node.js.
struct Provider {
    process: Child,
    address: SocketAddr,
    _directory: tempfile::TempDir,
}

const CLIENT_SECRET: &str = "a secret that the two share";

impl Provider {
    /// For a server that will be at this port.
    fn start(server: u16) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let install = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/provider/install");
        let installed = Command::new(install).arg(directory.path()).status().expect("bash is there");
        assert!(installed.success(), "npm installs the provider: {installed}");
        let port = free_port();
        let mut process = Command::new("node")
            .args(["serve.js", &port.to_string(), "shop"])
            .arg(format!("http://127.0.0.1:{server}/jwt-allauth/social/company/callback/"))
            .current_dir(directory.path())
            .env("CLIENT_SECRET", CLIENT_SECRET)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is there");
        let mut log = BufReader::new(process.stdout.take().expect("its standard output")).lines();
        let serving = log.find_map(|line| line.ok()?.strip_prefix("the provider is at http://").map(str::to_owned));
        let address = serving.expect("it says where it serves").parse().expect("an address");
        // It goes on writing.
        std::thread::spawn(move || log.for_each(drop));
        Self { process, address, _directory: directory }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Builds a project, in a target directory that all rendered projects share, and answers where its program is.
fn build(project: &Path) -> PathBuf {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/check/target");
    let target = std::env::var_os("JWT_ALLAUTH_TEST_TARGET").map_or(shared, PathBuf::from);
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet"])
        .current_dir(project)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "-D warnings")
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the rendered project builds without a warning: {built}");
    target.join("debug")
}

#[test]
fn the_readme_starts_a_project_with_three_commands() {
    let commands: Vec<String> = transcript(README, "startproject").into_iter().map(|step| step.command).collect();
    assert_eq!(commands, ["jwt-allauth startproject myproject", "cd myproject", "cargo run"]);
}

#[test]
#[ignore = "builds a rendered project, which takes minutes: .ci/test together"]
fn the_readmes_session_is_what_the_server_answers() {
    let server = Server::start();
    check(&transcript(README, "session"), server.directory.path(), &[(SHOWN, server.address)]);
}

#[test]
#[ignore = "builds a rendered project, which takes minutes: .ci/test together"]
fn the_readme_of_a_project_sets_up_a_second_factor_and_signs_in_with_it() {
    let server = Server::start();
    let page = std::fs::read_to_string(server.directory.path().join("myproject/README.md")).expect("its README.md");
    check(&transcript(&page, "second-factor"), server.directory.path(), &[(SHOWN, server.address)]);
}

#[test]
#[ignore = "builds a rendered project, which takes minutes: .ci/test together"]
fn the_readme_of_a_project_invites_somebody_who_sets_a_password() {
    let server = Server::changed("myproject", &["startproject", "myproject", "../myproject"], |project| {
        let path = project.join("settings.toml");
        let text = std::fs::read_to_string(&path).expect("settings");
        let (before, section) = text.split_once("\n[invitations]\n").expect("the section");
        let section = section.replacen("\nenabled = false\n", "\nenabled = true\n", 1);
        std::fs::write(&path, format!("{before}\n[invitations]\n{section}")).expect("settings");
    });
    server.make_superuser("myproject");
    let page = std::fs::read_to_string(server.directory.path().join("myproject/README.md")).expect("its README.md");
    check(&transcript(&page, "invitation"), server.directory.path(), &[(SHOWN, server.address)]);
}

#[test]
#[ignore = "builds a rendered project and needs Node.js: .ci/test together"]
fn somebody_signs_up_with_a_provider_and_another_connects_it_to_their_account() {
    let port = free_port();
    let provider = Provider::start(port);
    let (_, settings) = README.split_once("```toml\n[social.providers.company]").expect("the settings are there");
    let (settings, _) = settings.split_once("```").expect("they end");
    let server = Server::at(port, "myproject", &["startproject", "myproject", "../myproject"], |project| {
        let file = project.join("settings.toml");
        let text = std::fs::read_to_string(&file).expect("its settings");
        let settings = settings.replace(SHOWN_BESIDE, &provider.address.to_string());
        let secret = format!("client_secret = \"{CLIENT_SECRET}\"\n");
        // Links name 127.0.0.1, which the provider knows.
        let text = text.replacen("public_url = \"\"", &format!("public_url = \"http://127.0.0.1:{port}\""), 1);
        let text = format!("{text}\n[social.providers.company]{settings}{secret}");
        std::fs::write(file, text).expect("its settings");
    });
    let addresses = [(SHOWN, server.address), (SHOWN_BESIDE, provider.address)];
    check(&transcript(README, "social"), server.directory.path(), &addresses);
}

#[test]
#[ignore = "builds two rendered projects, which takes minutes: .ci/test together"]
fn a_resource_server_believes_the_tokens_of_the_project() {
    let server = Server::start();
    let url = format!("auth_url=http://{}", server.address);
    let arguments = ["startproject", "reports", "../reports", "--template", "resource-server", "-d", &url];
    // A project's tokens are by it and for it.
    let arguments = [&arguments[..], &["-d", "audience=myproject"]].concat();
    let service = Server::of("reports", &arguments);
    let addresses = [(SHOWN, server.address), (SHOWN_BESIDE, service.address)];
    check(&transcript(RESOURCE_SERVER, "tokens"), server.directory.path(), &addresses);
}

#[test]
#[ignore = "builds a rendered project, which takes minutes: .ci/test together"]
fn the_passwordless_session_is_what_the_server_answers() {
    let server = Server::of("door", &["startproject", "door", "../door", "--template", "passwordless"]);
    check(&transcript(PASSWORDLESS, "session"), server.directory.path(), &[(SHOWN, server.address)]);
}

/// What the examples of extending.md do, to a superuser named Ada.
const PASTED: &str = r#"$ site=http://127.0.0.1:8000 api=http://127.0.0.1:8000/jwt-allauth json='Content-Type: application/json'
$ curl -s $site/search/
nothing found
$ curl -s $api/login/ -H "$json" -d '{"email": "ada@example.com", "password": "correct horse battery", "remember": false}' | tee challenge
{"challenge_id":"…","code_sent":true}
$ id=$(sed 's/.*"challenge_id":"\([^"]*\).*/\1/' challenge)
$ until code=$(sed -n 's/^--- text message to ada@example.com: Your code is \([0-9]*\)\.$/\1/p' log) && [ "$code" ]; do :; done
$ curl -s $site/second-step/ -H "$json" -d '{"challenge_id": "none", "code": "000000"}'
{"code":"code_not_valid","detail":"This code is invalid or has expired."}
$ curl -s $site/second-step/ -H "$json" -d '{}'
{"challenge_id":["This field is required."],"code":["This field is required."]}
$ curl -s $site/second-step/ -H "$json" -d "{\"challenge_id\": \"$id\", \"code\": \"$code\"}" -D head -c cookies | tee tokens
{"access":"…","expires_in":1800}
$ grep -c 'refresh_token=.*Max-Age' head
0
$ curl -s $site/second-step/ -H "$json" -d "{\"challenge_id\": \"$id\", \"code\": \"$code\"}"
{"code":"code_not_valid","detail":"This code is invalid or has expired."}
$ bearer="Authorization: Bearer $(sed 's/.*"access":"\([^"]*\).*/\1/' tokens)"
$ for again in 1 2 3; do curl -s $site/export/ -H "$bearer"; done
nothing to export
nothing to export
nothing to export
$ curl -s $site/export/ -H "$bearer" | grep -o '"code":"throttled"'
"code":"throttled"
$ curl -s $site/team/ -H "$bearer" | grep -o '<h1>.*</h1>'
<h1>Engines</h1>
$ curl -s -o /dev/null -w '%{http_code}\n' $site/team/hand-over/ -X POST -H "$bearer"
204
$ until grep -o '^--- mail to .*: Engines has another owner$' log; do :; done
--- mail to ada@example.com: Engines has another owner
$ curl -s "$site/callback/?code=1"
{"code":"callback_not_valid","detail":"Parts of the address are missing."}
$ curl -s "$site/callback/?code=1" -H 'Accept: text/html' | grep -o 'Parts of the address are missing.'
Parts of the address are missing.
$ curl -s "$site/callback/?code=1&state=2" | grep -o '"code":"not_implemented"'
"code":"not_implemented""#;

/// The files that a page has: blocks of Rust, each after a line with its path.
fn files(page: &str) -> Vec<(&str, &str)> {
    let lines = page.match_indices("\n`src/").filter_map(|(index, _)| page[index + 2..].split_once('`'));
    let blocks = lines.filter_map(|(path, rest)| Some((path, rest.strip_prefix(":\n\n```r")?)));
    blocks
        .map(|(path, rest)| {
            let (_, rest) = rest.split_once('\n').expect("a line of code");
            (path, rest.split_once("```\n").expect("the block ends").0)
        })
        .collect()
}

#[test]
#[ignore = "builds a rendered project, which takes minutes: .ci/test together"]
fn the_examples_of_the_project_work_as_they_are_pasted() {
    let server = Server::changed("pasted", &["startproject", "pasted", "../pasted"], |project| {
        for (path, code) in files(EXTENDING) {
            std::fs::write(project.join(path), code).expect("a file of src/");
        }
        // As `cargo add` does, but in the versions of the lock file: newer ones may not be at hand.
        let manifest = project.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        let more = EXTENDING.lines().filter_map(|line| line.strip_prefix("cargo add ")).map(|line| {
            let (name, features) = line.split_once(" --features ").unwrap_or((line, ""));
            let features: Vec<&str> = features.split(',').filter(|feature| !feature.is_empty()).collect();
            format!("{name} = {{ version = \"1\", features = {features:?} }}\n")
        });
        let more = format!("[dependencies]\n{}", more.collect::<String>());
        std::fs::write(&manifest, text.replacen("[dependencies]\n", &more, 1)).expect("a manifest");
        let locked = Command::new(env!("CARGO"))
            .args(["update", "--workspace", "--offline", "--quiet"])
            .current_dir(project)
            .status()
            .expect("cargo runs");
        assert!(locked.success(), "the lock file has all of the crates: {locked}");
    });
    server.make_superuser("pasted");
    check(&steps(PASTED), server.directory.path(), &[(SHOWN, server.address)]);
}

#[test]
fn the_transcripts_without_a_server_are_what_happens() {
    for (page, name) in [
        (README, "features"),
        (README, "template"),
        (COMPANY_SKELETON, "company-skeleton"),
        (COMPANY_SKELETON, "export"),
        (PASSWORDLESS, "passwordless"),
        (RESOURCE_SERVER, "resource-server"),
    ] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        check(&transcript(page, name), directory.path(), &[]);
    }
}

#[test]
fn an_ellipsis_stands_for_anything_within_a_line_and_quotation_marks() {
    assert!(matches("{\"access\":\"…\"}\n", "{\"access\":\"a.b.c\"}"));
    assert!(matches("a…\n", "abc"));
    assert!(!matches("{\"access\":\"…\"}\n", "{\"access\":\"a\",\"refresh\":\"b\"}"));
    assert!(!matches("400\n", "401"));
    assert!(!matches("a…c\n", "ab\nc"));
}
