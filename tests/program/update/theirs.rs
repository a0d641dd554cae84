//! What is the owner's alone, or its machine's: `.env`, keys, and what cargo writes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Project, outcome};

#[test]
fn what_is_missing_in_env_is_added_and_nothing_else_touched() {
    let project = Project::new();
    let env = project.read(".env");
    let line = env.lines().find(|line| line.starts_with("CRON_SECRET_KEY=")).unwrap();
    let mine = env.replace(&format!("{line}\n"), "").replace("development", "production") + "MINE=1";
    project.write(".env", &mine);
    let secrets = project.place.secrets("shop");
    let ran = project.update("").succeeded();
    assert!(ran.stdout.contains("updated   .env  (added CRON_SECRET_KEY)"), "{}", ran.stdout);
    let now = project.read(".env");
    let added = now.strip_prefix(&format!("{mine}\n\n")).unwrap_or_else(|| panic!("{now}"));
    assert!(added.starts_with("# ") && added.lines().last().unwrap().starts_with("CRON_SECRET_KEY=\""), "{added}");
    assert_eq!(fs::metadata(project.root().join(".env")).unwrap().permissions().mode() & 0o777, 0o600);
    for secret in secrets.iter().chain(&project.place.secrets("shop")) {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
    }
    assert!(!project.update("").succeeded().stdout.contains(".env"));
}

#[test]
fn what_was_commented_out_is_not_missing() {
    let project = Project::new();
    project.write(".env", &project.read(".env").replace("\nCRON_SECRET_KEY=", "\n#CRON_SECRET_KEY="));
    let before = project.everything();
    project.update("").succeeded();
    assert_eq!(project.everything(), before);
}

#[test]
fn what_is_added_to_env_fits_what_is_there() {
    let project = Project::of("--database postgres");
    let env = project.read(".env");
    let url = env.lines().find(|line| line.starts_with("DATABASE_URL=")).unwrap();
    project.write(".env", &env.replace(&format!("{url}\n"), ""));
    project.update("").succeeded();
    assert!(project.read(".env").ends_with(&format!("\n{url}\n")), "the same password");
}

#[test]
fn keys_are_neither_touched_nor_made() {
    let project = Project::new().aged(&[("deny.toml", "# old\n")]);
    project.write("keys/0001.pem", "mine");
    project.update("").succeeded();
    assert_eq!(project.read("keys/0001.pem"), "mine");
    // As in a clone of somebody else's.
    let clone = Project::new().aged(&[("deny.toml", "# old\n")]);
    clone.remove("keys/0001.pem");
    clone.remove(".env");
    let ran = clone.update("").succeeded();
    assert_eq!(outcome(&ran, ".env"), "kept");
    assert!(!clone.has("keys/0001.pem") && !clone.has(".env"));
}

/// The lock file with a package more, before or after all others.
fn with_package(lock: &str, name: &str) -> String {
    let package = format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
    if name.starts_with('z') {
        format!("{lock}\n{package}")
    } else {
        lock.replacen("[[package]]", &format!("{package}\n[[package]]"), 1)
    }
}

#[test]
fn the_lock_file_is_updated_merged_or_left_to_cargo_and_never_has_markers() {
    let now = Project::new().read("Cargo.lock");
    let old = with_package(&now, "zzz-old");
    let (beside, same) = (with_package(&old, "aaa"), with_package(&old, "zzz-older"));
    for (mine, expected, left) in [
        (old.clone(), "updated", now.clone()),
        (beside, "merged", with_package(&now, "aaa")),
        (same.clone(), "kept", same),
    ] {
        let project = Project::new().aged(&[("Cargo.lock", &old)]);
        project.write("Cargo.lock", &mine);
        project.commit();
        let ran = project.update("").succeeded();
        assert_eq!(outcome(&ran, "Cargo.lock"), expected);
        assert_eq!(project.read("Cargo.lock"), left, "{expected}");
    }
}
