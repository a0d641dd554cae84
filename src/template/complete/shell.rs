//! The shell of a template's scripts. cargo-generate keeps all that a command prints in memory, so this program stands in
//! for `sh`: it runs the real one, and stops it when it prints too much.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::{platform, report};

const NAME: &str = "sh";
/// The command by which a script waits for an answer of the person. Without a stand-in the shell finds this program by it.
pub(super) const ANSWER: &str = "jwt-allauth __answer";
/// Holds the path of the file that the answer will be in.
const REPLY: &str = "JWT_ALLAUTH_REPLY";
/// How often it is looked for.
const PATIENCE: Duration = Duration::from_millis(20);
/// Holds the path of programs that was there before, by which the real shell is found.
const BEFORE: &str = "JWT_ALLAUTH_PATH";
const PATH: &str = "PATH";

/// A compiler may well print some; no hook keeps more in a variable.
const MOST_MIB: u64 = 16;
/// As much of the errors of a command as can be read.
const ERRORS: usize = 8 * 1024;
/// The exit code of shells for a command that cannot be run.
const CANNOT_RUN: i32 = 126;

/// Prepares the process that runs scripts: its shell is this program. Whether this is possible here.
pub(super) fn stand_in(command: &mut Command, directory: &Path, reply: &Path) -> io::Result<bool> {
    let program = env::current_exe()?;
    command.env(REPLY, reply);
    let before = env::var_os(PATH);
    let is_linked = platform::link_to(&program, &directory.join(NAME))?;
    let first = if is_linked { directory } else { program.parent().unwrap_or(directory) };
    let paths = [first.to_owned()].into_iter().chain(before.iter().flat_map(env::split_paths));
    command.env(PATH, env::join_paths(paths).map_err(io::Error::other)?);
    if is_linked {
        command.env(BEFORE, before.unwrap_or_default());
    }
    Ok(is_linked)
}

/// Runs the real shell if this process stands in for it, or waits for an answer.
pub(crate) fn carried_out() -> Option<i32> {
    let mut arguments = env::args_os();
    let name = arguments.next()?;
    let given: Vec<OsString> = env::args_os().skip(1).collect();
    if [&["-c", ANSWER][..], &ANSWER.split(' ').skip(1).collect::<Vec<_>>()].iter().any(|waits| given == *waits) {
        return env::var_os(REPLY).map(|reply| answer(Path::new(&reply)));
    }
    let before = env::var_os(BEFORE).filter(|_| Path::new(&name).file_name().is_some_and(|name| name == NAME))?;
    Some(run(before, arguments).unwrap_or_else(|error| {
        report::tell(&error.to_string());
        CANNOT_RUN
    }))
}

/// Prints the answer once it is there. Whoever ends the rendering ends this, too.
fn answer(reply: &Path) -> i32 {
    loop {
        if let Ok(answer) = fs::read(reply) {
            let _ = fs::remove_file(reply);
            return report::pass_on(&answer, b"").map_or(CANNOT_RUN, |()| 0);
        }
        thread::sleep(PATIENCE);
    }
}

fn run(before: OsString, arguments: impl Iterator<Item = OsString>) -> io::Result<i32> {
    platform::lift_limit();
    let mut command = Command::new(NAME);
    command.args(arguments).env_remove(BEFORE).env_remove(REPLY);
    if before.is_empty() {
        command.env_remove(PATH)
    } else {
        command.env(PATH, before)
    };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let Some((output, errors)) = heard(&mut child) else {
        // What the shell has started meets a closed pipe.
        platform::kill(&mut child)?;
        child.wait()?;
        report::tell(&format!("it prints more than {MOST_MIB} MiB, and was stopped"));
        return Ok(CANNOT_RUN);
    };
    let status = child.wait()?;
    report::pass_on(&output, &errors[errors.len().saturating_sub(ERRORS)..])?;
    Ok(status.code().or_else(|| platform::signal(status).map(|signal| 128 + signal)).unwrap_or(CANNOT_RUN))
}

/// The output and the errors, unless one of them is too much.
fn heard(child: &mut Child) -> Option<(Vec<u8>, Vec<u8>)> {
    let (done, ended) = mpsc::channel();
    listen(child.stdout.take(), true, done.clone());
    listen(child.stderr.take(), false, done);
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    for (is_output, text) in ended {
        *(if is_output { &mut output } else { &mut errors }) = text?;
    }
    Some((output, errors))
}

fn listen(stream: Option<impl Read + Send + 'static>, is_output: bool, done: mpsc::Sender<(bool, Option<Vec<u8>>)>) {
    let most = MOST_MIB * 1024 * 1024;
    thread::spawn(move || {
        let mut text = Vec::new();
        // After a read error, keep the output so far.
        let _ = stream.map(|stream| stream.take(most + 1).read_to_end(&mut text));
        let whole = text.len() as u64 <= most;
        // Nobody listens once the other stream was too much.
        let _ = done.send((is_output, whole.then_some(text)));
    });
}
