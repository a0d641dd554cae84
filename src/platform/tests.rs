use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::*;

#[test]
fn nothing_is_reached_through_a_link_or_above_the_directory() {
    let home = TempDir::new().unwrap();
    for path in ["outside/deep", "inside"] {
        fs::create_dir_all(home.path().join(path)).unwrap();
    }
    fs::write(home.path().join("outside/theirs"), "theirs").unwrap();
    symlink("../outside", home.path().join("inside/link")).unwrap();
    symlink("../outside/theirs", home.path().join("inside/file")).unwrap();
    let inside = Beneath::open(&home.path().join("inside")).unwrap();
    inside.create("ours", 0o600).unwrap();
    for above in ["link", "..", "../outside", "./link"] {
        let [theirs, deep, new] = ["theirs", "deep", "new"].map(|name| Path::new(above).join(name));
        assert!(!inside.has(&theirs) && inside.file(&theirs).is_err() && inside.hash(&theirs).is_err(), "{above}");
        assert!(inside.create(&new, 0o600).is_err() && inside.create_link(&new, b"x").is_err(), "{above}");
        assert!(inside.take(&new, &inside, "ours").is_err() && inside.take("new", &inside, &theirs).is_err());
        assert!(inside.remove(&theirs).is_err() && inside.remove_directory(&deep).is_err(), "{above}");
        assert!(inside.create(Path::new(above).join("new/deep"), 0o600).is_err(), "{above}");
    }
    assert!(inside.file("file").is_err() && inside.create("file", 0o600).is_err(), "a link itself is not its end");
    assert!(Beneath::open(&home.path().join("inside/link")).is_err() && inside.directory("link").is_err());
    let mut left: Vec<_> = fs::read_dir(home.path().join("outside")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["deep", "theirs"]);
}
