//! Running the `git` command: a clean environment, its own process group, bounded output.

use bytes::{Bytes, BytesMut};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// What of this process's environment git may see: how to find programs, keys, proxies and certificates.
const PASSED_ON: [&str; 11] = [
    "PATH",
    "HOME",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
];

/// Where git is. Looked up here, because with an environment of its own and a bare name a program is started by `fork`, and that copies what the
/// kernel knows of this process's memory: milliseconds where the history is long.
static GIT: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join("git"));
    candidates.find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from("git"))
});

/// How much of a failing command's complaint is kept.
const COMPLAINT_MAX_BYTES: u64 = 16 * 1024;

/// A `git` command that reads no configuration but a repository's own and `config`, asks nobody anything, and dies with its handle.
/// `config` goes through the environment, so that no value is seen in the list of processes.
pub(super) fn git_command(config: &[(String, String)]) -> Command {
    let mut command = Command::new(&*GIT);
    command.env_clear();
    for name in PASSED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "/bin/false")
        .env("GIT_CONFIG_COUNT", config.len().to_string());
    for (index, (key, value)) in config.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), key).env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).process_group(0);
    command
}

/// A child with its process group: dropping it ends them all, not only the first.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Without an id it has been waited for, and the number may belong to somebody else by now.
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            // It may have ended in this very moment: then there is nothing left to do.
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// What a finished command left.
pub(super) struct Finished {
    pub status: ExitStatus,
    pub output: Bytes,
    /// The beginning of its standard error.
    pub complaint: String,
}

/// Why a command has no result.
pub(super) enum Unfinished {
    Start(std::io::Error),
    Read(std::io::Error),
    Timeout,
    TooLarge,
}

/// Runs a command to its end, with at most `output_max_bytes` of output and within `timeout`.
pub(super) async fn run_command(mut command: Command, timeout: Duration, output_max_bytes: u64) -> Result<Finished, Unfinished> {
    let mut running = Running(command.spawn().map_err(Unfinished::Start)?);
    let stdout = running.0.stdout.take().expect("standard output is piped");
    let stderr = running.0.stderr.take().expect("standard error is piped");
    let work = async {
        let (output, complaint) = tokio::join!(read_bounded(stdout, output_max_bytes), read_complaint(stderr));
        let output = output?;
        let status = running.0.wait().await.map_err(Unfinished::Read)?;
        Ok(Finished { status, output, complaint })
    };
    tokio::time::timeout(timeout, work).await.map_err(|_| Unfinished::Timeout)?
}

async fn read_bounded(mut from: impl AsyncRead + Unpin, max_bytes: u64) -> Result<Bytes, Unfinished> {
    let mut bytes = BytesMut::new();
    loop {
        let read = from.read_buf(&mut bytes).await.map_err(Unfinished::Read)?;
        if read == 0 {
            return Ok(bytes.freeze());
        }
        if bytes.len() as u64 > max_bytes {
            return Err(Unfinished::TooLarge);
        }
    }
}

/// Reads everything, so that the writer never blocks, and keeps the beginning.
pub(super) async fn read_complaint(mut from: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    // A broken pipe here only means that there is nothing more to tell.
    let _ = (&mut from).take(COMPLAINT_MAX_BYTES).read_to_end(&mut kept).await;
    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&kept).trim().to_owned()
}
