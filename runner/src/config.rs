//! What a runner is told at its start.

use crate::clock::{Clock, SystemClock};
use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What separates an execution from the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Bubblewrap where it works, else none, with a notice.
    #[default]
    Auto,
    /// Bubblewrap, or the runner does not start.
    Bubblewrap,
    None,
}

impl FromStr for Isolation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "bubblewrap" => Ok(Self::Bubblewrap),
            "none" => Ok(Self::None),
            other => Err(format!("unknown isolation {other:?}; one of auto, bubblewrap, none is right")),
        }
    }
}

/// What carries an execution out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecutorKind {
    /// Processes of this machine.
    #[default]
    Host,
    /// Executes nothing and succeeds; for tests and measurements of the line itself.
    Dummy,
}

/// The settings of one runner. [`RunnerConfig::new`] fills in what most runners want.
#[derive(Clone, Debug)]
pub struct RunnerConfig {
    /// Unique among the server's runners.
    pub name: String,
    pub labels: Vec<String>,
    /// Executions at once, at least 1.
    pub slots: u32,
    /// The runner's own folder: workspaces, spool. One runner at a time holds it.
    pub data: PathBuf,
    pub isolation: Isolation,
    pub executor: ExecutorKind,
    /// Folders that an isolated execution must not see even if they lie below a system folder (the server's data folder).
    pub hidden: Vec<PathBuf>,
    /// `PATH` of every execution.
    pub path: String,
    /// How long a claim waits for work.
    pub claim_wait: Duration,
    /// An execution that ends within this is brief. While all are, the runner takes a few ahead; zero takes none.
    pub brief: Duration,
    /// How long executions may go on after the shutdown was asked for; `None` waits for their end.
    pub drain_limit: Option<Duration>,
    /// Cancelled, it ends a drain at once: what runs is stopped as `runner-stopped`.
    pub stop_now: CancellationToken,
    /// How long a leaving runner tries to hand over its last reports; what remains stays in the spool for its next life.
    pub flush_limit: Duration,
    /// Reports of one execution kept in memory, bytes; past it they go to the spool.
    pub memory_bytes: usize,
    pub clock: Arc<dyn Clock>,
}

impl RunnerConfig {
    /// A runner with one slot, no labels and automatic isolation, whose folder is `data`.
    #[must_use]
    pub fn new(name: impl Into<String>, data: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            labels: Vec::new(),
            slots: 1,
            data: data.into(),
            isolation: Isolation::Auto,
            executor: ExecutorKind::Host,
            hidden: Vec::new(),
            path: std::env::var("PATH").unwrap_or_else(|_| STANDARD_PATH.to_owned()),
            claim_wait: Duration::from_secs(30),
            brief: Duration::from_millis(100),
            drain_limit: None,
            stop_now: CancellationToken::new(),
            flush_limit: Duration::from_secs(30),
            memory_bytes: 2 * 1024 * 1024,
            clock: Arc::new(SystemClock),
        }
    }
}

const STANDARD_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
