//! The built-in project and the custom templates are part of the binary: a change to them is a change to the program.

fn main() {
    println!("cargo::rerun-if-changed=project-template");
    println!("cargo::rerun-if-changed=custom-templates");
}
