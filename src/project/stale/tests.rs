use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::project::journal;
use crate::project::stage::Stage;
use crate::tree::sha256;

/// A project, a file beside it, and a properly closed stage with this journal.
struct Scene {
    home: TempDir,
    stage: PathBuf,
}

impl Scene {
    fn of(journal: &str) -> Self {
        let home = TempDir::new().unwrap();
        let root = home.path().join("project");
        fs::create_dir(&root).unwrap();
        for path in ["theirs", "project/ours"] {
            fs::write(home.path().join(path), "ours").unwrap();
        }
        let stage = Stage::create(&root).unwrap();
        fs::create_dir(stage.path().join("old")).unwrap();
        for path in ["new/still", "old/planted"] {
            fs::write(stage.path().join(path), "planted").unwrap();
        }
        let seal = journal::seal(&Beneath::open(stage.path()).unwrap()).unwrap();
        let journal = format!("{seal}\n{} still\n{journal}", sha256(b"planted"));
        fs::write(stage.path().join(journal::NAME), journal).unwrap();
        Self { stage: stage.path().to_owned(), home }
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("project")
    }

    #[track_caller]
    fn is_left_alone(&self) {
        assert!(!is_half_done(&self.root()).unwrap());
        undo(&self.root()).unwrap();
        clear_unfinished(&self.root()).unwrap();
        assert!(self.stage.join(journal::NAME).exists(), "the stage is there");
        let [theirs, ours] = ["theirs", "project/ours"].map(|path| fs::read_to_string(self.home.path().join(path)));
        assert_eq!((theirs.unwrap(), ours.unwrap()), ("ours".to_owned(), "ours".to_owned()));
    }
}

/// With the hash of a file that undoing would remove.
fn entry(path: &str) -> String {
    format!("{} {path}\n", sha256(b"ours"))
}

#[test]
fn what_this_user_has_left_is_undone() {
    let scene = Scene::of(&format!("{}removed planted\n", entry("ours")));
    assert!(is_half_done(&scene.root()).unwrap());
    clear_unfinished(&scene.root()).unwrap();
    assert!(scene.stage.exists(), "a project beside it does not undo it");
    undo(&scene.root()).unwrap();
    assert!(!scene.stage.exists() && !scene.root().join("ours").exists());
    assert_eq!(fs::read_to_string(scene.root().join("planted")).unwrap(), "planted");
}

#[test]
fn a_journal_that_leads_out_of_the_project_or_into_its_repository_is_not_gone_by() {
    for path in ["../theirs", "a/../../theirs", "/theirs", "a//b", "./ours", "", ".git/config", "a/.GIT/hooks/x"] {
        Scene::of(&entry(path)).is_left_alone();
        Scene::of(&format!("removed {path}\n")).is_left_alone();
        Scene::of(&format!("directory {path}\n")).is_left_alone();
    }
}

#[test]
#[cfg_attr(feature = "portable", ignore = "there are no modes")]
fn a_stage_that_others_can_open_is_not_believed() {
    for mode in [0o777, 0o770, 0o707, 0o755, 0o750, 0o711] {
        let scene = Scene::of(&entry("ours"));
        fs::set_permissions(&scene.stage, Permissions::from_mode(mode)).unwrap();
        scene.is_left_alone();
    }
}

/// As unpacked from an archive or a repository: identical, but in another place and at another time.
#[test]
fn a_copy_of_a_stage_is_not_believed() {
    let original = Scene::of(&entry("ours"));
    let scene = Scene::of(&entry("ours"));
    for path in [".gitignore", journal::NAME] {
        fs::remove_file(scene.stage.join(path)).unwrap();
        fs::copy(original.stage.join(path), scene.stage.join(path)).unwrap();
    }
    scene.is_left_alone();
    fs::write(scene.stage.join(journal::NAME), entry("ours")).unwrap();
    scene.is_left_alone();
}

#[test]
fn a_name_that_this_program_cannot_have_made_and_a_link_are_not_believed() {
    for name in [".jwt-allauth-stage-1", ".jwt-allauth-stage-00000000000000AB", ".jwt-allauth-stage-00000000000000ab0"]
    {
        let mut scene = Scene::of(&entry("ours"));
        let renamed = scene.root().join(name);
        fs::rename(&scene.stage, &renamed).unwrap();
        scene.stage = renamed;
        scene.is_left_alone();
    }
    let scene = Scene::of(&entry("ours"));
    let aside = scene.home.path().join("aside");
    fs::rename(&scene.stage, &aside).unwrap();
    symlink(&aside, &scene.stage).unwrap();
    scene.is_left_alone();
}

/// An attacker placed the link while the stage existed.
#[test]
fn no_link_is_followed_while_undoing() {
    let scene = Scene::of(&format!("{}removed link/planted\n", entry("link/theirs")));
    symlink(scene.home.path(), scene.root().join("link")).unwrap();
    fs::create_dir(scene.stage.join("old/link")).unwrap();
    fs::write(scene.stage.join("old/link/planted"), "planted").unwrap();
    assert!(undo(&scene.root()).unwrap_err().to_string().contains("`link/planted`"));
    assert!(scene.home.path().join("theirs").exists() && !scene.home.path().join("planted").exists());
}

#[test]
fn what_was_never_to_be_filled_in_here_is_only_removed() {
    let scene = Scene::of("");
    fs::remove_file(scene.stage.join(journal::NAME)).unwrap();
    assert!(!is_half_done(&scene.root()).unwrap());
    clear_unfinished(&scene.root()).unwrap();
    assert!(!scene.stage.exists());
}
