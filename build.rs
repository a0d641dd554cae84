//! The built-in project is part of the binary: a change to it is a change to the program.

fn main() {
    println!("cargo::rerun-if-changed=project-template");
}
