//! Where an execution's processes run: the isolation and the control groups of this machine.

use super::{
    cgroup::{ControlGroups, Leaf},
    porter::{Placed, Porter, Porters},
    sandbox::{Sandbox, find_program},
    spawner::Spawner,
    tree::{self, COOKIE, Tree, TreeKind},
};
use crate::{
    execution::{Halt, HaltCause},
    log::LogStream,
};
use nix::errno::Errno;
use std::{
    collections::BTreeSet,
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::unix::pipe,
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

/// How much of a process's output is read at once.
const READ_BYTES: usize = 64 * 1024;
/// How long the beginning of a line waits for its end where several streams write side by side.
const UNFINISHED_PAUSE: Duration = Duration::from_millis(200);

/// After its process's end, no more than this is taken from a pipe; it holds less.
const DRAIN_BYTES: usize = 1024 * 1024;
const KILL_AGAIN: Duration = Duration::from_millis(100);
/// So many shells stand ready at least, and so many more than there are slots: not each comes back from its work. One takes longer to enter its
/// group than a short job to run.
const LEAST_PORTERS: usize = 8;
const SPARE_PORTERS: usize = 2;

/// One process to run.
#[derive(Debug)]
pub struct ProcessSpec {
    /// The only folder that the process may write to, where there is isolation.
    pub root: PathBuf,
    pub dir: PathBuf,
    pub program: OsString,
    pub arguments: Vec<OsString>,
    /// The whole environment. `PATH` is where the program is looked for.
    pub environment: Vec<(String, String)>,
    pub execution: String,
    /// Between TERM and KILL.
    pub grace: Duration,
    /// Outside of the isolation; for the runner's own programs.
    pub trusted: bool,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself. A signal counts as 128 and its number, as shells do.
    Exit(i32),
    Halted(HaltCause),
}

#[derive(Debug)]
pub struct ProcessRoom {
    spawner: Arc<Spawner>,
    sandbox: Option<Sandbox>,
    /// Where the machine has control groups.
    porters: Option<Arc<Porters>>,
}

/// What is called for a process, in whatever it is wrapped.
pub struct Call<'a> {
    pub program: &'a Path,
    pub arguments: &'a [OsString],
    pub dir: &'a Path,
}

/// A process under way, and where its output comes out.
struct Started {
    leader: Leader,
    tree: Tree,
    output: io::PipeReader,
}

/// Who tells of a process's end.
enum Leader {
    Itself(Child),
    Porter(Porter),
}

impl Leader {
    fn tree(&self, kind: TreeKind, leaf: Option<Leaf>) -> io::Result<Tree> {
        let id = match self {
            Self::Itself(child) => child.id(),
            Self::Porter(porter) => porter.id(),
        };
        let id = id.and_then(|id| i32::try_from(id).ok()).ok_or_else(|| io::Error::other("the process has no id"))?;
        Ok(Tree::new(id, kind, leaf))
    }

    /// The exit code. May be dropped and called again.
    async fn wait(&mut self) -> io::Result<i32> {
        match self {
            Self::Itself(child) => child.wait().await.map(read_status),
            Self::Porter(porter) => porter.wait().await,
        }
    }
}

impl ProcessRoom {
    /// `data` is the runner's folder, by which its control groups are known; it runs about `slots` processes at once. Must be called inside a
    /// runtime.
    pub fn open(sandbox: Option<Sandbox>, data: &Path, slots: usize) -> anyhow::Result<Self> {
        let spawner = Arc::new(Spawner::start()?);
        let groups = ControlGroups::find(data);
        match &groups {
            Some(groups) => groups.end_left(),
            None => tracing::debug!("no control groups here; processes are ended by their group and their environment"),
        }
        let most = LEAST_PORTERS.max(slots + SPARE_PORTERS);
        let porters = match (groups, &sandbox) {
            (Some(groups), None) => Some(Porters::new(groups, most, None)),
            // Bubblewrap dies with its parent, which has to die with this process, then.
            (Some(groups), Some(sandbox)) => sandbox.setpriv.clone().map(|setpriv| Porters::new(groups, most, Some(setpriv))),
            (None, _) => None,
        };
        let porters = porters.map(Arc::new);
        if let Some(porters) = &porters {
            porters.refill(&spawner);
        }
        Ok(Self { spawner, sandbox, porters })
    }

    pub fn is_isolated(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Runs the process to its end, or to the halt's; its output goes into the stream. Nothing that it started remains,
    /// as far as control groups or the isolation can tell; [`Self::end_execution`] looks further.
    ///
    /// # Errors
    /// If it cannot be started.
    pub async fn run(&self, spec: &ProcessSpec, stream: &mut LogStream, halt: &Halt) -> io::Result<Ended> {
        let Started { mut leader, tree, output } = self.start(spec).await?;
        let mut pump = Pump { receiver: pipe::Receiver::from_owned_fd(output.into())?, buffer: vec![0; READ_BYTES], open: true };
        let gone = CancellationToken::new();
        let watch = async {
            let ended = supervise(&mut leader, &tree, halt, spec.grace).await;
            self.clear(leader, tree).await;
            gone.cancel();
            ended
        };
        // Side by side and never dropped half-way: output must not be lost, nor may a full outbox keep a halt from being heard.
        let (ended, ()) = tokio::join!(watch, pump.carry(stream, &gone));
        stream.finish().await;
        ended
    }

    /// The end of an execution: ends processes that got away from their group, where that is the only means.
    pub async fn end_execution(&self, execution: &str) {
        if self.porters.is_none() {
            let marked = BTreeSet::from([execution.to_owned()]);
            let _ = tokio::task::spawn_blocking(move || tree::kill_marked(&marked)).await;
        }
    }

    /// Ends what executions of an earlier life left.
    pub async fn end_left(&self, executions: BTreeSet<String>) {
        if !executions.is_empty() {
            let _ = tokio::task::spawn_blocking(move || tree::kill_marked(&executions)).await;
        }
    }

    /// Lets go of what stands ready.
    pub async fn close(&self) {
        if let Some(porters) = &self.porters {
            porters.close().await;
        }
    }

    /// Leaves nothing of the process.
    async fn clear(&self, leader: Leader, tree: Tree) {
        let lingers = tree.is_bubblewrap();
        if let (Some(leaf), Leader::Porter(porter), Some(porters)) = (tree.end(), leader, &self.porters) {
            porters.take_back(porter, leaf, lingers).await;
        }
    }

    async fn start(&self, spec: &ProcessSpec) -> io::Result<Started> {
        if let Some(sandbox) = self.sandbox.as_ref().filter(|_| !spec.trusted) {
            let (program, arguments) = sandbox.wrap(&spec.root, &spec.dir, Path::new(&spec.program), &spec.arguments);
            let call = Call { program: &program, arguments: &arguments, dir: Path::new("/") };
            return self.start_call(&call, spec, TreeKind::Bubblewrap).await;
        }
        // By its full path, so that the standard library need not fork.
        let path = spec.environment.iter().find(|(name, _)| name == "PATH").map_or("", |(_, value)| value.as_str());
        let name = spec.program.to_string_lossy();
        let program = find_program(&name, path)
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no program {name:?} in {path}")))?;
        self.start_call(&Call { program: &program, arguments: &spec.arguments, dir: &spec.dir }, spec, TreeKind::Plain).await
    }

    async fn start_call(&self, call: &Call<'_>, spec: &ProcessSpec, kind: TreeKind) -> io::Result<Started> {
        let (leader, leaf, output) = match self.porters.as_ref().filter(|_| !spec.trusted) {
            Some(porters) => {
                let Placed { porter, leaf, output } = porters.start(&self.spawner, call, spec).await?;
                porters.refill(&self.spawner);
                (Leader::Porter(porter), Some(leaf), output)
            }
            None => {
                let (output, input) = io::pipe()?;
                let mut command = Command::new(call.program);
                command.args(call.arguments).env_clear();
                command.envs(spec.environment.iter().map(|(name, value)| (name, value))).env(COOKIE, &spec.execution);
                command.current_dir(call.dir).stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input).process_group(0);
                (Leader::Itself(self.spawner.spawn(command).await?), None, output)
            }
        };
        let tree = leader.tree(kind, leaf)?;
        Ok(Started { leader, tree, output })
    }
}

/// Waits for the process's end, and brings it about when it is halted.
async fn supervise(leader: &mut Leader, tree: &Tree, halt: &Halt, grace: Duration) -> io::Result<Ended> {
    let mut halted = None;
    let mut deadline = None;
    loop {
        tokio::select! {
            biased;
            code = leader.wait() => return code.map(|code| halted.map_or(Ended::Exit(code), Ended::Halted)),
            cause = halt.wait(), if halted.is_none() => {
                halted = Some(cause);
                if cause.is_gentle() {
                    tree.terminate();
                }
                deadline = Some(tokio::time::Instant::now() + if cause.is_gentle() { grace } else { Duration::ZERO });
            }
            () = sleep_until(deadline) => {
                tree.kill();
                // Again and again: a tree that is just being started may not be complete yet.
                deadline = Some(tokio::time::Instant::now() + KILL_AGAIN);
            }
        }
    }
}

async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// A signal counts as 128 and its number, as shells do.
pub fn read_status(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// The runner's end of a process's output.
struct Pump {
    receiver: pipe::Receiver,
    buffer: Vec<u8>,
    open: bool,
}

impl Pump {
    /// Carries output until its end, or until the process is gone and what it wrote has been carried.
    async fn carry(&mut self, stream: &mut LogStream, gone: &CancellationToken) {
        while self.open {
            tokio::select! {
                biased;
                ready = self.receiver.readable() => match ready {
                    Ok(()) => self.read(stream).await,
                    Err(_) => self.open = false,
                },
                () = gone.cancelled() => break,
                () = tokio::time::sleep(UNFINISHED_PAUSE), if stream.has_unfinished() => stream.write_unfinished().await,
            }
            if gone.is_cancelled() {
                break;
            }
        }
        self.drain(stream).await;
    }

    /// Carries what is left in the pipe. The runtime may not have heard of it yet, so the pipe itself is asked. A process
    /// that got away may hold it open and write for ever; what the others wrote is within these bytes.
    async fn drain(&mut self, stream: &mut LogStream) {
        let mut carried = 0;
        while self.open && carried < DRAIN_BYTES {
            match nix::unistd::read(&self.receiver, &mut self.buffer) {
                Ok(0) => self.open = false,
                Ok(length) => {
                    carried += length;
                    stream.feed(&self.buffer[..length]).await;
                }
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
    }

    /// Carries what the runtime says is there.
    async fn read(&mut self, stream: &mut LogStream) {
        match self.receiver.try_read(&mut self.buffer) {
            Ok(0) => self.open = false,
            Ok(length) => stream.feed(&self.buffer[..length]).await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.open = false,
        }
    }
}
