//! Executions as processes of this machine.

use super::{
    checkout::encode_credentials,
    conduct::conduct,
    context::Context,
    executor::{Control, Executor},
    workspace::Workspaces,
};
use crate::{
    clock::Clock,
    config::{Isolation, RunnerConfig},
    log::ExecutionLog,
    mask::Masks,
    outbox::Reporter,
    process::{ProcessRoom, Sandbox},
    transport::BlobStore,
};
use andon_pipelines::wire::{Assignment, Fetch, Outcome, OutputKind, ReportBody};
use anyhow::{Context as _, bail};
use futures::future::BoxFuture;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub struct HostExecutor {
    room: Arc<ProcessRoom>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    path: String,
    notice: Option<String>,
    workspaces: Arc<Workspaces>,
    private: PathBuf,
}

impl HostExecutor {
    /// Prepares the folders below `data` (an absolute path), clears what an earlier life left, and finds out what isolation
    /// the machine offers.
    ///
    /// # Errors
    /// If isolation is demanded and does not work.
    pub async fn open(config: &RunnerConfig, data: PathBuf, blobs: Arc<dyn BlobStore>) -> anyhow::Result<Self> {
        let (workspaces, private, trash) = (data.join("workspaces"), data.join("private"), data.join("trash"));
        for folder in [&workspaces, &private, &trash] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let (sandbox, notice) = find_isolation(config, &data).await?;
        let room = Arc::new(ProcessRoom::open(sandbox, &data, config.slots as usize)?);
        let executor = Self {
            room,
            blobs,
            clock: Arc::clone(&config.clock),
            path: config.path.clone(),
            notice,
            workspaces: Arc::new(Workspaces::new(workspaces.clone())),
            private,
        };
        executor.clear(&workspaces, &trash).await?;
        Ok(executor)
    }

    async fn clear(&self, workspaces: &Path, trash: &Path) -> anyhow::Result<()> {
        let mut left = BTreeSet::new();
        for folder in [workspaces, &self.private] {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                left.insert(entry.file_name().to_string_lossy().into_owned());
                // Under a name that no life before gave, so that nothing is in the way.
                let place = tempfile::Builder::new().prefix("left-").tempdir_in(trash)?.keep();
                fs::rename(entry.path(), place.join("left"))?;
            }
        }
        self.room.end_left(left).await;
        for entry in fs::read_dir(trash)? {
            self.workspaces.remove_later(entry?.path());
        }
        Ok(())
    }

    async fn carry_out(&self, assignment: Assignment, reporter: Reporter, control: Control) {
        let root = self.workspaces.place(&assignment);
        if let Err(error) = self.workspaces.create(&assignment) {
            tracing::error!(execution = %assignment.execution, error = %format!("{error:#}"), "cannot make a workspace");
            let detail = Some(format!("The runner cannot make a workspace: {error:#}."));
            let reason = Some("workspace-failed".to_owned());
            reporter.send(ReportBody::Finished { outcome: Outcome::Errored, reason, detail }).await;
            return self.workspaces.remove_later(root);
        }
        let masks = Arc::new(Masks::new(list_secrets(&assignment).iter().map(String::as_bytes)));
        let log = ExecutionLog::new(reporter.clone(), masks, assignment.limits.log_bytes, control.steps.clone());
        let context = Context {
            assignment,
            reporter,
            control,
            log: Arc::new(log),
            room: Arc::clone(&self.room),
            blobs: Arc::clone(&self.blobs),
            clock: Arc::clone(&self.clock),
            path: self.path.clone(),
            root: root.clone(),
            private: self.private.clone(),
        };
        conduct(&context).await;
        self.workspaces.leave(root);
    }
}

impl Executor for HostExecutor {
    fn name(&self) -> &'static str {
        "host"
    }

    fn isolation(&self) -> &'static str {
        if self.room.is_isolated() { "bubblewrap" } else { "none" }
    }

    fn notice(&self) -> Option<String> {
        self.notice.clone()
    }

    fn execute(&self, assignment: Assignment, reporter: Reporter, control: Control) -> BoxFuture<'_, ()> {
        Box::pin(self.carry_out(assignment, reporter, control))
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.room.close().await;
            self.workspaces.settle().await;
        })
    }
}

async fn find_isolation(config: &RunnerConfig, data: &Path) -> anyhow::Result<(Option<Sandbox>, Option<String>)> {
    if config.isolation == Isolation::None {
        return Ok((None, None));
    }
    match (Sandbox::find(&config.path, data, &config.hidden).await, config.isolation) {
        (Ok(sandbox), _) => Ok((Some(sandbox), None)),
        (Err(error), Isolation::Bubblewrap) => bail!("isolation by bubblewrap is demanded, but {error:#}"),
        (Err(error), _) => {
            let notice = format!("jobs run without isolation: {error:#}");
            tracing::warn!("{notice}");
            Ok((None, Some(notice)))
        }
    }
}

/// Every value that must not be seen: secrets, and credentials in each shape in which git gets them.
fn list_secrets(assignment: &Assignment) -> Vec<String> {
    let mut all: Vec<String> = assignment.secrets.iter().map(|secret| secret.value.clone()).collect();
    let fetched = assignment.inputs.iter().filter_map(|input| match &input.fetch {
        Fetch::Git { credentials, .. } => credentials.as_ref(),
        _ => None,
    });
    let pushed = assignment.outputs.iter().filter_map(|output| match &output.kind {
        OutputKind::Git { credentials, .. } => credentials.as_ref(),
        _ => None,
    });
    for credentials in fetched.chain(pushed) {
        all.push(credentials.clone());
        all.push(encode_credentials(credentials));
        all.extend(credentials.split_once(':').map(|(_, password)| password.to_owned()));
    }
    all
}
