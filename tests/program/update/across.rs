//! A project of the template as it was before its rooms had an order, when about eighty of its files had other names. Its owner
//! has worked on it. (`tests/fixtures/before-the-rooms-had-an-order.tar.xz` is what was rendered then, but for tests, documents and
//! the lock file.)

use std::process::Command;

use super::{Project, outcome};
use crate::support::Place;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/before-the-rooms-had-an-order.tar.xz");

/// What the owner has added, and where.
const APPENDED: [(&str, &str); 4] = [
    ("auth/src/users/routes.rs", HANDLER),
    ("auth/src/http/layers.rs", LAYER),
    ("auth/src/tokens/claims.rs", CLAIM),
    ("auth/src/tokens/jws.rs", SIGNED),
];
const HANDLER: &str = "async fn my_handler() {}";
const LAYER: &str = "pub(crate) fn my_layer() {}";
const CLAIM: &str = "fn my_claim() {}";
const SIGNED: &str = "fn my_signature() {}";
const MAIL: &str = "auth/templates/email/login_code_text.txt";

fn project() -> Project {
    let project = Project { place: Place::new() };
    std::fs::create_dir(project.root()).unwrap();
    let unpacked = Command::new("tar").arg("-xJf").arg(FIXTURE).arg("-C").arg(project.root()).status().unwrap();
    assert!(unpacked.success(), "`tar` and `xz` are needed");
    project.git("init -q");
    project.commit();
    project
}

fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path} has no {from:?}");
    project.write(path, &text.replacen(from, to, 1));
}

#[test]
fn the_work_of_an_owner_survives_that_the_rooms_were_put_in_order() {
    const ROUTE: &str = ".route(\"/mine/\", get(hello))";
    const COLUMN: &str = "ordinary(\"role\", |user| user.role.into()),";
    let project = project();
    edit(&project, "src/lib.rs", ".merge(auth.router())", &format!("{ROUTE}.merge(auth.router())"));
    edit(
        &project,
        "auth/src/users/columns.rs",
        "    personal(\"last_name\"",
        &format!("    {COLUMN}\n    personal(\"last_name\""),
    );
    // Later, every sentence of a mail is a text to translate; this line is none.
    edit(&project, MAIL, "    {{ code }}", "    {{ code }} (Your shop)");
    // At the end, where the template is not likely to change anything.
    for (path, mine) in APPENDED {
        project.write(path, &format!("{}\n{mine}\n", project.read(path)));
    }
    project.commit();

    let ran = project.update("").succeeded();
    assert!(project.read("src/lib.rs").contains(ROUTE));
    assert!(project.read("auth/src/users/columns.rs").contains(COLUMN));
    for (old, new, mine) in [
        ("auth/src/users/routes.rs", "auth/src/account/routes.rs", HANDLER),
        ("auth/src/http/layers.rs", "auth/src/server/layers.rs", LAYER),
        // A crate of their own later.
        ("auth/src/tokens/claims.rs", "auth-tokens/src/claims.rs", CLAIM),
        ("auth/src/tokens/jws.rs", "auth-tokens/src/jws.rs", SIGNED),
    ] {
        assert_eq!((outcome(&ran, old), outcome(&ran, new)), ("removed".to_owned(), "merged".to_owned()));
        assert!(project.read(new).contains(mine) && !project.has(old), "{new}");
    }
    assert!(project.read(MAIL).contains("Your shop"));
    let rest = project.everything();
    let has_markers = |contents: &[u8]| contents.windows(8).any(|bytes| bytes == b"<<<<<<< ");
    let marked: Vec<_> = rest.iter().filter(|(_, _, contents)| has_markers(contents)).map(|(path, ..)| path).collect();
    assert!(marked.is_empty(), "{marked:?}");
}
