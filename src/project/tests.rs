use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::tree::{File, Mode, Origin};

fn tree(files: &[(&str, &str)]) -> Tree {
    let file = |(path, contents): &(&str, &str)| File {
        path: (*path).into(),
        contents: (*contents).into(),
        mode: match *path {
            ".env" => Mode::Secret,
            "run" => Mode::Executable,
            "link" => Mode::Link,
            _ => Mode::Plain,
        },
        origin: Origin::BuiltIn,
    };
    Tree::new(files.iter().map(file).collect())
}

fn project() -> Tree {
    tree(&[("Cargo.toml", "ours"), ("src/main.rs", "ours"), ("run", "ours"), (".env", "ours")])
}

fn put(tree: &Tree, to: &Path, if_exists: IfExists) -> Result<Written> {
    let destination = Destination::of(to.to_owned())?;
    write(tree, &destination, if_exists, Git::none(), &Signals::pretending(0))
}

/// Every path below a directory that is not itself a directory.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn kind(outcome: Result<Written>) -> Kind {
    let error = outcome.err().expect("it is refused");
    error.downcast_ref::<Failure>().unwrap_or_else(|| panic!("{error:#}")).kind
}

fn stage_with_journal(root: &Path, journal: &str) -> PathBuf {
    let stage = Stage::create(root).unwrap();
    fs::create_dir(stage.tree().join("src")).unwrap();
    let seal = journal::seal(&Beneath::open(stage.path()).unwrap()).unwrap();
    fs::write(stage.path().join(journal::NAME), format!("{seal}\n{journal}")).unwrap();
    stage.path().to_owned()
}

#[test]
#[cfg_attr(feature = "portable", ignore = "there are no modes")]
fn a_new_directory_holds_every_file_with_its_mode_and_nothing_else() {
    let home = TempDir::new().unwrap();
    let root = home.path().join("shop");
    let written = put(&project(), &root, IfExists::Error).unwrap();
    assert_eq!(written.created, 4);
    assert_eq!(files(home.path()), ["shop/.env", "shop/Cargo.toml", "shop/run", "shop/src/main.rs"]);
    assert_eq!(mode(&root.join(".env")), 0o600);
    assert_eq!(mode(&root.join("run")) & 0o100, 0o100);
    assert_eq!(mode(&root.join("Cargo.toml")) & 0o111, 0);
}

#[test]
#[cfg_attr(feature = "portable", ignore = "no links are created")]
fn a_link_is_placed_as_a_link_found_again_and_replaces_what_is_there() {
    let home = TempDir::new().unwrap();
    let linked = tree(&[("Cargo.toml", "ours"), ("link", "Cargo.toml")]);
    put(&linked, home.path(), IfExists::Error).unwrap();
    assert_eq!(fs::read_link(home.path().join("link")).unwrap(), Path::new("Cargo.toml"));
    let written = put(&linked, home.path(), IfExists::Overwrite).unwrap();
    assert_eq!((written.created, written.replaced, written.kept), (0, vec![], vec![]));
    fs::remove_file(home.path().join("link")).unwrap();
    fs::write(home.path().join("link"), "Cargo.toml").unwrap();
    assert_eq!(put(&linked, home.path(), IfExists::Overwrite).unwrap().replaced, ["link"]);
    assert_eq!(fs::read_to_string(home.path().join("Cargo.toml")).unwrap(), "ours");
}

#[test]
fn undoing_a_killed_filling_takes_a_link_away_and_not_what_it_leads_to() {
    let home = TempDir::new().unwrap();
    let hash = crate::tree::sha256(b"theirs");
    let stage = stage_with_journal(home.path(), &format!("{hash} link\n{hash} src/main.rs\n"));
    fs::write(stage.join("new/src/main.rs"), "").unwrap();
    fs::write(home.path().join("theirs"), "theirs").unwrap();
    symlink("theirs", home.path().join("link")).unwrap();
    stale::undo(home.path()).unwrap();
    assert_eq!(files(home.path()), ["theirs"]);
}

#[test]
fn parents_that_are_missing_appear_with_the_project() {
    let home = TempDir::new().unwrap();
    let written = put(&project(), &home.path().join("a/b/shop"), IfExists::Error).unwrap();
    assert!(written.root.ends_with("a/b/shop"));
    assert_eq!(files(home.path()).len(), 4);
}

#[test]
fn a_failure_half_way_leaves_nothing_and_the_same_command_then_succeeds() {
    let home = TempDir::new().unwrap();
    let root = home.path().join("a/shop");
    let impossible = tree(&[("a", "a file"), ("a/b", "and a directory"), ("z", "")]);
    assert_eq!(kind(put(&impossible, &root, IfExists::Error)), Kind::Destination);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    put(&project(), &root, IfExists::Error).unwrap();
}

#[test]
fn a_signal_leaves_nothing_and_is_what_is_reported() {
    let home = TempDir::new().unwrap();
    let destination = Destination::of(home.path().join("shop")).unwrap();
    let outcome = write(&project(), &destination, IfExists::Error, Git::none(), &Signals::pretending(15));
    assert_eq!(kind(outcome).exit_code(), 143);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_that_holds_files_is_refused_and_one_that_is_empty_is_filled() {
    let home = TempDir::new().unwrap();
    let inode = fs::metadata(home.path()).unwrap().ino();
    put(&project(), home.path(), IfExists::Error).unwrap();
    assert_eq!(files(home.path()).len(), 4);
    assert_eq!(fs::metadata(home.path()).unwrap().ino(), inode, "whoever is in the directory stays in it");
    assert_eq!(kind(put(&project(), home.path(), IfExists::Error)), Kind::Destination);
}

#[test]
fn an_empty_repository_counts_as_empty() {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".git")).unwrap();
    put(&project(), home.path(), IfExists::Error).unwrap();
}

#[test]
fn merge_keeps_theirs_and_adds_the_missing() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("Cargo.toml"), "theirs").unwrap();
    fs::write(home.path().join("notes"), "theirs").unwrap();
    let written = put(&project(), home.path(), IfExists::Merge).unwrap();
    assert_eq!((written.created, written.kept), (3, vec!["Cargo.toml".to_owned()]));
    assert_eq!(fs::read_to_string(home.path().join("Cargo.toml")).unwrap(), "theirs");
    assert_eq!(files(home.path()), [".env", "Cargo.toml", "notes", "run", "src/main.rs"]);
}

#[test]
fn overwrite_replaces_what_the_project_brings_and_deletes_nothing() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("Cargo.toml"), "theirs").unwrap();
    fs::write(home.path().join("notes"), "theirs").unwrap();
    let written = put(&project(), home.path(), IfExists::Overwrite).unwrap();
    assert_eq!(written.replaced, ["Cargo.toml"]);
    assert_eq!(fs::read_to_string(home.path().join("Cargo.toml")).unwrap(), "ours");
    assert_eq!(files(home.path()), [".env", "Cargo.toml", "notes", "run", "src/main.rs"]);
}

#[test]
fn a_file_that_is_the_same_already_is_neither_replaced_nor_kept() {
    let home = TempDir::new().unwrap();
    put(&project(), home.path(), IfExists::Error).unwrap();
    for policy in [IfExists::Merge, IfExists::Overwrite] {
        let written = put(&project(), home.path(), policy).unwrap();
        assert_eq!((written.created, written.replaced, written.kept), (0, vec![], vec![]));
    }
}

#[test]
fn overwrite_keeps_the_secrets_that_are_there() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join(".env"), "theirs").unwrap();
    let written = put(&project(), home.path(), IfExists::Overwrite).unwrap();
    assert_eq!(written.kept, [".env"]);
    assert_eq!(fs::read_to_string(home.path().join(".env")).unwrap(), "theirs");
}

#[test]
fn what_cannot_be_replaced_is_refused_before_anything_is_written() {
    for blocking in ["Cargo.toml/x", "src"] {
        let home = TempDir::new().unwrap();
        let theirs = home.path().join(blocking);
        fs::create_dir_all(theirs.parent().unwrap()).unwrap();
        fs::write(theirs, "theirs").unwrap();
        for policy in [IfExists::Merge, IfExists::Overwrite] {
            assert_eq!(kind(put(&project(), home.path(), policy)), Kind::Destination);
        }
        assert_eq!(files(home.path()), [blocking]);
    }
}

#[test]
fn nothing_is_written_through_a_link_that_leads_out() {
    let (home, outside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    symlink(outside.path(), home.path().join("src")).unwrap();
    assert_eq!(kind(put(&project(), home.path(), IfExists::Overwrite)), Kind::Destination);
    assert_eq!(files(outside.path()).len(), 0);
}

#[test]
fn a_file_or_a_link_to_nothing_in_the_way_is_refused() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    symlink("nowhere", home.path().join("link")).unwrap();
    for way in ["file", "file/shop", "link", "link/shop"] {
        assert_eq!(kind(put(&project(), &home.path().join(way), IfExists::Overwrite)), Kind::Destination, "{way}");
    }
}

#[test]
fn a_filling_that_fails_puts_everything_back() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("Cargo.toml"), "theirs").unwrap();
    let theirs = project();
    let plan = Destination::of(home.path().into()).unwrap().plan(&theirs, IfExists::Overwrite).unwrap();
    let stage = Stage::create(home.path()).unwrap();
    plan.place.iter().for_each(|file| stage.write(Path::new(""), file, None).unwrap());
    fs::write(home.path().join("src"), "came in between").unwrap();
    let failure = fill::fill(&stage, home.path(), &plan).expect_err("a file is where a directory has to be");
    assert_eq!(failure.kind, Kind::Destination);
    assert!(failure.message.contains("`src/main.rs`: "), "{failure}");
    assert!(failure.hints[0].starts_with("nothing was changed"), "{:?}", failure.hints);
    drop(stage);
    assert_eq!(files(home.path()), ["Cargo.toml", "src"]);
    assert_eq!(fs::read_to_string(home.path().join("Cargo.toml")).unwrap(), "theirs");
}

#[test]
fn a_killed_filling_is_undone_by_the_next_run() {
    let home = TempDir::new().unwrap();
    let journal = format!("{} run\n{} src/main.rs\n", crate::tree::sha256(b"ours"), crate::tree::sha256(b"ours"));
    let stage = stage_with_journal(home.path(), &journal);
    fs::write(home.path().join("run"), "ours").unwrap();
    fs::write(stage.join("new/src/main.rs"), "ours").unwrap();
    put(&project(), home.path(), IfExists::Error).unwrap();
    assert_eq!(files(home.path()).len(), 4);
}

#[test]
fn undoing_a_killed_filling_restores_theirs_and_spares_what_was_changed_since() {
    let home = TempDir::new().unwrap();
    let hash = crate::tree::sha256(b"ours");
    let stage = stage_with_journal(home.path(), &format!("{hash} run\n{hash} Cargo.toml\n{hash} src/main.rs\n"));
    fs::write(stage.join("new/src/main.rs"), "ours").unwrap();
    fs::write(home.path().join("run"), "changed since").unwrap();
    fs::write(home.path().join("Cargo.toml"), "ours").unwrap();
    fs::create_dir(stage.join("old")).unwrap();
    fs::write(stage.join("old/Cargo.toml"), "theirs").unwrap();
    stale::undo(home.path()).unwrap();
    assert_eq!(files(home.path()), ["Cargo.toml", "run"]);
    assert_eq!(fs::read_to_string(home.path().join("Cargo.toml")).unwrap(), "theirs");
    assert_eq!(fs::read_to_string(home.path().join("run")).unwrap(), "changed since");
}

#[test]
fn a_filling_killed_after_its_last_file_is_whole_and_stays() {
    let home = TempDir::new().unwrap();
    stage_with_journal(home.path(), &format!("{} run\n", crate::tree::sha256(b"ours")));
    fs::write(home.path().join("run"), "ours").unwrap();
    stale::undo(home.path()).unwrap();
    assert_eq!(files(home.path()), ["run"]);
}

#[test]
fn a_stage_left_beside_the_destination_is_cleared() {
    let home = TempDir::new().unwrap();
    let stage = Stage::create(home.path()).unwrap();
    fs::create_dir(stage.tree().join("src")).unwrap();
    std::mem::forget(stage);
    put(&project(), &home.path().join("shop"), IfExists::Error).unwrap();
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
}

#[test]
fn dots_in_a_path_are_resolved() {
    let home = TempDir::new().unwrap();
    let written = put(&project(), &home.path().join("gone/../shop/."), IfExists::Error).unwrap();
    assert_eq!(written.root, home.path().canonicalize().unwrap().join("shop"));
}
