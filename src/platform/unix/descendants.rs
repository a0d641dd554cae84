//! Ends what the scripts of a template have started, also in a session of its own, where no signal to a process group
//! reaches it.
//!
//! Linux gives a process whose parent has ended to its nearest ancestor that has asked for that, so what was to outlive
//! the scripts becomes a child of this process, and a child is found in `/proc`. Nothing else can get the id of a child
//! until it has been waited for. Other Unix systems have no such rule: there only the process group ends.

use std::collections::BTreeSet;
use std::fs;

#[cfg(target_os = "linux")]
use rustix::process::set_child_subreaper;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

/// Far more than a tree of processes is deep. A process that forks faster than it is killed is not hunted for ever.
const ROUNDS: usize = 1000;

/// The descendants of this process: they become its children when their parents end, and are killed when this is dropped.
pub(crate) struct Descendants {
    /// Children from before: a shell that replaced itself by this program may have some.
    others: BTreeSet<i32>,
}

impl Descendants {
    pub(crate) fn adopt() -> Self {
        // Without `/proc` the children are not found, and nothing is gained or lost.
        #[cfg(target_os = "linux")]
        let _ = set_child_subreaper(Some(getpid()));
        Self { others: children().into_iter().collect() }
    }
}

impl Drop for Descendants {
    /// Kills all children, then those that became children by that, and so on.
    fn drop(&mut self) {
        for _ in 0..ROUNDS {
            let children: Vec<i32> = children().into_iter().filter(|child| !self.others.contains(child)).collect();
            if children.is_empty() {
                break;
            }
            // One that has become another user's cannot be killed, and must not be waited for.
            self.others.extend(children.into_iter().filter(|child| !is_ended(*child)));
        }
        #[cfg(target_os = "linux")]
        let _ = set_child_subreaper(None);
    }
}

fn is_ended(child: i32) -> bool {
    let Some(child) = Pid::from_raw(child) else { return false };
    match waitpid(Some(child), WaitOptions::NOHANG) {
        Ok(None) => kill_process(child, Signal::KILL).is_ok() && waitpid(Some(child), WaitOptions::empty()).is_ok(),
        reaped => reaped.is_ok(),
    }
}

fn children() -> Vec<i32> {
    let own = getpid().as_raw_pid().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent(*id).is_some_and(|parent| parent == own)).collect()
}

/// `stat` is "id (name) state parent …", where the name can hold anything.
fn parent(id: i32) -> Option<String> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    stat.rsplit_once(')')?.1.split_whitespace().nth(1).map(str::to_owned)
}
