#!/usr/bin/env bash
# The position of a record that the crate csv 1.4.0 reports is one line too low in files with CRLF: the first record after
# the header is on line 1, where it is on line 2 with LF. RFC 4180 asks for CRLF, and spreadsheets write it.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "lines"
version = "0.0.0"
edition = "2024"

[dependencies]
csv = "=1.4.0"
TOML
cat >src/main.rs <<'RUST'
fn lines(end: &str) -> Vec<u64> {
    let text = format!("a,b{end}1,2{end}3,4{end}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().position().unwrap().line()).collect()
}

fn main() {
    println!("LF:   {:?}\nCRLF: {:?}", lines("\n"), lines("\r\n"));
    assert_eq!((lines("\n"), lines("\r\n")), (vec![2, 3], vec![1, 2]));
}
RUST
cargo run --quiet
