//! The runner's life: register, claim, execute, report, leave.

use crate::{config::RunnerConfig, transport::Transport};
use tokio_util::sync::CancellationToken;

/// Runs a runner until `shutdown` is cancelled and its executions have ended.
///
/// # Errors
/// If the configuration cannot be met or the server refuses the runner.
pub async fn run<T: Transport>(config: RunnerConfig, transport: T, shutdown: CancellationToken) -> anyhow::Result<()> {
    let _ = (config, transport, shutdown);
    anyhow::bail!("not there yet")
}
