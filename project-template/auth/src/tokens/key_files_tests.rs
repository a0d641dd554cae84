//! Directories, files and values with keys, and the messages about wrong ones.

use std::fs::{File, write};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use tempfile::{TempDir, tempdir};
use time::Duration;

use auth_tokens::test_keys::{ED25519, P256, der, key};

use super::super::key_file::with_signs_from;
use super::*;

const SECRET_VALUE: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempdir().expect("a directory");
    for (name, text) in files {
        let path = directory.path().join(name);
        write(&path, text).expect("a file");
        close(&path, 0o600);
    }
    directory
}

fn load_for(entries: &[SecretString], algorithm: Algorithm) -> Result<Loaded, Vec<Problem>> {
    Loaded::of(entries, algorithm)?.signing_with(algorithm)
}

#[cfg(unix)]
fn close(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = fs::Permissions::from_mode(mode);
    let file = File::open(path).expect("the file");
    file.set_permissions(permissions).expect("its mode");
}

#[cfg(not(unix))]
fn close(_path: &Path, _mode: u32) {}

fn pem(pkcs8: &str) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{pkcs8}\n-----END PRIVATE KEY-----\n")
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

fn load(entry: &str) -> Result<Loaded, Vec<Problem>> {
    load_for(&[entry.into()], Algorithm::EdDsa)
}

fn problem(entry: &str) -> String {
    let problems = load(entry).expect_err("a problem");
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn new_pem() -> String {
    SigningKey::generate(Algorithm::EdDsa).expect("a key").to_string()
}

#[test]
fn a_directory_gives_its_keys_with_the_greatest_number_first() {
    let (newest, oldest) = (timed(&new_pem()), pem(P256));
    let files = directory(&[
        ("0001.pem", &oldest),
        ("10000.pem", &newest),
        ("9999.secret", &timed(SECRET_VALUE)),
        ("README", "not a key"),
        ("old.pem.bak", "not a key"),
    ]);
    let loaded = load(&text(files.path())).expect("three keys");
    let algorithms: Vec<_> = loaded.keys.iter().map(SigningKey::algorithm).collect();
    assert_eq!(algorithms, [Algorithm::EdDsa, Algorithm::Hs256, Algorithm::Es256]);
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

/// Signs from a time in the past.
fn timed(key: &str) -> String {
    with_signs_from(key, OffsetDateTime::UNIX_EPOCH).expect("a year of four digits").to_string()
}

#[test]
fn a_file_signs_by_its_number_and_its_time_and_else_only_verifies() {
    let (first, copy) = (new_pem(), timed(&new_pem()));
    for (name, text, why) in [
        ("0002.pem", new_pem(), "says no time"),
        ("backup-0001.pem", timed(&new_pem()), "a name that is no number"),
        ("2026-01-31.pem", new_pem(), "a name that is no number"),
    ] {
        let files = directory(&[("0001.pem", &first), (name, &text)]);
        let loaded = load(&text_of(&files)).expect("two keys");
        assert_eq!(loaded.keys.signing(OffsetDateTime::UNIX_EPOCH).kid(), kid(&first), "{name}");
        assert!(loaded.keys.iter().any(|key| key.kid() == kid(&text)), "{name} verifies");
        let [warning] = loaded.warnings.as_slice() else { panic!("{:?}", loaded.warnings) };
        assert!(warning.contains(name) && warning.contains(why) && warning.contains("keys rotate --from"), "{warning}");
    }
    let files = directory(&[("0001.pem", &first), ("0002.pem", &copy), ("0009.pem", &timed(&first))]);
    let loaded = load(&text_of(&files)).expect("two keys");
    assert_eq!(loaded.keys.signing(OffsetDateTime::UNIX_EPOCH).kid(), kid(&copy), "a copy of the old one does not");
    let [warning] = loaded.warnings.as_slice() else { panic!("{:?}", loaded.warnings) };
    assert!(warning.contains("0001.pem") && warning.contains("0009.pem") && warning.contains("same key"), "{warning}");
}

#[test]
fn a_single_key_signs_whatever_its_file_is_called() {
    let files = directory(&[("signing.pem", &new_pem())]);
    let loaded = load(&text_of(&files)).expect("a key");
    assert_eq!((loaded.keys.iter().count(), loaded.warnings.len()), (1, 0));
}

#[test]
fn when_no_key_of_the_set_algorithm_signs_the_one_that_could_is_named() {
    let files = directory(&[("0001.pem", &pem(P256)), ("0002.pem", &new_pem())]);
    let problem = problem(&text_of(&files));
    for part in ["`tokens.algorithm` is EdDSA", "is for ES256", "0002.pem", "says no time"] {
        assert!(problem.contains(part), "{problem}");
    }
}

fn text_of(directory: &TempDir) -> String {
    text(directory.path())
}

fn kid(pem: &str) -> String {
    SigningKey::from_pem(pem).expect("a key").kid().to_owned()
}

#[test]
fn a_file_and_a_value_give_the_same_key() {
    let files = directory(&[("a.pem", &pem(ED25519))]);
    let file = load(&text(&files.path().join("a.pem"))).expect("a file");
    let value = load(&URL_SAFE_NO_PAD.encode(der(ED25519))).expect("a value");
    let kid = key(ED25519);
    assert!(file.keys.get(kid.kid()).is_some());
    assert!(value.keys.get(kid.kid()).is_some());
}

#[test]
fn a_secret_is_read_from_a_file_or_a_value() {
    let commented = format!("# made in March\nsigns-from: 2026-03-01T00:00:00Z\n\n{SECRET_VALUE}\n");
    let files = directory(&[("1.secret", &commented)]);
    let hs256 = |entry: String| load_for(&[entry.into()], Algorithm::Hs256).expect("a secret");
    let file = hs256(text(files.path()));
    let value = hs256(SECRET_VALUE.to_owned());
    let (a, b) = (file.keys.iter().next(), value.keys.iter().next());
    assert_eq!(a.map(SigningKey::kid), b.map(SigningKey::kid));
    assert!(a.is_some_and(|key| matches!(key.signs(), Signs::From(_))));
}

#[test]
fn the_time_from_which_a_key_signs_survives_the_file() {
    let when = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    let written = with_signs_from(&new_pem(), when).expect("a year of four digits");
    let again = with_signs_from(&written, when + Duration::days(1)).expect("a year of four digits");
    assert_eq!(again.matches("signs-from").count(), 1, "in place of the other");
    let files = directory(&[("1.pem", &written)]);
    let loaded = load(&text(files.path())).expect("a key");
    assert_eq!(loaded.keys.iter().next().map(SigningKey::signs), Some(Signs::From(when)));
    let files = directory(&[("a.pem", &format!("signs-from: tomorrow\n{}", new_pem()))]);
    assert!(problem(&text(files.path())).contains("signs-from: tomorrow"));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_used_with_a_warning() {
    let files = directory(&[("a.pem", &new_pem())]);
    let path = files.path().join("a.pem");
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
        close(&path, mode);
        let loaded = load(&text(&path)).expect("a key");
        assert_eq!(loaded.warnings.iter().any(|it| it.contains("chmod 600")), warned, "{mode:o}");
    }
}

#[test]
fn every_problem_is_named_at_once_with_its_fix() {
    let empty = tempdir().expect("a directory");
    let files = directory(&[("a.pem", "nothing"), ("b.secret", "c2hvcnQ")]);
    let entries = [
        text(empty.path()),
        "keys/missing.pem".to_owned(),
        text(files.path()),
        "change-me-change-me-change-me-change-me-please".to_owned(),
        "!".repeat(50),
    ];
    let problems = load_for(&entries.map(SecretString::from), Algorithm::EdDsa).expect_err("problems");
    let expected = ["holds no *.pem", "does not exist", "b.secret", "a.pem", "entry 4", "entry 5"];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    for (problem, part) in problems.iter().zip(expected) {
        assert!(problem.starts_with("`tokens.keys` ") && problem.contains(part), "{problem}");
    }
    assert!(problems[3].contains("no private key"));
    assert!(problems[4].contains("placeholder"));
}

#[test]
fn no_entry_is_a_problem() {
    assert!(load_for(&[], Algorithm::EdDsa).is_err());
    assert!(problem("").contains("does not exist"));
}

#[test]
fn the_wrong_algorithm_is_a_problem() {
    let problem = problem(&URL_SAFE_NO_PAD.encode(der(P256)));
    assert!(problem.contains("keys rotate"), "{problem}");
}

#[test]
fn a_problem_never_repeats_the_value() {
    let plain_base64 = format!("c2V+/mV0{}", "c2VjcmV0".repeat(8));
    let wrapped = plain_base64.replace("mV0", "mV0 ");
    for value in ["c2VjcmV0".repeat(4), plain_base64, wrapped, new_pem(), new_pem().replace('\n', " ")] {
        let problem = problem(&value);
        assert!(!problem.contains(&value[..16]) && !problem.contains("c2VjcmV0"), "{problem}");
    }
    assert!(problem("keys/missing.pem").contains("`keys/missing.pem`"), "a path is named");
}

#[test]
fn what_may_be_a_key_is_no_directory_to_make() {
    let plain = STANDARD.encode([0xfb; 40]);
    let padded = STANDARD.encode([0xff; 32]);
    let pem = new_pem();
    let one_line = pem.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
    for key in [SECRET_VALUE, &plain, &padded, &pem, &one_line, ""] {
        assert!(!may_be_directory(key), "{key}");
    }
    let place = directory(&[("0001.pem", &pem)]);
    assert!(may_be_directory(&text(place.path())) && !may_be_directory(&text(&place.path().join("0001.pem"))));
    for path in ["no-keys-here", "./no-keys-here", "/var/lib/authentication-of-our-company/keys-that-sign"] {
        assert!(may_be_directory(path), "{path}");
    }
    assert!(!may_be_directory("no-keys-here.pem"));
}

#[test]
fn the_newest_key_must_be_of_the_configured_algorithm_and_the_remedy_is_one_that_works() {
    let files = directory(&[("0001.pem", &new_pem())]);
    let problem = |algorithm| {
        let problems = load_for(&[text(files.path()).into()], algorithm).expect_err("another algorithm");
        problems.iter().map(ToString::to_string).collect::<String>()
    };
    let es256 = problem(Algorithm::Es256);
    assert!(es256.starts_with("`tokens.algorithm` is ES256, and the newest of tokens.keys that signs is for EdDSA"));
    assert!(es256.contains("make one with `cargo run -- keys rotate`"), "{es256}");
    let rs256 = problem(Algorithm::Rs256);
    assert!(rs256.contains("`openssl genpkey -algorithm RSA") && !rs256.contains("with `cargo run"), "{rs256}");
}

#[test]
fn a_missing_rsa_key_is_made_by_openssl_wherever_it_is_missed() {
    let empty = directory(&[]);
    for entry in
        [text(empty.path()), "no/such/directory".into(), "keyz".into(), "a/b+c".repeat(20), "changeme".repeat(9)]
    {
        let problems = load_for(&[entry.clone().into()], Algorithm::Rs256).expect_err("no key");
        let problem = problems.iter().map(ToString::to_string).collect::<String>();
        assert!(problem.contains("`openssl genpkey -algorithm RSA"), "{entry}: {problem}");
        assert!(!problem.contains("`cargo run -- keys rotate`") && !problem.contains("--print"), "{entry}: {problem}");
    }
}
