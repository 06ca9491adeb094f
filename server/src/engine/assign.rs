//! Puts an execution together, so that a runner needs nothing else.

use super::context::Context;
use crate::app::App;
use crate::audit::{Act, Object};
use crate::store::line::executions::Execution;
use crate::store::line::job_runs::JobRun;
use crate::store::line::resources;
use crate::store::line::runs::Run;
use crate::store::line::versions::Version;
use crate::store::people::secrets;
use crate::vault::Vault;
use andon_pipelines::document::{Document, GitFollow, GitOrigin, GitSource, Job, JobBody, ResourceKind, Step, StepAction, StepsBody};
use andon_pipelines::expression::{Expression, interpolate};
use andon_pipelines::ids::WorkspaceId;
use andon_pipelines::wire::{
    AssignedAction, AssignedInput, AssignedOutput, AssignedSecret, AssignedStep, Assignment, Fetch, Limits, OutputKind,
};
use anyhow::{Context as _, anyhow, bail};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// How a runner reaches the built-in repositories.
#[derive(Clone, Debug)]
pub enum Assigner {
    /// The runner lives in the server's process: by path.
    Embedded,
    /// By HTTP, with its own token.
    Remote { token: String },
}

/// The facts that every part of an assignment is made from.
struct Facts<'a> {
    app: &'a App,
    execution: &'a Execution,
    workspace: (WorkspaceId, String),
    document: &'a Document,
    job: &'a Job,
    body: &'a StepsBody,
    context: &'a Context,
    json: Value,
    /// The names of the secrets that went into the assignment.
    used: Mutex<BTreeSet<String>>,
}

impl Facts<'_> {
    /// A secret's value, for the runner.
    async fn use_secret(&self, name: &str) -> anyhow::Result<String> {
        let value = open_secret(self.app, self.workspace.0, name).await?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        Ok(value)
    }

    /// Writes down which secrets the runner is about to get. Without that it gets none of them.
    async fn note_secrets(&self) -> anyhow::Result<()> {
        let used = std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner));
        if used.is_empty() {
            return Ok(());
        }
        let (job_run, run) = (&self.context.job_run, &self.context.run);
        let place = format!("{}/{}#{}", run.pipeline_name, job_run.job_name, job_run.label());
        let mut tx = self.app.db.begin("andon").await?;
        for name in used {
            let after =
                json!({ "job_run": job_run.id, "execution": self.execution.id, "runner": self.execution.runner, "run_of": run.actor });
            let act = Act::new("secret.used", Object::named("secret", &name)).after(after).by(format!("job:{place}"));
            tx.record(Some(self.workspace.0), act);
        }
        Ok(tx.commit().await?)
    }
}

impl Assigner {
    /// The assignment of an execution.
    ///
    /// # Errors
    /// When something that the job names cannot be had: a secret, a resource, a template that does not evaluate.
    pub async fn assign(&self, app: &App, execution: &Execution, (job_run, run): (JobRun, Run)) -> anyhow::Result<Assignment> {
        let mut reader = app.db.read().await?;
        let mut connection = reader.connection();
        let document = app.documents.get(&mut connection, job_run.pipeline, job_run.revision).await?;
        let job = document.jobs.iter().find(|job| job.name == job_run.job_name).context("the revision does not have the job")?;
        let context = Context::read(&mut connection, (job_run, run), Some(job)).await?;
        drop(reader);
        let JobBody::Steps(body) = &job.body else { bail!("the job has no steps") };
        let json = context.to_json(&execution.matrix);
        let facts = Facts {
            app,
            execution,
            workspace: (context.run.workspace, context.run.workspace_name.clone()),
            document: &document,
            job,
            body,
            context: &context,
            json,
            used: Mutex::default(),
        };
        let assignment = self.put_together(&facts).await?;
        facts.note_secrets().await?;
        Ok(assignment)
    }

    async fn put_together(&self, facts: &Facts<'_>) -> anyhow::Result<Assignment> {
        let mut assigned_secrets = Vec::new();
        for (variable, name) in &facts.body.secrets {
            let value = facts.use_secret(name).await?;
            assigned_secrets.push(AssignedSecret { variable: Some(variable.clone()), value });
        }
        let inputs = self.inputs(facts, &mut assigned_secrets).await?;
        let outputs = self.outputs(facts, &inputs).await?;
        let steps = |steps: &[Step]| steps.iter().map(|step| assign_step(step, &facts.json)).collect::<anyhow::Result<Vec<_>>>();
        let cell = facts.execution.cell.as_ref().map(|cell| format!(" ({cell})")).unwrap_or_default();
        let job_run = &facts.context.job_run;
        Ok(Assignment {
            execution: facts.execution.id,
            job_run: job_run.id,
            title: format!("{}/{} #{}{cell}", facts.context.run.pipeline_name, job_run.job_name, job_run.label()),
            environment: environment(facts)?,
            secrets: assigned_secrets,
            inputs,
            outputs,
            steps: steps(&facts.body.steps)?,
            on_success: steps(&facts.body.on_success)?,
            on_failure: steps(&facts.body.on_failure)?,
            on_stop: steps(&facts.body.on_stop)?,
            always: steps(&facts.body.always)?,
            limits: limits(facts),
        })
    }

    async fn inputs(&self, facts: &Facts<'_>, masks: &mut Vec<AssignedSecret>) -> anyhow::Result<Vec<AssignedInput>> {
        let mut assigned = Vec::new();
        for (name, version) in &facts.context.inputs {
            let declared = facts.job.inputs.iter().find(|input| input.name == *name);
            let path = declared.and_then(|input| input.path.clone()).unwrap_or_else(|| name.clone());
            let resource = declared.and_then(|input| facts.document.resources.iter().find(|resource| resource.name == input.resource));
            let source = match resource {
                Some(resource) => resource.kind.clone(),
                None => resources::get(&mut facts.app.db.read().await?.connection(), version.resource).await?.source,
            };
            let fetch = self.fetch(facts, &source, version).await?;
            if let Fetch::Git { credentials: Some(credentials), .. } = &fetch {
                let hidden = credentials.split_once(':').map_or(credentials.as_str(), |(_, password)| password);
                masks.push(AssignedSecret { variable: None, value: hidden.to_owned() });
            }
            assigned.push(AssignedInput { name: name.clone(), path, fetch });
        }
        Ok(assigned)
    }

    async fn fetch(&self, facts: &Facts<'_>, source: &ResourceKind, version: &Version) -> anyhow::Result<Fetch> {
        Ok(match source {
            ResourceKind::Git(git) => {
                let (url, credentials) = self.address(facts, git).await?;
                let commit = version.map.get("commit").context("the version has no commit")?.clone();
                let reference = version.map.get("ref").cloned().unwrap_or_else(|| "HEAD".to_owned());
                Fetch::Git { url, commit, reference, submodules: git.submodules, credentials }
            }
            ResourceKind::File => {
                let blob = version.archive.as_ref().context("the version has no archive")?;
                Fetch::Archive { digest: blob.digest.clone(), size: blob.size }
            }
            ResourceKind::State => Fetch::State {
                archive: version.archive.as_ref().map(|blob| blob.digest.clone()),
                values: version.map.iter().filter(|(key, _)| *key != "revision").map(|(key, value)| (key.clone(), value.clone())).collect(),
            },
            ResourceKind::Semver { .. } => {
                let number = version.map.get("number").context("the version has no number")?;
                Fetch::Text { file: "number".to_owned(), text: format!("{number}\n") }
            }
            ResourceKind::Cron(_) | ResourceKind::Params { .. } | ResourceKind::Trigger { .. } | ResourceKind::Environment => {
                Fetch::Nothing
            }
        })
    }

    /// Where the runner gets a repository, and as whom.
    async fn address(&self, facts: &Facts<'_>, git: &GitSource) -> anyhow::Result<(String, Option<String>)> {
        match (&git.origin, self) {
            (GitOrigin::Url(url), _) => match &git.credentials {
                Some(name) => Ok((url.clone(), Some(facts.use_secret(name).await?))),
                None => Ok((url.clone(), None)),
            },
            (GitOrigin::Repository(name), Self::Embedded) => {
                let path = facts.app.repositories.get_path(&facts.workspace.1, name)?;
                let path = std::path::absolute(path)?;
                Ok((path.to_str().context("the data folder's path is not UTF-8")?.to_owned(), None))
            }
            (GitOrigin::Repository(name), Self::Remote { token }) => {
                let url = format!("{}/git/{}/{name}.git", facts.app.public_url(), facts.workspace.1);
                Ok((url, Some(format!("runner:{token}"))))
            }
        }
    }

    async fn outputs(&self, facts: &Facts<'_>, inputs: &[AssignedInput]) -> anyhow::Result<Vec<AssignedOutput>> {
        let mut assigned = Vec::new();
        for output in &facts.job.outputs {
            let resource = facts.document.resources.iter().find(|resource| resource.name == output.resource);
            let kind = match &resource.context("an output's resource is gone")?.kind {
                ResourceKind::File => OutputKind::Archive,
                ResourceKind::State => OutputKind::State,
                ResourceKind::Environment => OutputKind::Environment,
                ResourceKind::Git(git) => {
                    let GitFollow::Branch(branch) = &git.follow else { bail!("{}: only a branch can be pushed to", output.resource) };
                    let (url, credentials) = self.address(facts, git).await?;
                    let declared = facts.job.inputs.iter().find(|input| input.resource == output.resource);
                    let checkout = declared.and_then(|input| inputs.iter().find(|assigned| assigned.name == input.name));
                    let path = checkout.map_or_else(|| output.resource.clone(), |input| input.path.clone());
                    OutputKind::Git { url, branch: branch.clone(), credentials, path }
                }
                ResourceKind::Semver { .. } => OutputKind::Number,
                ResourceKind::Params { .. } | ResourceKind::Cron(_) | ResourceKind::Trigger { .. } => OutputKind::Values,
            };
            assigned.push(AssignedOutput { resource: output.resource.clone(), kind, always: output.always });
        }
        Ok(assigned)
    }
}

/// Opens a secret of the workspace.
///
/// # Errors
/// When there is none of this name, or the key file does not open it.
pub(super) async fn open_secret(app: &App, workspace: WorkspaceId, name: &str) -> anyhow::Result<String> {
    let found = find_secret(app, workspace, name).await?;
    found.ok_or_else(|| anyhow!("the secret {name} does not exist; andon secret set {name} makes it"))
}

/// Opens a secret of the workspace, if there is one of this name.
///
/// # Errors
/// When the key file does not open it.
pub async fn find_secret(app: &App, workspace: WorkspaceId, name: &str) -> anyhow::Result<Option<String>> {
    let sealed = secrets::find(&mut app.db.read().await?.connection(), workspace, name).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    let vault: &Vault = &app.vault;
    let opened = vault.open(&secrets::context(workspace, name), &sealed).with_context(|| format!("the secret {name} cannot be opened"))?;
    Ok(Some(opened.expose_secret().to_owned()))
}

fn limits(facts: &Facts<'_>) -> Limits {
    let settings = &facts.app.settings;
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    Limits {
        timeout_ms: facts.body.timeout.unwrap_or_else(|| number(settings.job_timeout_ms)),
        grace_ms: 10_000,
        hooks_ms: 300_000,
        log_bytes: number(settings.log_limit_bytes),
        output_bytes: number(settings.output_limit_bytes),
        workspace_bytes: number(settings.workspace_limit_bytes),
    }
}

/// `-` and `.` cannot stand in the name of a variable.
fn variable(parts: &[&str]) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    parts.iter().map(|part| part.chars().map(plain).collect::<String>()).collect::<Vec<_>>().join("_")
}

fn environment(facts: &Facts<'_>) -> anyhow::Result<BTreeMap<String, String>> {
    let (run, job_run) = (&facts.context.run, &facts.context.job_run);
    let url = facts.app.public_url();
    let mut environment = BTreeMap::from([
        ("CI".to_owned(), "true".to_owned()),
        ("ANDON".to_owned(), "true".to_owned()),
        ("ANDON_WORKSPACE".to_owned(), facts.workspace.1.clone()),
        ("ANDON_PIPELINE".to_owned(), run.pipeline_name.clone()),
        ("ANDON_JOB".to_owned(), job_run.job_name.clone()),
        ("ANDON_RUN".to_owned(), run.number.to_string()),
        ("ANDON_JOB_RUN".to_owned(), job_run.id.to_string()),
        ("ANDON_ATTEMPT".to_owned(), (job_run.attempt + facts.execution.attempt + 1).to_string()),
        ("ANDON_URL".to_owned(), format!("{url}/w/{}/runs/{}/job-runs/{}", facts.workspace.1, run.id, job_run.id)),
    ]);
    for (name, version) in &facts.context.inputs {
        for (key, value) in &version.map {
            environment.insert(variable(&["ANDON_INPUT", name, key]), value.clone());
        }
    }
    for (job, state) in &facts.context.state {
        for (key, value) in state {
            environment.insert(variable(&["ANDON_STATE", job, key]), value.clone());
        }
    }
    for (name, value) in facts.context.params() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        environment.insert(variable(&["ANDON_PARAM", &name]), text);
    }
    for (name, template) in &facts.body.env {
        environment.insert(name.clone(), interpolate(template, &facts.json).with_context(|| format!("env {name}"))?);
    }
    Ok(environment)
}

fn assign_step(step: &Step, json: &Value) -> anyhow::Result<AssignedStep> {
    let name = match &step.name {
        Some(name) => interpolate(name, json).with_context(|| format!("the step's name {name:?}"))?,
        None => usual_name(&step.action),
    };
    let skip = match &step.condition {
        None => None,
        Some(condition) => {
            let holds = Expression::parse(condition)?.evaluate_bool(json).with_context(|| format!("{name}: `if: {condition}`"))?;
            (!holds).then(|| format!("`if` is false: {condition}"))
        }
    };
    // What a skipped step would do need not evaluate.
    let action = match skip {
        Some(_) => AssignedAction::Artifacts { paths: Vec::new() },
        None => assign_action(&step.action, json).with_context(|| name.clone())?,
    };
    Ok(AssignedStep {
        name,
        skip,
        timeout_ms: step.timeout,
        retry_times: step.retry.map_or(0, |retry| retry.times),
        retry_backoff_ms: step.retry.map_or(0, |retry| retry.backoff),
        continue_on_error: step.continue_on_error,
        action,
    })
}

fn usual_name(action: &StepAction) -> String {
    match action {
        StepAction::Run { script, .. } => {
            let line = script.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("run");
            line.chars().take(80).collect()
        }
        StepAction::Parallel(_) => "parallel".to_owned(),
        StepAction::Artifacts { .. } => "artifacts".to_owned(),
        StepAction::Reports { .. } => "reports".to_owned(),
    }
}

fn assign_action(action: &StepAction, json: &Value) -> anyhow::Result<AssignedAction> {
    Ok(match action {
        StepAction::Run { script, shell, dir, env } => AssignedAction::Run {
            script: interpolate(script, json)?,
            shell: shell.clone(),
            dir: dir.as_ref().map(|dir| interpolate(dir, json)).transpose()?,
            environment: env
                .iter()
                .map(|(name, template)| Ok((name.clone(), interpolate(template, json).with_context(|| format!("env {name}"))?)))
                .collect::<anyhow::Result<_>>()?,
        },
        StepAction::Parallel(steps) => {
            AssignedAction::Parallel { steps: steps.iter().map(|step| assign_step(step, json)).collect::<anyhow::Result<_>>()? }
        }
        StepAction::Artifacts { paths } => AssignedAction::Artifacts { paths: paths.clone() },
        StepAction::Reports { junit } => AssignedAction::Junit { paths: junit.clone() },
    })
}
