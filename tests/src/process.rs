//! Processes that end with the value that stands for them.

use crate::PATIENCE;
use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// How many of the last lines an error repeats.
const SHOWN_LINES: usize = 60;

#[derive(Debug, Default)]
struct Said {
    lines: Vec<String>,
    closed: u8,
}

#[derive(Debug, Default)]
struct Ears {
    said: Mutex<Said>,
    changed: Notify,
}

impl Ears {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn listen(self: Arc<Self>, stream: impl AsyncRead + Unpin) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
            self.said().lines.push(text);
            self.changed.notify_waiters();
            line.clear();
        }
        self.said().closed += 1;
        self.changed.notify_waiters();
    }
}

/// A running process whose lines (of both outputs) are heard. It is killed when dropped.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    ears: Arc<Ears>,
}

impl Program {
    /// Starts the command with both outputs heard and nothing to read.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        let ears = Arc::new(Ears::default());
        tokio::spawn(Arc::clone(&ears).listen(child.stdout.take().context("its output is piped")?));
        tokio::spawn(Arc::clone(&ears).listen(child.stderr.take().context("its errors are piped")?));
        Ok(Self { name: name.to_owned(), child, ears })
    }

    /// Its process id while it has not been waited for.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// All lines so far, of both outputs.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.ears.said().lines.clone()
    }

    /// Waits for a line that contains `part`, also among those that were printed already.
    ///
    /// # Errors
    /// When the process closes its outputs first, or nothing comes in [`PATIENCE`].
    pub async fn line(&self, part: &str) -> anyhow::Result<String> {
        let look = async {
            loop {
                let changed = self.ears.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                {
                    let said = self.ears.said();
                    if let Some(line) = said.lines.iter().find(|line| line.contains(part)) {
                        return Ok(line.clone());
                    }
                    if said.closed == 2 {
                        bail!("{} ended before it printed {part:?}", self.name);
                    }
                }
                changed.await;
            }
        };
        let found =
            tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| Err(anyhow::anyhow!("{} never printed {part:?}", self.name)));
        found.with_context(|| format!("it said:\n{}", self.tail()))
    }

    /// The last lines, for an error.
    #[must_use]
    pub fn tail(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.id().with_context(|| format!("{} has ended already", self.name))?;
        kill(Pid::from_raw(i32::try_from(id)?), signal).with_context(|| format!("{signal} to {}", self.name))
    }

    /// Asks it to end.
    ///
    /// # Errors
    /// When it has ended.
    pub fn terminate(&self) -> anyhow::Result<()> {
        self.signal(Signal::SIGTERM)
    }

    /// KILL, and waits until it is gone.
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.ended().await.map(drop)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end in [`PATIENCE`].
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        match tokio::time::timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("{} does not end; it said:\n{}", self.name, self.tail()),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.start_kill().is_ok()
            && let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok())
        {
            // Gone for certain before its folder is removed; the runtime collects it later.
            let _ = waitid(Id::Pid(Pid::from_raw(id)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        }
        if std::thread::panicking() {
            let mut errors = std::io::stderr().lock();
            let _ = std::io::Write::write_all(&mut errors, format!("{} said at the end:\n{}\n", self.name, self.tail()).as_bytes());
        }
    }
}

/// What a finished program said.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Standard output, where the code is 0.
    ///
    /// # Errors
    /// For every other code, with all that was said.
    pub fn success(self) -> anyhow::Result<String> {
        if self.code != 0 {
            bail!("exit code {}\n{}{}", self.code, self.stdout, self.stderr);
        }
        Ok(self.stdout)
    }
}

/// Runs a command to its end, with `input` on its standard input.
///
/// # Errors
/// When it cannot be started, or does not end in [`PATIENCE`].
pub async fn run_program(mut command: Command, input: &str) -> anyhow::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let named = format!("{:?}", command.as_std());
    let mut child = command.spawn().with_context(|| named.clone())?;
    let mut writer = child.stdin.take().context("its input is piped")?;
    // A program that does not read its input may end before it is written.
    let _ = writer.write_all(input.as_bytes()).await;
    drop(writer);
    let Ok(output) = tokio::time::timeout(PATIENCE, child.wait_with_output()).await else { bail!("{named} does not end") };
    let output = output?;
    let code = output.status.code().unwrap_or_else(|| 128 + std::os::unix::process::ExitStatusExt::signal(&output.status).unwrap_or(0));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Output { code, stdout: text(&output.stdout), stderr: text(&output.stderr) })
}
