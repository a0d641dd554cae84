//! Runs another program: captures its output, and kills it on a signal.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::platform;
use crate::signals::Writing;

/// How often a signal is checked for.
const PATIENCE: Duration = Duration::from_millis(20);
/// Upper limit of captured output; the rest is read and discarded.
const MAX_OUTPUT: u64 = 1024 * 1024;
/// Longer lines are passed on in parts.
const MAX_LINE: u64 = 2 * 1024 * 1024;
/// Lines that wait to be passed on, before the program waits.
const WAITING: usize = 8;

pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program. None if a signal arrived first, which the holder of `writing` reports.
pub(crate) fn run(command: &mut Command, writing: &Writing) -> io::Result<Option<Outcome>> {
    carry_out(command.stdin(Stdio::null()).stderr(Stdio::piped()), Vec::new(), Stdout::Kept(MAX_OUTPUT), writing)
}

/// Like [`run`], and passes each line of stdout on at once. The program is killed when `hear` returns false.
pub(crate) fn hear(
    command: &mut Command,
    writing: &Writing,
    hear: &mut dyn FnMut(&str) -> bool,
) -> io::Result<Option<Outcome>> {
    carry_out(command.stdin(Stdio::null()).stderr(Stdio::piped()), Vec::new(), Stdout::Heard(hear), writing)
}

/// Like [`run`], with `input` on stdin and no limit on the output.
pub(crate) fn feed(command: &mut Command, input: Vec<u8>, writing: &Writing) -> io::Result<Option<Outcome>> {
    carry_out(command.stdin(Stdio::piped()).stderr(Stdio::piped()), input, Stdout::Kept(u64::MAX), writing)
}

/// What becomes of stdout.
enum Stdout<'h> {
    /// It is kept up to a limit.
    Kept(u64),
    Heard(&'h mut dyn FnMut(&str) -> bool),
}

fn carry_out(
    command: &mut Command,
    input: Vec<u8>,
    mut stdout: Stdout,
    writing: &Writing,
) -> io::Result<Option<Outcome>> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // If the program exits without reading everything, its exit status says why.
        thread::spawn(move || stdin.write_all(&input));
    }
    let (done, ended) = mpsc::sync_channel(WAITING);
    let out = match &stdout {
        Stdout::Kept(most) => listen(child.stdout.take(), *most, done.clone()),
        Stdout::Heard(_) => pass_on(child.stdout.take(), done.clone()),
    };
    let err = listen(child.stderr.take(), MAX_OUTPUT, done);
    // Both readers finish when both streams are closed, which is when the program has ended.
    loop {
        let is_too_much = match (ended.recv_timeout(PATIENCE), &mut stdout) {
            (Ok(line), Stdout::Heard(hear)) => !hear(&line),
            (Err(RecvTimeoutError::Disconnected), _) => break,
            _ => false,
        };
        let is_interrupted = writing.check().is_err();
        if is_interrupted || is_too_much {
            platform::kill(&mut child)?;
            let status = child.wait()?;
            let outcome = Outcome { status, stdout: String::new(), stderr: String::new() };
            return Ok((!is_interrupted).then_some(outcome));
        }
    }
    let status = child.wait()?;
    let text = |thread: thread::JoinHandle<Vec<u8>>| String::from_utf8_lossy(&thread.join().unwrap_or_default()).into();
    Ok(Some(Outcome { status, stdout: text(out), stderr: text(err) }))
}

fn listen(
    stream: Option<impl Read + Send + 'static>,
    most: u64,
    done: mpsc::SyncSender<String>,
) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut output = Vec::new();
        if let Some(mut stream) = stream {
            // After a read error, keep the output so far.
            let _ = stream.by_ref().take(most).read_to_end(&mut output);
            let _ = io::copy(&mut stream, &mut io::sink());
        }
        drop(done);
        output
    })
}

/// Sends each line without its end, and waits when they are not taken.
fn pass_on(stream: Option<impl Read + Send + 'static>, lines: mpsc::SyncSender<String>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut stream = stream.map(BufReader::new);
        let mut line = Vec::new();
        while let Some(stream) = &mut stream
            && stream.take(MAX_LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0)
        {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned();
            if lines.send(text).is_err() {
                break;
            }
            line.clear();
        }
        Vec::new()
    })
}
