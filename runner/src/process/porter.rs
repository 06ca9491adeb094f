//! Shells that stand ready, each in a control group of its own, and start the processes of jobs in there, one after the other. Moving a process
//! into a control group makes the kernel wait for every processor, often for longer than a short job runs; here that has happened before.

use super::{
    cgroup::{ControlGroups, Leaf},
    room::{Call, ProcessSpec, read_status},
    spawner::Spawner,
    tree::COOKIE,
};
use std::{
    collections::VecDeque,
    ffi::OsStr,
    io::{self, PipeReader, PipeWriter},
    os::{fd::AsRawFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// What a script sends its whole process group must not end the shell, which has to tell how the script ended. A process that is started gets
/// the signals' default ways back.
const DEAF: &str = "trap : HUP INT QUIT PIPE ALRM TERM USR1 USR2";

/// The shells of a runner that wait for work.
#[derive(Debug)]
pub struct Porters {
    groups: Arc<ControlGroups>,
    /// `setpriv`, where they must not outlive this process.
    mortal: Option<PathBuf>,
    lodge: Mutex<Lodge>,
}

#[derive(Debug)]
struct Lodge {
    /// Those that have worked before come first; then in the order in which they came: the first is in its group for certain.
    waiting: VecDeque<(Porter, Leaf)>,
    /// On their way here.
    coming: usize,
    /// Away, with a process; most of them come back.
    working: usize,
    /// At most so many of all these; none once the runner leaves.
    most: usize,
}

/// A shell that has entered its control group, or is about to, and reads what to start.
#[derive(Debug)]
pub struct Porter {
    child: Child,
    /// Its script. The shell goes when this closes.
    stdin: ChildStdin,
    /// The exit status of each process that it has started, a line each.
    told: BufReader<ChildStdout>,
    line: Vec<u8>,
    /// The way out of what it has started last. It opens that for itself, so it stays open here until it has told.
    output: Option<PipeWriter>,
}

/// A process under way in a porter's control group.
pub struct Placed {
    pub porter: Porter,
    pub leaf: Leaf,
    pub output: PipeReader,
}

impl Porters {
    /// At most so many wait or work, unless more are wanted at once. With `mortal`, the program `setpriv`, they die with the thread that starts them.
    pub fn new(groups: ControlGroups, most: usize, mortal: Option<PathBuf>) -> Self {
        Self { groups: Arc::new(groups), mortal, lodge: Mutex::new(Lodge { waiting: VecDeque::new(), coming: 0, working: 0, most }) }
    }

    /// Lets a waiting shell start the process, or a new one where none waits.
    ///
    /// # Errors
    /// If none can be started, or something that it is to be told holds a zero byte.
    pub async fn start(&self, spawner: &Spawner, call: &Call<'_>, spec: &ProcessSpec) -> io::Result<Placed> {
        let (output, input) = io::pipe()?;
        let script = write_script(call, spec, &name_pipe(&input))?;
        let mut input = Some(input);
        loop {
            let waiting = self.lock().waiting.pop_front();
            let is_new = waiting.is_none();
            let (mut porter, leaf) = match waiting {
                Some(waiting) => waiting,
                None => self.prepare(spawner).await?,
            };
            match porter.stdin.write_all(&script).await {
                Ok(()) => {
                    porter.output = input.take();
                    self.lock().working += 1;
                    return Ok(Placed { porter, leaf, output });
                }
                Err(error) => {
                    porter.leave(leaf).await;
                    // Else somebody has ended the shell while it waited.
                    if is_new {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Takes a porter back whose process has ended. One that is not alone in its group goes, and takes along whatever is there; with `lingers`
    /// what is there has been ended, and is waited for.
    pub async fn take_back(&self, mut porter: Porter, leaf: Leaf, lingers: bool) {
        porter.output = None;
        let is_alone = porter.is_alone(&leaf, lingers).await;
        {
            let mut lodge = self.lock();
            lodge.working -= 1;
            if is_alone && lodge.has_room() {
                return lodge.waiting.push_front((porter, leaf));
            }
        }
        leaf.end().await;
        let _ = porter.child.wait().await;
    }

    /// Lets further shells wait in place of those that did not come back, once half of them are wanted, off the way of what has just been started:
    /// those that enter together wait for the kernel once.
    pub fn refill(self: &Arc<Self>, spawner: &Arc<Spawner>) {
        {
            let lodge = self.lock();
            if !lodge.has_room() || lodge.waiting.len() + lodge.coming > lodge.most / 2 {
                return;
            }
        }
        let (porters, spawner) = (Arc::clone(self), Arc::clone(spawner));
        tokio::spawn(async move {
            while porters.expect_one() {
                let prepared = porters.prepare(&spawner).await;
                let mut lodge = porters.lock();
                lodge.coming -= 1;
                match prepared {
                    Ok(porter) => lodge.waiting.push_back(porter),
                    Err(error) => return tracing::debug!(%error, "no shell can stand ready"),
                }
            }
            porters.send_away().await;
        });
    }

    /// Sends every waiting shell away; no further ones come.
    pub async fn close(&self) {
        self.lock().most = 0;
        self.send_away().await;
    }

    /// Those that are more than may wait.
    async fn send_away(&self) {
        let too_many = |lodge: &mut Lodge| if lodge.waiting.len() > lodge.most { lodge.waiting.pop_front() } else { None };
        loop {
            let Some((porter, leaf)) = too_many(&mut self.lock()) else { return };
            porter.leave(leaf).await;
        }
    }

    /// Whether one more may come.
    fn expect_one(&self) -> bool {
        let mut lodge = self.lock();
        let may = lodge.has_room();
        lodge.coming += usize::from(may);
        may
    }

    async fn prepare(&self, spawner: &Spawner) -> io::Result<(Porter, Leaf)> {
        // Where it may wait for another that enters.
        let groups = Arc::clone(&self.groups);
        let leaf = tokio::task::spawn_blocking(move || groups.create()).await.map_err(io::Error::other)??;
        let mut command = match &self.mortal {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "KILL", "/bin/sh"]);
                command
            }
            None => Command::new("/bin/sh"),
        };
        command.env_clear().current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = spawner.spawn(command).await.and_then(|mut child| {
            let way = |what| io::Error::other(format!("a started shell has no way {what}"));
            let stdin = child.stdin.take().ok_or_else(|| way("in"))?;
            let told = BufReader::with_capacity(64, child.stdout.take().ok_or_else(|| way("out"))?);
            Ok(Porter { child, stdin, told, line: Vec::new(), output: None })
        });
        match enter(started, &leaf).await {
            Ok(porter) => Ok((porter, leaf)),
            Err(error) => {
                leaf.discard().await;
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lodge> {
        self.lodge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a shell to enter the group; what cannot enter must not run outside.
async fn enter(started: io::Result<Porter>, leaf: &Leaf) -> io::Result<Porter> {
    let mut porter = started?;
    let mut script = b"echo 0 >".to_vec();
    quote(&mut script, leaf.entrance().as_os_str());
    script.extend_from_slice(format!(" || exit 126\n{DEAF}\n").as_bytes());
    porter.stdin.write_all(&script).await?;
    Ok(porter)
}

impl Lodge {
    /// For one more, beside those that will come back.
    fn has_room(&self) -> bool {
        self.waiting.len() + self.coming + self.working < self.most
    }
}

impl Porter {
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the end of what it has started, and answers its exit code; a signal counts as 128 and its number. May be dropped and called again.
    ///
    /// # Errors
    /// If the shell says something else.
    pub async fn wait(&mut self) -> io::Result<i32> {
        self.told.read_until(b'\n', &mut self.line).await?;
        if self.line.is_empty() {
            // It has been killed, and all that was in its group with it.
            return self.child.wait().await.map(read_status);
        }
        let line = std::mem::take(&mut self.line);
        let told = std::str::from_utf8(&line).ok().and_then(|line| line.trim_end().parse().ok());
        told.ok_or_else(|| io::Error::other("a shell tells no exit status"))
    }

    /// Whether it may work again: it lives, and nothing else is in its group.
    async fn is_alone(&mut self, leaf: &Leaf, lingers: bool) -> bool {
        let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) else { return false };
        for attempt in 0..if lingers { 50u64 } else { 1 } {
            if leaf.holds_only(id) {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(attempt / 10)).await;
        }
        false
    }

    async fn leave(mut self, leaf: Leaf) {
        drop(self.stdin);
        let _ = self.child.wait().await;
        leaf.discard().await;
    }
}

/// The path by which another process of this user opens the pipe. It has no other name, and a shell inherits none that come later.
pub fn name_pipe(input: &PipeWriter) -> PathBuf {
    PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), input.as_raw_fd()))
}

/// What the shell reads: the folder, the whole environment, and the program that a shell below it becomes. It goes through a pipe, so nobody
/// sees the environment who may not. The way out is the lower shell's alone: this one says on its own when somebody was ended by a signal.
fn write_script(call: &Call<'_>, spec: &ProcessSpec, output: &Path) -> io::Result<Vec<u8>> {
    let mut script = Vec::with_capacity(2_048);
    script.extend_from_slice(b"(cd ");
    quote(&mut script, call.dir.as_os_str());
    // The shell's own word about where it was before.
    script.extend_from_slice(b" || exit 126; unset OLDPWD; export");
    let cookie = (COOKIE, spec.execution.as_str());
    let environment = spec.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in environment.chain([cookie]).filter(|(name, _)| is_variable(name)) {
        script.push(b' ');
        script.extend_from_slice(name.as_bytes());
        script.push(b'=');
        quote(&mut script, OsStr::new(value));
    }
    script.extend_from_slice(b"; exec");
    for word in std::iter::once(call.program.as_os_str()).chain(call.arguments.iter().map(AsRef::as_ref)) {
        script.push(b' ');
        quote(&mut script, word);
    }
    script.extend_from_slice(b") </dev/null >");
    quote(&mut script, output.as_os_str());
    script.extend_from_slice(b" 2>&1; echo $?\n");
    // No argument and no variable can hold one, and the shell would read something else.
    if script.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its folder, its environment or its arguments hold a zero byte"));
    }
    Ok(script)
}

/// Shells hand no other names on.
fn is_variable(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

fn quote(script: &mut Vec<u8>, text: &OsStr) {
    script.push(b'\'');
    for byte in text.as_bytes() {
        match byte {
            b'\'' => script.extend_from_slice(br"'\''"),
            byte => script.push(*byte),
        }
    }
    script.push(b'\'');
}
