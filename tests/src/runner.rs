//! A runner elsewhere.

use crate::{Program, Server};

/// What lets runners in.
#[derive(Clone, Debug)]
pub struct RunnerToken(pub String);

impl RunnerToken {
    /// # Errors
    /// When the token cannot be made.
    pub async fn create(server: &Server) -> anyhow::Result<Self> {
        server.create_token("runners", &["--role", "operator", "--scopes", "run"]).await.map(Self)
    }
}

/// A running `andon runner`. It is killed when dropped.
#[derive(Debug)]
pub struct Runner {
    pub program: Program,
}

impl Runner {
    /// Starts one with a folder of its own, and waits until the server knows it.
    ///
    /// # Errors
    /// When it does not start or register.
    pub async fn start(server: &Server, token: &RunnerToken, name: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = server.command();
        command.env_remove("ANDON_DATA").env_remove("ANDON_DATABASE").env("ANDON_RUNNER_TOKEN", &token.0);
        command.args(["runner", "--server", &server.api.url, "--name", name, "--data"]).arg(server.folder().join(name)).args(arguments);
        let program = Program::start(name, command)?;
        program.line("the runner is registered").await?;
        Ok(Self { program })
    }
}
