//! The built-in project and the custom templates are part of the binary: a change to them is a change to the program. They
//! are packed, which takes more than half of them off it; unpacking costs a few milliseconds, once.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use lz4_flex::block::compress_prepend_size;

fn main() -> io::Result<()> {
    for name in ["project-template", "custom-templates"] {
        println!("cargo::rerun-if-changed={name}");
        let packed = compress_prepend_size(&bundle(&variable("CARGO_MANIFEST_DIR")?.join(name))?);
        fs::write(variable("OUT_DIR")?.join(name), packed)?;
    }
    // As on Linux. Windows gives a program an eighth of it, which nested templates could exhaust.
    if variable("CARGO_CFG_TARGET_ENV")?.as_os_str() == "msvc" {
        println!("cargo::rustc-link-arg-bins=/STACK:8388608");
    }
    Ok(())
}

fn variable(name: &str) -> io::Result<PathBuf> {
    env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("cargo sets {name}")))
}

/// A line for each file with its length and its path, an empty line, and their contents one after the other.
fn bundle(directory: &Path) -> io::Result<Vec<u8>> {
    let mut paths = Vec::new();
    collect(directory, "", &mut paths)?;
    // The same on every machine.
    paths.sort();
    let (mut index, mut contents) = (Vec::new(), Vec::new());
    for path in paths {
        let file = fs::read(directory.join(&path))?;
        writeln!(index, "{} {path}", file.len())?;
        contents.extend(file);
    }
    index.push(b'\n');
    index.extend(contents);
    Ok(index)
}

fn collect(directory: &Path, prefix: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let unreadable = |_| io::Error::other(format!("{} is no text", entry.path().display()));
        let name = entry.file_name().into_string().map_err(unreadable)?;
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
