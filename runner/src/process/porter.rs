//! Shells that stand ready, each in a control group of its own, to become the next process of a job. Moving a process into a control group
//! makes the kernel wait for every processor, often for longer than the rest of a job's start; here that has happened before the job comes.

use super::{
    cgroup::{ControlGroups, Leaf},
    room::{Call, ProcessSpec},
    spawner::Spawner,
    tree::COOKIE,
};
use std::{
    collections::VecDeque,
    ffi::OsStr,
    io::{self, PipeReader},
    os::unix::ffi::OsStrExt,
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
};

/// The shells of a runner that wait for work.
#[derive(Debug)]
pub struct Porters {
    groups: Arc<ControlGroups>,
    lodge: Mutex<Lodge>,
}

#[derive(Debug)]
struct Lodge {
    /// In the order in which they came: the first is in its group for certain.
    waiting: VecDeque<Porter>,
    /// On their way here.
    coming: usize,
    /// At most so many wait or come; none once the runner leaves.
    most: usize,
}

/// A shell that has entered its control group, or is about to, and reads what to become.
#[derive(Debug)]
struct Porter {
    child: Child,
    /// Its script. The shell goes when this closes.
    stdin: ChildStdin,
    output: PipeReader,
    leaf: Leaf,
}

/// A process in its control group.
pub struct Placed {
    pub child: Child,
    pub leaf: Leaf,
    pub output: PipeReader,
}

impl Porters {
    pub fn new(groups: ControlGroups, most: usize) -> Self {
        Self { groups: Arc::new(groups), lodge: Mutex::new(Lodge { waiting: VecDeque::new(), coming: 0, most }) }
    }

    /// Makes a waiting shell the process, or a new one where none waits.
    ///
    /// # Errors
    /// If none can be started, or something that it is to be told holds a zero byte.
    pub async fn start(&self, spawner: &Spawner, call: &Call<'_>, spec: &ProcessSpec) -> io::Result<Placed> {
        let script = write_script(call, spec)?;
        loop {
            let waiting = self.lock().waiting.pop_front();
            let is_new = waiting.is_none();
            let porter = match waiting {
                Some(porter) => porter,
                None => self.prepare(spawner).await?,
            };
            match porter.become_process(&script).await {
                // Somebody has ended the shell while it waited.
                Err(_) if !is_new => {}
                outcome => return outcome,
            }
        }
    }

    /// Lets further shells wait once half of them have gone, off the way of what has just been started: those that enter together wait for the
    /// kernel once.
    pub fn refill(self: &Arc<Self>, spawner: &Arc<Spawner>) {
        {
            let lodge = self.lock();
            if lodge.waiting.len() + lodge.coming > lodge.most / 2 {
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
            let Some(porter) = too_many(&mut self.lock()) else { return };
            porter.leave().await;
        }
    }

    /// Whether one more may come.
    fn expect_one(&self) -> bool {
        let mut lodge = self.lock();
        let may = lodge.waiting.len() + lodge.coming < lodge.most;
        lodge.coming += usize::from(may);
        may
    }

    async fn prepare(&self, spawner: &Spawner) -> io::Result<Porter> {
        // Where it may wait for another that enters.
        let groups = Arc::clone(&self.groups);
        let leaf = tokio::task::spawn_blocking(move || groups.create()).await.map_err(io::Error::other)??;
        let (output, input) = io::pipe()?;
        let mut command = Command::new("/bin/sh");
        // What cannot enter must not run outside.
        command.args(["-c", r#"echo 0 >"$1" || exit 126; . /dev/fd/0"#, "sh"]).arg(leaf.entrance());
        command.env_clear().current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(input.try_clone()?).stderr(input);
        let started = spawner.spawn(command).await.and_then(|mut child| {
            let stdin = child.stdin.take().ok_or_else(|| io::Error::other("a started shell has no way in"))?;
            Ok((child, stdin))
        });
        match started {
            Ok((child, stdin)) => Ok(Porter { child, stdin, output, leaf }),
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

impl Porter {
    async fn become_process(mut self, script: &[u8]) -> io::Result<Placed> {
        match self.stdin.write_all(script).await {
            Ok(()) => Ok(Placed { child: self.child, leaf: self.leaf, output: self.output }),
            Err(error) => {
                self.leave().await;
                Err(error)
            }
        }
    }

    async fn leave(mut self) {
        drop(self.stdin);
        let _ = self.child.wait().await;
        self.leaf.discard().await;
    }
}

/// What the shell reads: the folder, the whole environment, and the program that it becomes. It goes through a pipe, so nobody sees the
/// environment who may not.
fn write_script(call: &Call<'_>, spec: &ProcessSpec) -> io::Result<Vec<u8>> {
    let mut script = Vec::with_capacity(2_048);
    script.extend_from_slice(b"cd ");
    quote(&mut script, call.dir.as_os_str());
    // The shell's own word about where it was before.
    script.extend_from_slice(b" || exit 126\nunset OLDPWD\nexport");
    let cookie = (COOKIE, spec.execution.as_str());
    let environment = spec.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in environment.chain([cookie]).filter(|(name, _)| is_variable(name)) {
        script.push(b' ');
        script.extend_from_slice(name.as_bytes());
        script.push(b'=');
        quote(&mut script, OsStr::new(value));
    }
    script.extend_from_slice(b"\nexec ");
    quote(&mut script, call.program.as_os_str());
    for argument in call.arguments {
        script.push(b' ');
        quote(&mut script, argument);
    }
    script.extend_from_slice(b" </dev/null\n");
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
