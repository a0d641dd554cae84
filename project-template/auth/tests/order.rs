//! The order of the rooms: each uses only rooms above it in the table of `src/lib.rs`, so that any can be read, or taken out,
//! without those below it. The handle `Auth` is ambient, and what only tests use is not held to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

#[test]
fn a_room_uses_only_rooms_above_it() {
    let order = order();
    let mut broken = Vec::new();
    for (room, path, text) in sources() {
        let Some(own) = place(&order, &room) else { continue };
        for (line, used) in uses(&text) {
            if used != room && place(&order, &used).is_some_and(|place| place > own) {
                broken.push(format!(
                    "{path}:{line}: `{room}` uses `{used}`, which is below it in the table of src/lib.rs"
                ));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn every_room_has_a_place_in_the_order() {
    let order = order();
    let rooms: BTreeMap<_, _> = sources().into_iter().map(|(room, path, _)| (room, path)).collect();
    let missing: Vec<_> = rooms
        .keys()
        .filter(|room| !["lib", "testing"].contains(&room.as_str()) && place(&order, room).is_none())
        .collect();
    assert!(missing.is_empty(), "without a place in the table of src/lib.rs: {missing:?}");
    let gone: Vec<_> = order.iter().filter(|room| !rooms.contains_key(*room)).collect();
    assert!(gone.is_empty(), "in the table of src/lib.rs and nowhere else: {gone:?}");
}

#[test]
fn an_import_that_points_up_is_found_however_it_is_written() {
    let text = "use crate::{audit, users::{self, User}};\nuse crate::mail;\nfn f() { crate::login::answer() }\n\
                #[cfg(test)]\nmod tests { use crate::server; }\n";
    let found: Vec<_> = uses(text).into_iter().map(|(line, room)| format!("{line} {room}")).collect();
    assert_eq!(found, ["1 audit", "1 users", "2 mail", "3 login"]);
}

/// The rooms of the table, in its order.
fn order() -> Vec<String> {
    let table = fs::read_to_string(Path::new(SOURCES).join("lib.rs")).expect("src/lib.rs");
    let rows = table.lines().skip_while(|line| !line.starts_with("//! | floor")).skip(2);
    let rows = rows.take_while(|line| line.starts_with("//! |"));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn place(order: &[String], room: &str) -> Option<usize> {
    order.iter().position(|candidate| candidate == room)
}

/// Every file that is not a test's, with its room and its path.
fn sources() -> Vec<(String, String, String)> {
    let mut directories = vec![PathBuf::from(SOURCES)];
    let mut found = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_of_tests(&name) {
                let inner = path.strip_prefix(SOURCES).expect("below src").display().to_string();
                let room = inner.split(['/', '.']).next().unwrap_or_default().to_owned();
                found.push((room, format!("src/{inner}"), fs::read_to_string(&path).expect("a source")));
            }
        }
    }
    found
}

fn is_of_tests(name: &str) -> bool {
    name.ends_with("tests.rs") || name == "test_keys.rs"
}

/// The rooms that a file names after `crate::`, each with its line, down to where its tests begin.
fn uses(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let start = code[..at].rfind('\n').map_or(0, |end| end + 1);
        if code[start..at].trim_start().starts_with("//") {
            continue;
        }
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group).into_iter().map(|room| (line, room))),
            None => found.push((line, word(rest))),
        }
    }
    found
}

/// The first words of a group's members: of `a, b::{c, d}}` those are `a` and `b`.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut begins, mut found) = (0_usize, true, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ if begins && depth == 0 && !character.is_whitespace() => {
                found.push(word(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}
