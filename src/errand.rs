//! Runs another program: captures its output, and kills it on a signal.

use std::io::{self, Read, Write};
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

pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a program. None if a signal arrived first, which the holder of `writing` reports.
pub(crate) fn run(command: &mut Command, writing: &Writing) -> io::Result<Option<Outcome>> {
    carry_out(command.stdin(Stdio::null()).stderr(Stdio::piped()), Vec::new(), MAX_OUTPUT, writing)
}

/// Like [`run`], with `input` on stdin and no limit on the output.
pub(crate) fn feed(command: &mut Command, input: Vec<u8>, writing: &Writing) -> io::Result<Option<Outcome>> {
    carry_out(command.stdin(Stdio::piped()).stderr(Stdio::piped()), input, u64::MAX, writing)
}

/// Like [`run`], for a program that prompts on the terminal.
pub(crate) fn converse(command: &mut Command, writing: &Writing) -> io::Result<Option<Outcome>> {
    let command = command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
    let outcome = carry_out(command, Vec::new(), MAX_OUTPUT, writing);
    writing.restore_terminal();
    outcome
}

fn carry_out(command: &mut Command, input: Vec<u8>, most: u64, writing: &Writing) -> io::Result<Option<Outcome>> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // If the program exits without reading everything, its exit status says why.
        thread::spawn(move || stdin.write_all(&input));
    }
    let (done, ended) = mpsc::channel();
    let stdout = listen(child.stdout.take(), most, done.clone());
    let stderr = listen(child.stderr.take(), MAX_OUTPUT, done);
    // Both readers finish when both streams are closed, which is when the program has ended.
    while ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Disconnected) {
        if writing.check().is_err() {
            platform::kill(&mut child)?;
            child.wait()?;
            return Ok(None);
        }
    }
    let status = child.wait()?;
    let text = |thread: thread::JoinHandle<Vec<u8>>| String::from_utf8_lossy(&thread.join().unwrap_or_default()).into();
    Ok(Some(Outcome { status, stdout: text(stdout), stderr: text(stderr) }))
}

fn listen(
    stream: Option<impl Read + Send + 'static>,
    most: u64,
    done: mpsc::Sender<()>,
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
