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
fn a_store_is_called_by_its_own_room_only() {
    let order = order();
    let mut broken = Vec::new();
    for (room, path, text) in sources() {
        for (line, owner, store) in stores(&text) {
            if owner != room && place(&order, &owner).is_some() {
                broken.push(format!(
                    "{path}:{line}: `{room}` calls `{owner}::{store}`; let `{owner}` offer a function that says what it does"
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

#[test]
fn a_store_is_found_however_it_is_written() {
    let text = "use crate::users::store;\nuse crate::{codes::{self, link_store as links}, mail::{Mail, store}};\n\
                // users::store\nfn f() { users::store::find(); restore(); Thing { store }; super::store::find() }\n";
    let found: Vec<_> =
        stores(text).into_iter().map(|(line, owner, store)| format!("{line} {owner}::{store}")).collect();
    assert_eq!(found, ["1 users::store", "2 codes::link_store", "2 mail::store", "4 users::store", "4 super::store"]);
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
    name.ends_with("tests.rs")
}

/// The stores that a file names, each with its line and the module before it in the path.
fn stores(text: &str) -> Vec<(usize, String, String)> {
    let code = code(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("store") {
        let start = start_of_word(code, at);
        let name = word(&code[start..]);
        let is_store = start + name.len() == at + "store".len() && (name == "store" || name.ends_with("_store"));
        if is_store
            && !is_comment(code, start)
            && let Some(owner) = owner(&code[..start])
        {
            found.push((line(code, start), owner, name));
        }
    }
    found
}

/// The module that a path or a group of imports begins with, if the text ends where its next member is to follow.
fn owner(before: &str) -> Option<String> {
    let before = before.trim_end();
    if let Some(path) = before.strip_suffix("::") {
        return Some(path[start_of_word(path, path.len())..].to_owned());
    }
    let mut depth = 0_usize;
    for (at, character) in before.char_indices().rev() {
        match character {
            '}' => depth += 1,
            '{' if depth == 0 => return before[..at].ends_with("::").then(|| owner(&before[..at])).flatten(),
            '{' => depth -= 1,
            ';' => return None,
            _ => {}
        }
    }
    None
}

/// A file without its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

fn is_comment(code: &str, at: usize) -> bool {
    let start = code[..at].rfind('\n').map_or(0, |end| end + 1);
    code[start..at].trim_start().starts_with("//")
}

fn start_of_word(code: &str, at: usize) -> usize {
    code[..at].rfind(|character| !is_of_word(character)).map_or(0, |end| end + 1)
}

/// The rooms that a file names after `crate::`, each with its line, down to where its tests begin.
fn uses(text: &str) -> Vec<(usize, String)> {
    let code = code(text);
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        if is_comment(code, at) {
            continue;
        }
        let line = line(code, at);
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
    text.chars().take_while(|character| is_of_word(*character)).collect()
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
