# The verbs of README.md and CONTRIBUTING.md. `just` lists them.

_default:
    @just --list --unsorted

# Everything that must pass, as continuous integration runs it; or some PARTs of it
test *PARTS:
    .ci/test {{ PARTS }}

alias ci := test

# Format the program and the template
fmt: template
    cargo fmt
    cd target/template && cargo fmt --all

# A project in target/template whose sources are the template's own, to be edited, linted and tested in place
template:
    .ci/template target/template

# The template's lints and tests, on SQLite; with TEST_DATABASE_URL also on PostgreSQL
check-template *ARGS: template
    cd target/template && cargo clippy --workspace --all-targets && cargo test --workspace -- {{ if env("TEST_DATABASE_URL", "") == "" { "" } else { "--include-ignored" } }} {{ ARGS }}

# idna_adapter 1.2 takes its Unicode tables from ICU4X: sixteen more crates, for which every first build waits; 1.1 has
# those of unicode-rs. The pin can go when nothing depends on `idna` any more, or when ICU4X is there for another reason.
# Take up newer versions of what rendered projects depend on
update-lock: template
    cd target/template && cargo update && cargo update -p idna_adapter --precise 1.1.0
    cp target/template/Cargo.lock project-template/Cargo.lock
    just _lock-of resource-server -d issuer=myproject -d audience=myproject
    just _lock-of passwordless

# The lock file of a custom template: the project's, less what it does not depend on
_lock-of TEMPLATE *ANSWERS:
    cargo run --quiet -- startproject myproject target/{{ TEMPLATE }} --template custom-templates/{{ TEMPLATE }} {{ ANSWERS }} --vcs none --if-exists overwrite --quiet
    cp project-template/Cargo.lock target/{{ TEMPLATE }}/Cargo.lock
    cd target/{{ TEMPLATE }} && cargo metadata --format-version 1 >/dev/null
    cp target/{{ TEMPLATE }}/Cargo.lock custom-templates/{{ TEMPLATE }}/Cargo.lock

# Hold tests/conformance against cargo-generate itself, or with `record` write down anew what it makes
conformance *ARGS:
    .ci/conformance {{ ARGS }}
