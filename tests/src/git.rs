//! A person's working copy.

use crate::process::{Output, run_program};
use anyhow::Context;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// A git repository with a home of its own, so that nobody's settings matter.
#[derive(Debug)]
pub struct Checkout {
    _home: TempDir,
    folder: PathBuf,
}

impl Checkout {
    /// An empty repository on the branch `main`.
    ///
    /// # Errors
    /// When git does not work.
    pub async fn new() -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let folder = home.path().join("work");
        std::fs::create_dir(&folder)?;
        let checkout = Self { _home: home, folder };
        checkout.git(&["init", "--quiet", "--initial-branch=main"]).await?.success()?;
        Ok(checkout)
    }

    /// A git command that reads nobody's settings and asks nobody anything.
    #[must_use]
    pub fn command(folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@shop.example"]).args(arguments).current_dir(folder);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_TERMINAL_PROMPT", "0");
        command
    }

    /// # Errors
    /// When git cannot be started.
    pub async fn git(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        run_program(Self::command(&self.folder, arguments), "").await
    }

    /// Writes the file and commits it. Answers the commit.
    ///
    /// # Errors
    /// When git refuses.
    pub async fn commit(&self, file: &str, content: &str) -> anyhow::Result<String> {
        std::fs::write(self.folder.join(file), content).context("the file")?;
        self.git(&["add", "--", file]).await?.success()?;
        self.git(&["commit", "--quiet", "-m", &format!("Change {file}")]).await?.success()?;
        Ok(self.git(&["rev-parse", "HEAD"]).await?.success()?.trim().to_owned())
    }

    /// Pushes `main`.
    ///
    /// # Errors
    /// When git cannot be started; what it thinks of the push is in the output.
    pub async fn push(&self, url: &str) -> anyhow::Result<Output> {
        self.git(&["push", url, "HEAD:main"]).await
    }
}
