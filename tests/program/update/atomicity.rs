//! All of an update or nothing of it.

use std::fs;
use std::process::{Child, Stdio};

use super::{Project, STAMP, hash};
use crate::support::Ran;

/// Every file of a room is older, so that there is much to write.
fn much_older() -> Project {
    let project = Project::new();
    let paths: Vec<String> =
        project.place.promised().into_iter().filter(|path| path.starts_with("auth/src/")).collect();
    assert!(paths.len() > 100);
    let old: Vec<String> = paths.iter().map(|path| format!("{}// old\n", project.read(path))).collect();
    let files: Vec<(&str, &str)> = paths.iter().zip(&old).map(|(path, text)| (path.as_str(), text.as_str())).collect();
    project.aged(&files)
}

fn spawn(project: &Project) -> Child {
    project.command("update").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn stages(project: &Project) -> usize {
    let entries = fs::read_dir(project.root()).unwrap().map(|entry| entry.unwrap().file_name());
    entries.filter(|name| name.to_str().unwrap().starts_with(".jwt-allauth-stage-")).count()
}

/// After a kill at whatever moment, the next update makes whole what the first one has left.
#[test]
fn a_kill_at_whatever_moment_is_made_good_by_the_next_update() {
    let older = much_older();
    let finished = older.copied();
    finished.update("").succeeded();
    let after = finished.everything();
    for round in 0..8_u32 {
        let project = older.copied();
        let mut child = spawn(&project);
        // Up to the moment at which it begins to write.
        while stages(&project) == 0 && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        for _ in 0..round * 80_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let seen = project.git("status --porcelain --untracked-files=all");
        // Killed before it had a line, the ignore file is all that lies there.
        let is_shown = |line: &str| line.contains(".jwt-allauth-stage-") && !line.ends_with("/.gitignore");
        assert!(!seen.lines().any(is_shown), "what lies in a stage may be secret: {seen}");
        if project.run("check").stderr.contains("stopped half-way") {
            project.update("--dry-run").ended_with(5).saying("`jwt-allauth update` undoes it");
        }
        project.update("").succeeded();
        assert!(project.everything() == after, "round {round}");
    }
}

/// The moment of the signal is fixed by a git that sends it, before anything is written.
#[test]
fn an_interruption_leaves_the_project_as_it_was() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let project = Project::new().aged(&[("deny.toml", "# old\n"), ("clippy.toml", "# old\n")]);
        project.write("deny.toml", "# mine\n");
        project.commit();
        let before = project.everything();
        let git = project.place.fake_git(&format!("kill -{signal} $PPID; exec sleep 1"));
        let output = project.command("update").env("PATH", format!("{}:/usr/bin:/bin", git.display())).output();
        assert_eq!(output.unwrap().status.code(), Some(code), "{signal}");
        assert_eq!(project.everything(), before);
        project.update("").ended_with(9);
    }
}

#[test]
fn of_many_updates_at_once_each_finds_a_whole_project() {
    let project = much_older();
    let children: Vec<Child> = (0..6).map(|_| spawn(&project)).collect();
    let ran: Vec<Ran> = children.into_iter().map(|child| Ran::of(&child.wait_with_output().unwrap())).collect();
    assert!(ran.iter().all(|ran| ran.code == 0), "{:?}", ran.iter().map(|ran| &ran.stderr).collect::<Vec<_>>());
    assert_eq!(ran.iter().filter(|ran| ran.stderr.contains("Updated `shop`")).count(), 1);
    assert_eq!(stages(&project), 0);
    let stamp = project.stamp();
    for (path, stamped) in stamp["files"].as_table().unwrap().iter().filter(|(path, _)| *path != STAMP) {
        if stamped.as_str() != Some("secret") {
            assert_eq!(stamped.as_str(), Some(hash(&project.read(path)).as_str()), "{path}");
        }
    }
}
