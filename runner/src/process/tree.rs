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
    /// Leads its process group: the process itself, or the porter that has started it.
    leader: Pid,
    kind: TreeKind,
    /// The porter's control group.
    leaf: Option<Leaf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeKind {
    Plain,
    /// Bubblewrap's child is the first process of a process namespace, and takes all others along, if not at once: bubblewrap does not wait for
    /// that. The control group, where there is one, tells when they are gone.
    Bubblewrap,
}

impl Tree {
    pub fn new(leader: i32, kind: TreeKind, leaf: Option<Leaf>) -> Self {
        Self { leader: Pid::from_raw(leader), kind, leaf }
    }

    pub fn is_bubblewrap(&self) -> bool {
        self.kind == TreeKind::Bubblewrap
    }

    /// Asks every process to end. A porter does not hear it; one that has not started anything yet is ended.
    pub fn terminate(&self) {
        if self.leaf.as_ref().is_some_and(|leaf| leaf.holds_only(self.leader.as_raw())) {
            return self.kill();
        }
        match self.kind {
            TreeKind::Plain => {
                let _ = killpg(self.leader, Signal::SIGTERM);
                for pid in self.leaf.iter().flat_map(Leaf::list_processes).map(Pid::from_raw) {
                    if nix::unistd::getpgid(Some(pid)).is_ok_and(|group| group != self.leader) {
                        let _ = kill(pid, Signal::SIGTERM);
                    }
                }
            }
            // Bubblewrap itself would die of the signal and take the others along at once.
            TreeKind::Bubblewrap => {
                for first in self.list_first() {
                    for pid in list_descendants(first) {
                        let _ = kill(pid, Signal::SIGTERM);
                    }
                }
            }
        }
    }

    /// Ends every process, a porter too.
    pub fn kill(&self) {
        if let Some(leaf) = &self.leaf {
            return leaf.kill();
        }
        let first = if self.kind == TreeKind::Bubblewrap { self.list_first() } else { Vec::new() };
        for process in &first {
            let _ = kill(*process, Signal::SIGKILL);
        }
        if first.is_empty() {
            let _ = killpg(self.leader, Signal::SIGKILL);
        }
    }

    /// After the end of the process: ends whatever it left in its process group, and lets go of the control group that a porter is still in.
    pub fn end(self) -> Option<Leaf> {
        if self.leaf.is_none() {
            let _ = killpg(self.leader, Signal::SIGKILL);
        }
        self.leaf
    }

    /// The first processes of bubblewrap's namespaces.
    fn list_first(&self) -> Vec<Pid> {
        let below = list_children(self.leader);
        if self.leaf.is_none() { below } else { below.into_iter().flat_map(list_children).collect() }
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
