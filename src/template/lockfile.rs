//! The lock file of a template belongs to a project called `myproject`; `cargo build --locked` wants it renamed and
//! in cargo's order.

use crate::failure::{Failure, Kind};

const PLACEHOLDER: &str = "myproject";
const BLOCK: &str = "[[package]]\n";

/// Every crate the lock file names, save the project itself.
pub(super) fn crates(lock: &str) -> Vec<&str> {
    lock.split(BLOCK).skip(1).filter_map(name).filter(|name| *name != PLACEHOLDER).collect()
}

pub(super) fn renamed(lock: &[u8], project: &str) -> Result<Vec<u8>, Failure> {
    let lock = std::str::from_utf8(lock).map_err(|_| not_a_lock_file("it is not text"))?;
    let mut parts = lock.split(BLOCK);
    let head = parts.next().unwrap_or_default();
    // The file ends with one line break, its blocks with two: all alike while they change places.
    let mut blocks: Vec<String> = parts.map(|block| block.trim_end().to_owned()).collect();
    let old = format!("name = \"{PLACEHOLDER}\"");
    let ours = blocks.iter_mut().find(|block| block.lines().next() == Some(old.as_str()));
    let ours = ours.ok_or_else(|| not_a_lock_file("it has no package `myproject`"))?;
    *ours = ours.replacen(&old, &format!("name = \"{project}\""), 1);
    // Stable, so that versions of one crate keep their order; no crate but ours has moved.
    blocks.sort_by(|a, b| name(a).cmp(&name(b)));
    let blocks: Vec<String> = blocks.iter().map(|block| format!("{BLOCK}{block}\n")).collect();
    Ok(format!("{head}{}", blocks.join("\n")).into_bytes())
}

fn name(block: &str) -> Option<&str> {
    block.lines().next()?.strip_prefix("name = \"")?.strip_suffix('"')
}

fn not_a_lock_file(why: &str) -> Failure {
    Failure::new(Kind::Template, format!("the template's `Cargo.lock` cannot be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\
# Generated
version = 4

[[package]]
name = \"auth\"
version = \"0.1.0\"
dependencies = [
 \"axum\",
]

[[package]]
name = \"axum\"
version = \"0.8.9\"
source = \"registry\"

[[package]]
name = \"hashbrown\"
version = \"0.15.0\"

[[package]]
name = \"hashbrown\"
version = \"0.16.0\"

[[package]]
name = \"myproject\"
version = \"0.1.0\"
dependencies = [
 \"auth\",
 \"axum\",
]

[[package]]
name = \"zeroize\"
version = \"1.9.1\"
";

    fn order_with(project: &str) -> Vec<String> {
        let lock = String::from_utf8(renamed(LOCK.as_bytes(), project).unwrap()).unwrap();
        lock.split(BLOCK).skip(1).filter_map(name).map(str::to_owned).collect()
    }

    #[test]
    fn the_placeholder_itself_gives_the_same_bytes() {
        assert_eq!(renamed(LOCK.as_bytes(), "myproject").unwrap(), LOCK.as_bytes());
    }

    #[test]
    fn a_name_that_sorts_first_moves_to_the_front() {
        assert_eq!(order_with("aaa"), ["aaa", "auth", "axum", "hashbrown", "hashbrown", "zeroize"]);
    }

    #[test]
    fn a_name_that_sorts_in_the_middle_moves_there() {
        assert_eq!(order_with("axum-app"), ["auth", "axum", "axum-app", "hashbrown", "hashbrown", "zeroize"]);
    }

    #[test]
    fn a_name_that_sorts_last_moves_to_the_end_and_the_file_still_ends_as_cargo_ends_it() {
        assert_eq!(order_with("zzz").last().unwrap(), "zzz");
        let lock = String::from_utf8(renamed(LOCK.as_bytes(), "zzz").unwrap()).unwrap();
        assert!(lock.contains("version = \"1.9.1\"\n\n[[package]]\nname = \"zzz\"\n"), "{lock}");
        assert!(lock.ends_with("\"axum\",\n]\n"), "{lock}");
    }

    #[test]
    fn capitals_sort_before_small_letters_as_in_cargo() {
        assert_eq!(order_with("Shop").first().unwrap(), "Shop");
    }

    #[test]
    fn two_versions_of_a_crate_keep_their_order() {
        let lock = String::from_utf8(renamed(LOCK.as_bytes(), "zzz").unwrap()).unwrap();
        assert!(lock.find("0.15.0") < lock.find("0.16.0"));
    }

    #[test]
    fn all_crates_but_the_project_are_taken_names() {
        assert_eq!(crates(LOCK), ["auth", "axum", "hashbrown", "hashbrown", "zeroize"]);
    }

    #[test]
    fn a_lock_file_without_the_placeholder_is_refused() {
        let failure = renamed(b"version = 4\n", "x").unwrap_err();
        assert_eq!(failure.kind, Kind::Template);
    }
}
