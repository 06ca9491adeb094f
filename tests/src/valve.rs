//! A point in a job's script at which a test holds it.

use crate::PATIENCE;
use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A loopback port that scripts wait at.
#[derive(Debug)]
pub struct Valve {
    listener: TcpListener,
    port: u16,
}

/// A script that waits.
#[derive(Debug)]
pub struct OpenValve {
    stream: TcpStream,
    /// What the script said when it arrived.
    pub said: String,
}

impl Valve {
    /// # Errors
    /// When no port can be had.
    pub async fn new() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// One line of bash: says `word` to the test, and waits until the test lets it go on.
    #[must_use]
    pub fn wait_line(&self, word: &str) -> String {
        format!("exec 9<>/dev/tcp/127.0.0.1/{}; echo \"{word}\" >&9; read -r _ <&9; exec 9>&-", self.port)
    }

    /// The next script that arrives.
    ///
    /// # Errors
    /// When none does in [`PATIENCE`].
    pub async fn reached(&self) -> anyhow::Result<OpenValve> {
        let arriving = async {
            let (mut stream, _) = self.listener.accept().await?;
            let mut said = Vec::new();
            while !said.ends_with(b"\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).await?;
                said.push(byte[0]);
            }
            anyhow::Ok(OpenValve { stream, said: String::from_utf8_lossy(&said).trim().to_owned() })
        };
        tokio::time::timeout(PATIENCE, arriving).await.context("no script came to the valve")?
    }
}

impl OpenValve {
    /// Lets the script go on.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn release(mut self) -> anyhow::Result<()> {
        Ok(self.stream.write_all(b"go\n").await?)
    }

    /// Waits until the script has gone away by itself, because it was ended.
    ///
    /// # Errors
    /// When it still stands there after [`PATIENCE`].
    pub async fn gone(mut self) -> anyhow::Result<()> {
        let mut rest = Vec::new();
        // A killed script's connection may end with a reset.
        let _ = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.context("the script still waits")?;
        Ok(())
    }
}
