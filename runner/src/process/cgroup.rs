//! A control group (version 2) for each process tree, where one can be made: it ends even children that left their group.

use super::porter::name_pipe;
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Below the runner's own control group. Its name keeps apart what other runners on the machine make there.
#[derive(Debug)]
pub struct ControlGroups {
    parent: PathBuf,
    prefix: String,
    next: AtomicU64,
}

/// One process tree's control group; [`Leaf::end`] leaves nothing of it.
#[derive(Debug)]
pub struct Leaf {
    path: PathBuf,
}

impl ControlGroups {
    /// `None` where the machine does not let this process make control groups that can be killed.
    pub fn find(data: &Path) -> Option<Self> {
        let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
        let own = membership.lines().find_map(|line| line.strip_prefix("0::/"))?;
        if own.split('/').any(|part| part == "..") {
            return None;
        }
        let root = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
            .into_iter()
            .map(Path::new)
            .find(|root| root.join("cgroup.controllers").exists())?;
        let prefix = format!("andon-{:016x}-", fingerprint(data));
        let groups = Self { parent: root.join(own), prefix, next: AtomicU64::new(1) };
        let probe = groups.create().ok()?;
        let (_output, input) = io::pipe().ok()?;
        // Making a group and moving into it are two rights; to open a pipe of this process is a third one.
        let enters = std::process::Command::new("/bin/sh")
            .args(["-c", r#"echo 0 >"$1" && : >"$2""#, "sh"])
            .args([probe.entrance(), name_pipe(&input)])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let usable = enters && probe.path.join("cgroup.kill").exists();
        fs::remove_dir(&probe.path).ok()?;
        usable.then_some(groups)
    }

    /// Ends what an earlier life of this runner left running.
    pub fn end_left(&self) {
        for entry in fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&self.prefix) {
                let leaf = Leaf { path: entry.path() };
                if !leaf.remove() {
                    leaf.kill();
                    std::thread::sleep(Duration::from_millis(20));
                    leaf.remove();
                }
            }
        }
    }

    pub fn create(&self) -> io::Result<Leaf> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.parent.join(format!("{}{}-{number}", self.prefix, std::process::id()));
        fs::create_dir(&path)?;
        Ok(Leaf { path })
    }
}

/// The same folder gives the same number (FNV-1a); it need not be unpredictable.
fn fingerprint(path: &Path) -> u64 {
    path.as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Leaf {
    /// The file to which a process writes `0` to move itself in.
    pub fn entrance(&self) -> PathBuf {
        self.path.join("cgroup.procs")
    }

    pub fn kill(&self) {
        if let Err(error) = fs::write(self.path.join("cgroup.kill"), "1") {
            tracing::warn!(path = %self.path.display(), %error, "cannot kill a control group");
        }
    }

    /// The processes in it.
    pub fn list_processes(&self) -> Vec<i32> {
        let text = fs::read_to_string(self.entrance()).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Kills what is left and lets the group go. An empty group costs one look: its folder is removed off the way, as that waits for whoever
    /// is just entering another group.
    pub async fn end(self) {
        for attempt in 0..500u64 {
            if !self.is_populated() {
                drop(tokio::task::spawn_blocking(move || self.remove()));
                return;
            }
            self.kill();
            tokio::time::sleep(Duration::from_millis(attempt / 10)).await;
        }
        tracing::error!(path = %self.path.display(), "processes do not end even when killed");
    }

    /// Removes the group of a process that has ended.
    pub async fn discard(self) {
        let _ = tokio::task::spawn_blocking(move || self.remove()).await;
    }

    /// Whether this process is all there is: no other one, and no group further below (which its folder counts as a link).
    pub fn holds_only(&self, process: i32) -> bool {
        self.list_processes() == [process] && fs::metadata(&self.path).is_ok_and(|folder| folder.nlink() == 2)
    }

    fn is_populated(&self) -> bool {
        let events = fs::read_to_string(self.path.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "populated 1")
    }

    fn remove(&self) -> bool {
        match fs::remove_dir(&self.path) {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}
