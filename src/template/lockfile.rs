//! The template's lock file belongs to a project named `myproject`; `cargo build --locked` requires the new name in
//! cargo's order.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::failure::{Failure, Kind};

pub(crate) const NAME: &str = "Cargo.lock";
const PLACEHOLDER: &str = "myproject";
const BLOCK: &str = "[[package]]\n";

/// Every crate in the lock file except the project itself.
pub(super) fn crates(lock: &str) -> Vec<&str> {
    lock.split(BLOCK).skip(1).filter_map(name).filter(|name| *name != PLACEHOLDER).collect()
}

pub(super) fn renamed(lock: &[u8], project: &str) -> Result<Vec<u8>, Failure> {
    let lock = std::str::from_utf8(lock).map_err(|_| not_a_lock_file("it is not text"))?;
    let mut parts = lock.split(BLOCK);
    let head = parts.next().unwrap_or_default();
    // The file ends with one line break, its blocks with two; trim them so that blocks can be reordered.
    let mut blocks: Vec<String> = parts.map(|block| block.trim_end().to_owned()).collect();
    let old = format!("name = \"{PLACEHOLDER}\"");
    let ours = blocks.iter_mut().find(|block| block.lines().next() == Some(old.as_str()));
    let ours = ours.ok_or_else(|| not_a_lock_file("it has no package `myproject`"))?;
    *ours = ours.replacen(&old, &format!("name = \"{project}\""), 1);
    // Stable, so that versions of one crate keep their order.
    blocks.sort_by(|a, b| name(a).cmp(&name(b)));
    let blocks: Vec<String> = blocks.iter().map(|block| format!("{BLOCK}{block}\n")).collect();
    Ok(format!("{head}{}", blocks.join("\n")).into_bytes())
}

/// Updates the project's own entry to its manifest's dependencies, as far as the lock file has each crate once. Cargo
/// resolves the rest.
pub(super) fn following(lock: &[u8], manifest: &[u8], project: &str) -> Option<Vec<u8>> {
    let lock = std::str::from_utf8(lock).ok()?;
    let manifest: Table = std::str::from_utf8(manifest).ok()?.parse().ok()?;
    let crates = crates(lock);
    let wanted: BTreeSet<&str> = dependencies(&manifest).collect();
    let is_locked_once = |wanted: &&str| crates.iter().filter(|locked| *locked == wanted).count() == 1;
    if !wanted.iter().all(is_locked_once) {
        return None;
    }
    let list: Vec<String> = wanted.iter().map(|name| format!(" \"{name}\",\n")).collect();
    let ours = format!("{BLOCK}name = \"{project}\"\n");
    let (before, rest) = lock.split_once(&ours)?;
    let end = rest.find(BLOCK).unwrap_or(rest.len());
    let (block, after) = rest.split_at(end);
    let (version, _) = block.split_once("dependencies = [")?;
    let gap = if after.is_empty() { "" } else { "\n" };
    Some(format!("{before}{ours}{version}dependencies = [\n{}]\n{gap}{after}", list.concat()).into_bytes())
}

/// Whether the lock file parses and has no duplicate packages.
pub(crate) fn is_sound(lock: &str) -> bool {
    let packages: Vec<Vec<&str>> = lock.split(BLOCK).skip(1).map(|block| block.lines().take(3).collect()).collect();
    let unique: BTreeSet<&Vec<&str>> = packages.iter().collect();
    unique.len() == packages.len() && lock.parse::<Table>().is_ok()
}

fn dependencies(manifest: &Table) -> impl Iterator<Item = &str> {
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let tables = tables.into_iter().filter_map(|table| manifest.get(table)?.as_table());
    tables.flatten().map(|(name, value)| value.get("package").and_then(Value::as_str).unwrap_or(name))
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
    fn the_projects_entry_follows_its_manifest_where_every_crate_is_locked() {
        let follow = |dependencies: &str| {
            let manifest =
                format!("[dependencies]\n{dependencies}\n[dev-dependencies]\nauth = {{ path = \"auth\" }}\n");
            following(LOCK.as_bytes(), manifest.as_bytes(), "myproject").map(|lock| String::from_utf8(lock).unwrap())
        };
        assert_eq!(follow("axum = \"1\"").unwrap(), LOCK);
        let more = follow("z = { package = \"zeroize\", version = \"1\" }").unwrap();
        assert!(more.contains(
            "version = \"0.1.0\"\ndependencies = [\n \"auth\",\n \"zeroize\",\n]\n\n[[package]]\nname = \"zeroize\""
        ));
        assert_eq!(follow("unheard-of = \"1\""), None);
        assert_eq!(follow("hashbrown = \"0.16\""), None, "two versions are cargo's to choose between");
    }

    #[test]
    fn a_lock_file_that_names_a_package_twice_is_not_sound() {
        assert!(is_sound(LOCK));
        let (_, twice) = LOCK.split_once("\n\n").unwrap();
        assert!(!is_sound(&format!("{LOCK}\n{twice}")));
        assert!(!is_sound(&format!("{LOCK}<<<<<<< yours\n")));
    }

    #[test]
    fn a_lock_file_without_the_placeholder_is_refused() {
        let failure = renamed(b"version = 4\n", "x").unwrap_err();
        assert_eq!(failure.kind, Kind::Template);
    }
}
