//! Directories that somebody else has filled, or can write to, and what is read back from them.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use crate::support::{Place, Ran};

const STAGE: &str = ".jwt-allauth-stage-0123456789abcdef";

fn hash(contents: &str) -> String {
    Sha256::digest(contents).iter().fold("sha256:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// What somebody puts below `directory` who wants `known` removed and `planted` brought into being two directories above.
fn plant(place: &Place, directory: &str) {
    place.write("../known", "known");
    let stage = format!("{directory}/{STAGE}");
    let journal = format!("{} ../../known\nremoved ../../planted\n0000 still\n", hash("known"));
    place.write(&format!("{stage}/journal"), &journal);
    place.write(&format!("{stage}/new/still"), "");
    place.write(&format!("{stage}/old/kept"), "");
    place.write(&format!("{directory}/planted"), "planted");
}

#[track_caller]
fn is_untouched(place: &Place, directory: &str) {
    assert_eq!(place.read("../known"), "known");
    assert!(!place.work().join("../planted").exists());
    assert!(place.work().join(directory).join(STAGE).join("journal").exists());
    assert_eq!(place.read(&format!("{directory}/planted")), "planted");
}

#[test]
fn a_stage_that_came_with_a_cloned_project_is_left_alone_and_named() {
    let place = Place::new();
    place.start("shop theirs").succeeded();
    plant(&place, "theirs");
    let git = |arguments: &str| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@b.c"]).args(arguments.split(' ')).current_dir(place.work());
        assert!(git.status().unwrap().success(), "git {arguments}");
    };
    git("-C theirs init -q");
    git("-C theirs add -f .");
    git("-C theirs commit -qm work");
    git("clone -q theirs cloned");
    // As an archive can bring it, or a clone of somebody who lets nobody read their files.
    fs::set_permissions(place.work().join("cloned").join(STAGE), Permissions::from_mode(0o700)).unwrap();
    place.run("check cloned").succeeded().saying("up to date");
    place.run("update cloned --dry-run").succeeded();
    place.run("update cloned").succeeded().saying(&format!("cloned/{STAGE}` is called like")).saying("left alone");
    is_untouched(&place, "cloned");
}

#[test]
fn a_stage_that_others_can_write_to_is_left_alone_wherever_a_project_begins() {
    for mode in [0o777, 0o770, 0o755] {
        let place = Place::new();
        plant(&place, ".");
        fs::set_permissions(place.work().join(STAGE), Permissions::from_mode(mode)).unwrap();
        place.start("shop").succeeded().saying(&format!("{STAGE}` is called like")).saying("left alone");
        is_untouched(&place, ".");
        place.start("shop . --if-exists merge").succeeded().saying("left alone");
        is_untouched(&place, ".");
    }
}

#[test]
fn what_is_not_certainly_a_stage_counts_as_somebodys_files() {
    let place = Place::new();
    place.write(&format!("shop/{STAGE}/new/mine"), "mine");
    place.start("shop").ended_with(5).saying(&format!("holds files: `{STAGE}`"));
    assert_eq!(place.read(&format!("shop/{STAGE}/new/mine")), "mine");
}

#[test]
fn a_stage_is_closed_to_others_and_to_git() {
    let place = Place::new();
    let git = place.fake_git("case \"$*\" in *init*) kill -KILL $PPID;; esac");
    let mut command = place.command("startproject shop . --if-exists merge");
    command.env("PATH", format!("{}:/usr/bin:/bin", git.display())).output().unwrap();
    let left = place.entries();
    assert_eq!(left.len(), 1, "{left:?}");
    let mode = fs::metadata(place.work().join(&left[0])).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert!(place.work().join(&left[0]).join("new/.env").exists(), "there is something to hide");
    let git = |arguments: &str| {
        let output = Command::new("git").args(arguments.split(' ')).current_dir(place.work()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    git("init -q");
    assert_eq!(git("status --porcelain --untracked-files=all"), "");
}

#[test]
fn a_lock_of_somebody_elses_is_waited_for_with_a_word() {
    let place = Place::new();
    let theirs = File::open(place.work()).unwrap();
    theirs.lock().unwrap();
    let mut child = place.command("startproject shop --vcs none").stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(first.starts_with("waiting for `") && first.contains("holds a lock"), "{first}");
    assert!(place.entries().is_empty());
    drop(theirs);
    assert!(child.wait().unwrap().success());
    assert!(place.is_whole("shop"));
}

#[test]
fn a_stamp_that_is_a_link_a_pipe_or_absurdly_large_is_not_read() {
    let place = Place::new();
    place.start("shop").succeeded();
    let stamp = place.work().join("shop/.jwt-allauth.toml");
    let aside = place.work().join("aside.toml");
    fs::rename(&stamp, &aside).unwrap();
    let refused = |why: &str| {
        for command in ["check shop", "update shop", "check --security shop"] {
            place.run(command).ended_with(5).saying("`.jwt-allauth.toml` cannot be read").saying(why);
        }
        fs::remove_file(&stamp).unwrap();
    };
    symlink(&aside, &stamp).unwrap();
    refused("");
    assert!(Command::new("mkfifo").arg(&stamp).status().unwrap().success());
    refused("it is no file");
    File::create(&stamp).unwrap().set_len(1 << 40).unwrap();
    refused("larger than 64 MiB");
    fs::rename(&aside, &stamp).unwrap();
    place.run("update shop").succeeded();
}

#[test]
fn a_file_of_the_project_that_is_a_pipe_or_absurdly_large_is_named() {
    let place = Place::new();
    place.start("shop").succeeded();
    let file = place.work().join("shop/deny.toml");
    fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    place.run("update shop").ended_with(5).saying("`deny.toml` cannot be read: it is neither a file nor a link");
    fs::remove_file(&file).unwrap();
    File::create(&file).unwrap().set_len(1 << 40).unwrap();
    place.run("update shop").ended_with(5).saying("`deny.toml` cannot be read: it is larger than 64 MiB");
}

/// Each has the hash of what is wanted, and is not where it was said to be.
#[test]
fn no_old_text_is_taken_through_a_link_or_from_a_pipe() {
    let place = Place::new();
    place.start("shop").succeeded();
    let stamp = place.read("shop/.jwt-allauth.toml");
    let now = hash(&place.read("shop/docs/moving-from-django.md"));
    assert!(stamp.contains(&now));
    place.write("shop/.jwt-allauth.toml", &stamp.replace(&now, &hash("old\n")));
    place.write("shop/docs/moving-from-django.md", "old\nmine\n");
    place.write("elsewhere/moving-from-django.md", "old\n");
    fs::create_dir_all(place.work().join("shop/.jwt-allauth/base")).unwrap();
    fs::create_dir(place.work().join("base")).unwrap();
    for directory in ["shop/.jwt-allauth/base", "base"] {
        symlink(place.work().join("elsewhere"), place.work().join(directory).join("docs")).unwrap();
    }
    let dry = "update shop --allow-dirty --dry-run --base";
    let found = |base: &str| !place.run(&format!("{dry} {base}")).ended_with(5).stdout.contains("was not found");
    assert!(!found("base"));
    fs::create_dir(place.work().join("pipes")).unwrap();
    fs::create_dir(place.work().join("pipes/docs")).unwrap();
    let pipe = place.work().join("pipes/docs/moving-from-django.md");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(!found("pipes"));
    place.write("right/docs/moving-from-django.md", "old\n");
    assert!(found("right"));
    symlink("right", place.work().join("named")).unwrap();
    assert!(found("named"), "the directory itself may be a link: its name was given");
    let _: Ran = place.run("update shop --allow-dirty").ended_with(5);
}

#[test]
fn a_directory_that_may_not_be_read_is_named() {
    let place = Place::new();
    place.start("shop").succeeded();
    place.write("deep/er/notes", "");
    let closed = |path: &str, mode| {
        fs::set_permissions(place.work().join(path), Permissions::from_mode(mode)).unwrap();
    };
    place.write("t/NOTICE", "");
    place.write("t/closed/notes", "");
    closed("shop", 0o333);
    closed("deep", 0o000);
    closed("t/closed", 0o000);
    let run = |arguments: &str| Ran::of(&place.unprivileged(arguments).output().unwrap());
    let said = format!("`{}` cannot be read: Permission denied", place.work().join("shop").display());
    for arguments in ["startproject other shop", "check shop", "update shop --dry-run"] {
        run(arguments).ended_with(5).saying(&said).saying("permissions");
    }
    run("startproject other deep/er/new").ended_with(5).saying("deep/er/new` cannot be read: Permission denied");
    let ran = run("startproject other --vcs none --template t").ended_with(4).saying("error: the template `t`: ");
    let ran = ran.saying("`t`: closed: it cannot be read: Permission denied").saying("let it be readable");
    assert_eq!(ran.stderr.matches("closed").count(), 1, "{}", ran.stderr);
    closed("t/closed", 0o755);
    closed("t", 0o300);
    let ran = run("startproject other --vcs none --template t").ended_with(4);
    let ran = ran.saying("error: the template `t`: it cannot be read: Permission denied");
    assert!(!ran.stderr.contains(place.work().to_str().unwrap()), "{}", ran.stderr);
    closed("t", 0o755);
    closed("deep", 0o755);
    closed("shop", 0o755);
    run("check shop").succeeded();
}

#[test]
fn a_temporary_directory_that_cannot_be_used_is_named_with_the_remedy() {
    let place = Place::new();
    place.write("t/cargo-generate.toml", "");
    place.write("u/NOTICE", "");
    let url = place.repository("u");
    place.write("file", "");
    let file = place.work().join("file");
    for template in ["t", &url] {
        for temporary in ["/does/not/exist", file.to_str().unwrap()] {
            let mut command = place.command(&format!("startproject shop --vcs none --template {template}"));
            let ran = Ran::of(&command.env("TMPDIR", temporary).output().unwrap()).ended_with(1);
            ran.saying(&format!("`{temporary}`, which is needed for a moment, cannot be written: ")).saying("`TMPDIR`");
        }
    }
}

/// On a full disk git often says only what it could not write.
#[test]
fn a_temporary_directory_that_git_cannot_fill_is_named_with_the_remedy() {
    let place = Place::new();
    place.write("u/NOTICE", "");
    let url = place.repository("u");
    for said in [
        "error: failed to write new configuration file /tmp/x/.git/config.lock",
        "fatal: Unable to write new index file",
        "fatal: write error: No space left on device",
    ] {
        let git = place.fake_git(&format!("echo '{said}' >&2; exit 128"));
        let mut command = place.command(&format!("startproject shop --vcs none --template {url}"));
        command.env("PATH", format!("{}:/usr/bin:/bin", git.display()));
        let ran = Ran::of(&command.output().unwrap()).ended_with(12).saying(said);
        let ran = ran.saying("`TMPDIR` names the directory for what is needed for a moment");
        assert!(!ran.stderr.contains("after `@`"), "{}", ran.stderr);
    }
}

/// What is laid over a project can be committed with it, and seen by others.
#[test]
fn a_stamp_cannot_name_a_directory_of_this_machine() {
    let place = Place::new();
    place.write("skeleton/NOTICE", "ours\n");
    place.start("shop --template company-skeleton -d owners=@us -d contact=a@b.example").succeeded();
    let stamp = place.read("shop/.jwt-allauth.toml");
    place.write("private/id_rsa", "private");
    for private in [place.work().join("private").to_str().unwrap(), "private", "../work/private"] {
        let source = stamp.replace("source = \"company-skeleton\"", &format!("source = \"{private}\""));
        assert_ne!(source, stamp);
        place.write("shop/.jwt-allauth.toml", &source);
        for command in ["check shop", "update shop", "update shop --dry-run"] {
            place.run(command).ended_with(4).saying("no template that every machine can have");
        }
        assert!(!place.work().join("shop/id_rsa").exists());
    }
    // Nor is one meant that only has the same name.
    place.write("shop/.jwt-allauth.toml", &stamp);
    place.write("company-skeleton/id_rsa", "private");
    place.run("update shop").succeeded().saying("up to date");
}
