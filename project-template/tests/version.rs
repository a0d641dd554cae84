//! What the program says of itself.

use std::process::Command;

#[test]
fn the_program_is_called_as_this_package_is() {
    let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
    let output = Command::new(program).arg("--version").output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with(concat!(env!("CARGO_PKG_NAME"), " (auth ")), "{said}");
}
