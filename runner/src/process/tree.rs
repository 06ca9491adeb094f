//! A started process with all that it starts.

use super::cgroup::Leaf;
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use std::{collections::BTreeSet, fs, path::Path};

/// Every process of an execution carries this variable, by which those that left their group are found where there are no
/// control groups.
pub const COOKIE: &str = "ANDON_EXECUTION";

#[derive(Debug)]
pub struct Tree {
    leader: Pid,
    kind: TreeKind,
}

#[derive(Debug)]
pub enum TreeKind {
    /// A process group led by the process itself, and a control group where one can be made.
    Group(Option<Leaf>),
    /// The leader is bubblewrap; its child is the first process of a process namespace, and takes all others along, if not at once: the leader
    /// does not wait for that. The control group, where there is one, tells when they are gone.
    Bubblewrap(Option<Leaf>),
}

impl Tree {
    pub fn new(leader: i32, kind: TreeKind) -> Self {
        Self { leader: Pid::from_raw(leader), kind }
    }

    /// Asks every process to end.
    pub fn terminate(&self) {
        match &self.kind {
            TreeKind::Group(leaf) => {
                let _ = killpg(self.leader, Signal::SIGTERM);
                for pid in leaf.iter().flat_map(Leaf::list_processes).map(Pid::from_raw) {
                    if nix::unistd::getpgid(Some(pid)).is_ok_and(|group| group != self.leader) {
                        let _ = kill(pid, Signal::SIGTERM);
                    }
                }
            }
            // Bubblewrap itself would die of the signal and take the others along at once.
            TreeKind::Bubblewrap(_) => {
                for first in list_children(self.leader) {
                    for pid in list_descendants(first) {
                        let _ = kill(pid, Signal::SIGTERM);
                    }
                }
            }
        }
    }

    /// Ends every process.
    pub fn kill(&self) {
        match &self.kind {
            TreeKind::Group(leaf) => {
                let _ = killpg(self.leader, Signal::SIGKILL);
                leaf.iter().for_each(Leaf::kill);
            }
            TreeKind::Bubblewrap(leaf) => {
                leaf.iter().for_each(Leaf::kill);
                let children = list_children(self.leader);
                for first in &children {
                    let _ = kill(*first, Signal::SIGKILL);
                }
                if children.is_empty() {
                    let _ = kill(self.leader, Signal::SIGKILL);
                }
            }
        }
    }

    /// After the leader's end: ends whatever it left.
    pub async fn end(self) {
        let (TreeKind::Group(leaf) | TreeKind::Bubblewrap(leaf)) = self.kind;
        let _ = killpg(self.leader, Signal::SIGKILL);
        if let Some(leaf) = leaf {
            leaf.end().await;
        }
    }
}

fn list_children(pid: Pid) -> Vec<Pid> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect()
}

/// Children of every thread, and theirs, without the process itself.
fn list_descendants(of: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    let mut open = vec![of];
    while let Some(pid) = open.pop() {
        for thread in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let text = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children = text.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw);
            for child in children.filter(|child| !found.contains(child)).collect::<Vec<_>>() {
                found.push(child);
                open.push(child);
            }
        }
    }
    found
}

/// Kills every process that carries one of these executions in its environment, until none is found.
pub fn kill_marked(executions: &BTreeSet<String>) {
    // A process may fork while the list is read, so one look is not enough; a few are, as each takes away whole families.
    // One that is just being started shows no environment for an instant: only a second look that finds nothing is believed.
    let mut clean = 0;
    for _ in 0..40 {
        let marked = list_marked(executions);
        clean = if marked.is_empty() { clean + 1 } else { 0 };
        if clean == 2 {
            return;
        }
        for pid in marked {
            let _ = kill(pid, Signal::SIGKILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

fn list_marked(executions: &BTreeSet<String>) -> Vec<Pid> {
    let own = Pid::this();
    let mut marked = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).map(Pid::from_raw) else { continue };
        if pid != own && carries(&entry.path(), executions) {
            marked.push(pid);
        }
    }
    marked
}

fn carries(process: &Path, executions: &BTreeSet<String>) -> bool {
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| {
        let value = entry.strip_prefix(COOKIE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
        value.and_then(|value| std::str::from_utf8(value).ok()).is_some_and(|value| executions.contains(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Read,
        os::unix::process::ExitStatusExt,
        process::{Child, Command, Stdio},
    };

    /// A shell that carries the mark, is certainly running, and waits.
    fn start(execution: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", "echo; read nothing"]).env(COOKIE, execution).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("sh is installed");
        child.stdout.as_mut().expect("it is a pipe").read_exact(&mut [0]).expect("it prints");
        child
    }

    #[test]
    fn processes_are_found_by_what_they_carry() {
        let (mut marked, mut other) = (start("marked-one"), start("marked-one-not"));
        kill_marked(&BTreeSet::from(["marked-one".to_owned()]));
        assert_eq!(marked.wait().expect("it is a child").signal(), Some(9));
        assert!(other.try_wait().expect("it is a child").is_none());
        other.kill().expect("it runs");
        other.wait().expect("it is a child");
    }
}
