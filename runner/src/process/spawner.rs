//! One thread that starts every process. A process that dies with its parent dies with the thread that started it, and the
//! threads of the asynchronous runtime come and go.

use anyhow::Context;
use std::{io, sync::mpsc};
use tokio::{
    process::{Child, Command},
    sync::oneshot,
};

#[derive(Debug)]
pub struct Spawner {
    requests: mpsc::Sender<Request>,
}

struct Request {
    command: Command,
    answer: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread, which ends with this value. Must be called inside a runtime.
    pub fn start() -> anyhow::Result<Self> {
        let (requests, inbox) = mpsc::channel::<Request>();
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("andon-spawner".to_owned())
            .spawn(move || {
                let _inside = runtime.enter();
                for Request { mut command, answer } in inbox {
                    let child = command.spawn();
                    // The runner's copies of the pipe's ends go with the command.
                    drop(command);
                    let _ = answer.send(child);
                }
            })
            .context("cannot start a thread")?;
        Ok(Self { requests })
    }

    pub async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (answer, started) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes is gone");
        self.requests.send(Request { command, answer }).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }
}
