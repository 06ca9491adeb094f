//! Reruns that take along what stood on the job run: each job run downstream of it, in the same run, is run again once everything that it stood
//! on and that is run again has passed, on what came of that. What the line starts by itself on the way (jobs that follow by `after`) counts as
//! run again; where something on the way does not pass, what would have stood on it is dropped.

use super::rerun::{self, Again};
use super::schedule::Slots;
use crate::app::App;
use crate::http;
use crate::store::line::job_runs::{JobRun, NewInput};
use crate::store::line::planned_reruns::{self, Fate, PlannedRerun};
use crate::store::line::{job_runs, runs};
use crate::store::{Connection, Result, Tx};
use andon_pipelines::decide::Line;
use andon_pipelines::ids::{JobId, JobRunId, VersionId};
use andon_pipelines::state::JobRunStatus;
use std::collections::{BTreeSet, HashMap};

/// The job runs of a run, and what each stands on.
struct Wave {
    /// In the order in which they were made.
    all: Vec<JobRun>,
    edges: Vec<(JobRunId, JobRunId)>,
}

impl Wave {
    async fn read(connection: &mut Connection<'_>, job_run: &JobRun) -> Result<Self> {
        let all = job_runs::list_of_run(connection, job_run.run).await?;
        Ok(Self { all, edges: job_runs::list_edges_of_run(connection, job_run.run).await? })
    }

    fn find(&self, id: JobRunId) -> Option<&JobRun> {
        self.all.iter().find(|job_run| job_run.id == id)
    }

    fn upstream(&self, id: JobRunId) -> impl Iterator<Item = &JobRun> {
        self.edges.iter().filter(move |(below, _)| *below == id).filter_map(|(_, above)| self.find(*above))
    }

    /// Every attempt of what this is an attempt of.
    fn attempts<'a>(&'a self, of: &'a JobRun) -> impl Iterator<Item = &'a JobRun> {
        self.all.iter().filter(|job_run| job_run.job == of.job && job_run.number == of.number)
    }
}

/// What stood on a job run, at any distance: the newest attempt of each job, in the order in which they ran.
///
/// # Errors
/// 409 when something of it has not ended.
pub(super) async fn list_behind(tx: &mut Tx, original: &JobRun) -> http::Result<Vec<JobRun>> {
    let wave = Wave::read(&mut tx.connection(), original).await?;
    let mut affected: BTreeSet<JobRunId> = wave.attempts(original).map(|attempt| attempt.id).collect();
    // A job run stands only on earlier ones.
    for job_run in &wave.all {
        if wave.upstream(job_run.id).any(|above| affected.contains(&above.id)) {
            affected.insert(job_run.id);
        }
    }
    let mut newest: HashMap<JobId, &JobRun> = HashMap::new();
    let counts = |job_run: &&JobRun| job_run.job != original.job && job_run.reason.as_deref() != Some("superseded");
    for job_run in wave.all.iter().filter(|job_run| affected.contains(&job_run.id)).filter(counts) {
        newest.insert(job_run.job, job_run);
    }
    let mut behind: Vec<JobRun> = newest.into_values().cloned().collect();
    behind.sort_by_key(|job_run| job_run.sequence);
    for job_run in &behind {
        rerun::refuse_active(job_run)?;
    }
    Ok(behind)
}

/// Writes down what the rerun `root` takes along.
pub(super) async fn plan(tx: &mut Tx, original: &JobRun, root: JobRunId, behind: &[JobRun]) -> Result<()> {
    if behind.is_empty() {
        return Ok(());
    }
    let workspace = runs::get(&mut tx.connection(), original.run).await?.workspace;
    let originals: Vec<_> = behind.iter().map(|job_run| job_run.id).collect();
    planned_reruns::create(tx, (workspace, original.run), root, &originals).await
}

/// Starts, or closes, every planned rerun that has come so far. Answers how many that were, and whether any still waits.
pub(super) async fn advance(app: &App, line: &Line) -> Result<(usize, bool)> {
    let open = planned_reruns::list_open(&mut app.db.read().await?.connection()).await?;
    let (mut done, mut slots) = (0, Slots::default());
    for planned in &open {
        let mut tx = app.db.begin(&planned.actor).await?;
        let fate = judge(app, &mut tx, line, planned).await?;
        let Some(next) = fate else {
            tx.rollback().await?;
            continue;
        };
        if let Next::Start(again) = next {
            let original = job_runs::get(&mut tx.connection(), planned.original).await?;
            let has_slot = slots.take(line, original.job);
            rerun::create(app, &mut tx, &original, Again { has_slot, ..again }).await?;
            planned_reruns::close(&mut tx, planned, Fate::Started).await?;
        } else {
            planned_reruns::close(&mut tx, planned, if matches!(next, Next::Flowed) { Fate::Flowed } else { Fate::Dropped }).await?;
        }
        tx.commit().await?;
        done += 1;
    }
    Ok((done, open.len() > done))
}

enum Next {
    Start(Again),
    Flowed,
    Drop,
}

/// What becomes of a planned rerun now; `None` while it has to wait.
async fn judge(app: &App, tx: &mut Tx, line: &Line, planned: &PlannedRerun) -> Result<Option<Next>> {
    let mut connection = tx.connection();
    let root = job_runs::get(&mut connection, planned.root).await?;
    let original = job_runs::get(&mut connection, planned.original).await?;
    let along = planned_reruns::list_originals(&mut connection, planned.root).await?;
    let still_open: BTreeSet<JobRunId> = planned_reruns::list_open(&mut connection)
        .await?
        .into_iter()
        .filter(|open| open.root == planned.root)
        .map(|open| open.original)
        .collect();
    let wave = Wave::read(&mut connection, &root).await?;
    // Each job run that it stood on and that is run again, with what came of it.
    let mut fresh: Vec<(&JobRun, &JobRun)> = Vec::new();
    for above in wave.upstream(original.id) {
        let is_root = above.job == root.job && above.number == root.number;
        if !is_root && !along.iter().any(|id| wave.find(*id).is_some_and(|taken| taken.job == above.job)) {
            continue;
        }
        let newest = wave.all.iter().rfind(|job_run| job_run.job == above.job && job_run.sequence >= root.sequence);
        match newest {
            Some(newest) if !newest.status.is_terminal() => return Ok(None),
            Some(newest) if passed(newest) => fresh.push((above, newest)),
            Some(_) => return Ok(Some(Next::Drop)),
            None if wave.all.iter().any(|job_run| job_run.job == above.job && still_open.contains(&job_run.id)) => return Ok(None),
            None => return Ok(Some(Next::Drop)),
        }
    }
    let stands_on_fresh = |job_run: &JobRun| wave.upstream(job_run.id).any(|above| fresh.iter().any(|(_, newest)| newest.id == above.id));
    if wave.all.iter().any(|job_run| job_run.job == original.job && job_run.id != original.id && stands_on_fresh(job_run)) {
        return Ok(Some(Next::Flowed));
    }
    if line.is_held(original.job) || rerun::find_lock(app, tx, &original).await?.is_some() {
        return Ok(None);
    }
    let mut connection = tx.connection();
    let (inputs, follows) = replace(&mut connection, &original, &fresh).await?;
    let (name, label) = (&root.job_name, root.label());
    let cause = format!("{} #{} again, downstream of {name} #{label}, by {}", original.job_name, original.label(), planned.actor);
    Ok(Some(Next::Start(Again { inputs, follows, cause, has_slot: false })))
}

fn passed(job_run: &JobRun) -> bool {
    matches!(job_run.status, JobRunStatus::Succeeded | JobRunStatus::Skipped)
}

/// The set of the original, with what was made anew in place of what it had.
async fn replace(
    connection: &mut Connection<'_>,
    original: &JobRun,
    fresh: &[(&JobRun, &JobRun)],
) -> Result<(Vec<NewInput>, Vec<JobRunId>)> {
    let mut made_anew: HashMap<VersionId, VersionId> = HashMap::new();
    for (was, now) in fresh {
        let new = job_runs::list_outputs(connection, now.id).await?;
        for (resource, version) in job_runs::list_outputs(connection, was.id).await? {
            made_anew.extend(new.iter().find(|(candidate, _)| *candidate == resource).map(|(_, newer)| (version, *newer)));
        }
    }
    let mut inputs = job_runs::list_inputs(connection, original.id).await?;
    for input in &mut inputs {
        input.version = made_anew.get(&input.version).copied().unwrap_or(input.version);
    }
    let followed = job_runs::list_follows(connection, original.id).await?;
    let newer = |id: JobRunId| fresh.iter().find(|(was, _)| was.id == id).map_or(id, |(_, now)| now.id);
    let mut follows: Vec<_> = followed.into_iter().map(|upstream| newer(upstream.id)).collect();
    follows.sort();
    follows.dedup();
    Ok((inputs, follows))
}
