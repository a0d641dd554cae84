//! Applies changes to an existing project: all of them or none.

use std::fs::{self, File as Handle};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::destination::{Plan, no_directory_above, what_is};
use super::lock::{PATIENCE, lock};
use super::stage::Stage;
use super::{fill, not_writable, stale};
use crate::failure::{Failure, Kind};
use crate::platform;
use crate::signals::{Signals, Writing};

/// A locked project: no other run writes to it during this value's lifetime.
pub(crate) struct Held {
    root: PathBuf,
    _lock: Option<Handle>,
}

impl Held {
    /// Locks the project and undoes what an earlier run left half-done.
    pub(crate) fn at(root: &Path, signals: &Signals) -> Result<Self> {
        let lock = lock(root, &PATIENCE)?;
        if lock.is_some() {
            signals.hold(|_| stale::undo(root))?;
        }
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    pub(crate) fn amend(&self, plan: &Plan, signals: &Signals) -> Result<(), Failure> {
        refuse_other_places(&self.root, plan)?;
        self.place(plan, &signals.writing())
    }

    fn place(&self, plan: &Plan, writing: &Writing) -> Result<(), Failure> {
        let stage = Stage::create(&self.root).map_err(|error| not_writable(&self.root, &error))?;
        for file in &plan.place {
            writing.check()?;
            let old = plan.renamed.get(&file.path).unwrap_or(&file.path);
            let mode = if plan.keeps_modes { self.mode(old, plan.executable.get(&file.path)) } else { Ok(None) };
            let staged = mode.and_then(|mode| stage.write(Path::new(""), file, mode));
            staged.map_err(|error| not_writable(&self.root.join(&file.path), &error))?;
        }
        writing.check()?;
        fill::fill(&stage, &self.root, plan)
    }

    /// The mode of the existing file, with the executable bits that the template has changed.
    fn mode(&self, path: &str, executable: Option<&bool>) -> std::io::Result<Option<u32>> {
        match fs::symlink_metadata(self.root.join(path)) {
            Ok(there) if there.is_file() => Ok(platform::mode(&there).map(|mode| match executable {
                // Executable for everybody who may read it.
                Some(true) => mode | (mode & 0o444) >> 2,
                Some(false) => mode & !0o111,
                None => mode,
            })),
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Err(error),
            _ => Ok(None),
        }
    }
}

/// Refuses paths that pass through a link, since the files would be written to its target.
pub(crate) fn refuse_other_places(root: &Path, plan: &Plan) -> Result<(), Failure> {
    let mut paths = plan.place.iter().map(|file| &file.path).chain(&plan.removed);
    // A file that the template has removed makes way by itself.
    let stays = |parent: &&Path| !plan.removed.iter().any(|removed| Path::new(removed) == *parent);
    match paths.find_map(|path| Some((path, no_directory_above(path, root).filter(stays)?))) {
        Some((path, parent)) => {
            let what = what_is(&root.join(parent));
            let message = format!("`{path}` cannot be written: `{}` {what}", parent.display());
            Err(Failure::new(Kind::Destination, message).hint("move it away, or put a directory in its place"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::super::journal::{self, Journal};
    use super::*;
    use crate::platform::Beneath;
    use crate::tree::{File, Mode, Origin, sha256};

    fn file(path: &str) -> File {
        File { path: path.into(), contents: b"new".to_vec(), mode: Mode::Plain, origin: Origin::BuiltIn }
    }

    /// Has the files `changed` and `gone`, but not `new`.
    fn project() -> TempDir {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("a")).unwrap();
        for path in ["a/changed", "a/gone"] {
            fs::write(home.path().join(path), "old").unwrap();
        }
        home
    }

    fn plan<'a>(files: &'a [File], was: &str) -> Plan<'a> {
        Plan {
            place: files.iter().collect(),
            replaced: vec!["a/changed".into()],
            removed: vec!["a/gone".into()],
            expected: ["a/changed", "a/gone"].map(|path| (path.to_owned(), sha256(was.as_bytes()))).into(),
            keeps_modes: true,
            ..Plan::default()
        }
    }

    fn amend(home: &TempDir, plan: &Plan, signals: &Signals) -> Result<(), Failure> {
        Held::at(home.path(), signals).unwrap().amend(plan, signals)
    }

    fn contents(home: &TempDir) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(home.path().join("a")).unwrap().map(Result::unwrap) {
            found.push((entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()));
        }
        found.sort();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing beside it is left");
        found
    }

    fn as_it_was() -> Vec<(String, String)> {
        ["changed", "gone"].map(|name| (name.to_owned(), "old".to_owned())).into()
    }

    #[test]
    #[cfg_attr(feature = "portable", ignore = "there are no modes")]
    fn files_are_added_replaced_with_their_modes_and_removed() {
        let home = project();
        fs::set_permissions(home.path().join("a/changed"), Permissions::from_mode(0o750)).unwrap();
        let files = [file("a/changed"), file("a/new")];
        amend(&home, &plan(&files, "old"), &Signals::pretending(0)).unwrap();
        assert_eq!(contents(&home), [("changed".into(), "new".into()), ("new".into(), "new".into())]);
        assert_eq!(fs::metadata(home.path().join("a/changed")).unwrap().permissions().mode() & 0o777, 0o750);
    }

    #[test]
    fn what_was_changed_at_the_same_time_is_put_back_and_so_is_all_else() {
        let home = project();
        let files = [file("a/changed"), file("a/new")];
        let failure = amend(&home, &plan(&files, "older"), &Signals::pretending(0)).unwrap_err();
        assert!(failure.message.contains("was changed at the same time"), "{failure}");
        assert_eq!(contents(&home), as_it_was());
    }

    #[test]
    fn what_gave_way_to_another_kind_of_thing_is_back_after_a_failure() {
        let home = project();
        fs::create_dir(home.path().join("a/folder")).unwrap();
        fs::write(home.path().join("a/folder/file"), "old").unwrap();
        let files = [file("a/gone/file"), file("a/folder"), file("a/changed")];
        let removed = ["a/gone", "a/folder/file"].map(str::to_owned).into();
        // The last file fails: its hash is not the expected one.
        let expected = [("a/changed".to_owned(), sha256(b"older"))].into();
        let failing = Plan { removed, expected, ..plan(&files, "old") };
        let failure = amend(&home, &failing, &Signals::pretending(0)).unwrap_err();
        assert!(failure.message.contains("was changed at the same time"), "{failure}");
        assert_eq!(fs::read_to_string(home.path().join("a/folder/file")).unwrap(), "old");
        fs::remove_dir_all(home.path().join("a/folder")).unwrap();
        assert_eq!(contents(&home), as_it_was());
    }

    #[test]
    fn a_failure_half_way_leaves_everything_as_it_was() {
        let home = project();
        let files = [file("a/changed"), file("a/new"), file("a/new/impossible")];
        let failure = amend(&home, &plan(&files, "old"), &Signals::pretending(0)).unwrap_err();
        assert_eq!(failure.kind, Kind::Destination);
        assert!(failure.hints[0].starts_with("nothing was changed"), "{:?}", failure.hints);
        assert_eq!(contents(&home), as_it_was());
    }

    #[test]
    fn a_signal_leaves_everything_as_it_was() {
        let home = project();
        let files = [file("a/changed")];
        let held = Held::at(home.path(), &Signals::pretending(0)).unwrap();
        let failure = held.amend(&plan(&files, "old"), &Signals::pretending(15)).unwrap_err();
        assert_eq!(failure.kind, Kind::Signal(15));
        assert_eq!(contents(&home), as_it_was());
    }

    /// One file has been moved away and one placed; another is still in the stage.
    fn half_done() -> (TempDir, PathBuf) {
        let home = project();
        let created = Stage::create(home.path()).unwrap();
        let stage = created.path().to_owned();
        let seal = journal::seal(&Beneath::open(&stage).unwrap()).unwrap();
        for folder in ["new/a", "old/a"] {
            fs::create_dir_all(stage.join(folder)).unwrap();
        }
        let hash = sha256(b"new");
        fs::write(stage.join("journal"), format!("{seal}\n{hash} a/changed\n{hash} a/new\nremoved a/gone\n")).unwrap();
        for (from, to) in [("a/changed", "old/a/changed"), ("a/gone", "old/a/gone")] {
            fs::rename(home.path().join(from), stage.join(to)).unwrap();
        }
        fs::write(home.path().join("a/changed"), "new").unwrap();
        fs::write(stage.join("new/a/new"), "new").unwrap();
        (home, stage)
    }

    #[test]
    fn what_a_kill_has_left_half_done_is_undone() {
        let (home, _) = half_done();
        assert!(stale::is_half_done(home.path()).unwrap());
        Held::at(home.path(), &Signals::pretending(0)).unwrap();
        assert_eq!(contents(&home), as_it_was());
    }

    #[test]
    fn what_cannot_be_undone_is_said_to_be_half_done_and_left_to_the_next_run() {
        let (home, stage) = half_done();
        let root = home.path();
        fs::rename(root.join("a"), root.join("aside")).unwrap();
        fs::write(root.join("a"), "in the way").unwrap();
        let journal = Journal::read(&Beneath::open(&stage).unwrap()).unwrap().unwrap();
        let failure = fill::undone(&journal, &Beneath::open(&stage).unwrap(), root, &std::io::Error::other("no room"));
        assert_eq!(failure.kind, Kind::Destination);
        assert!(failure.message.contains("half-way: no room; and it could not be undone: `a/changed`"), "{failure}");
        assert!(failure.hints[0].contains("run the same command again"), "{:?}", failure.hints);
        let again = Held::at(root, &Signals::pretending(0)).err().unwrap().downcast::<Failure>().unwrap();
        assert_eq!(again.kind, Kind::Destination);
        fs::remove_file(root.join("a")).unwrap();
        fs::rename(root.join("aside"), root.join("a")).unwrap();
        Held::at(root, &Signals::pretending(0)).unwrap();
        assert_eq!(contents(&home), as_it_was());
    }
}
