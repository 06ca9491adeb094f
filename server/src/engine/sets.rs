//! The sets of versions that a person may run a job on.

use super::why;
use crate::app::App;
use crate::store::Result;
use andon_pipelines::decide::{Asked, Line, Notes, list_satisfying};
use andon_pipelines::ids::{JobId, JobRunId, VersionId};

/// Input, `source@3f2a1c9`, identifier.
pub type Named = (String, String, VersionId);

/// Sets by name.
#[derive(Clone, Debug, Default)]
pub struct NamedSets {
    /// Newest first.
    pub sets: Vec<NamedSet>,
    /// Newer versions that are not in the first set.
    pub held: Vec<Named>,
}

#[derive(Clone, Debug)]
pub struct NamedSet {
    pub inputs: Vec<Named>,
    /// `lint #4`.
    pub follows: Vec<String>,
    /// The job has had it.
    pub had: bool,
}

/// The sets that satisfy the job's inputs, newest first, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn list_sets(app: &App, job: JobId, limit: usize) -> Result<NamedSets> {
    let turn = app.scheduler.turn(app).await?;
    let Some(found) = list_satisfying(&turn.line, job, limit) else { return Ok(NamedSets::default()) };
    let mut asked = Asked::default();
    for set in &found.sets {
        asked.versions.extend(set.inputs.iter().map(|input| input.version));
        asked.runs.extend(set.follows.iter().chain(set.inputs.iter().flat_map(|input| &input.passed_runs)));
    }
    asked.versions.extend(found.held.iter().map(|(_, version)| *version));
    let notes = why::read_names(&mut app.db.read().await?.connection(), &asked).await?;
    let named = |name: &str, version: VersionId| (name.to_owned(), version_name(&turn.line, &notes, version), version);
    let sets = found.sets.iter().map(|set| {
        let mut follows: Vec<JobRunId> =
            set.follows.iter().chain(set.inputs.iter().flat_map(|input| &input.passed_runs)).copied().collect();
        follows.sort_unstable();
        follows.dedup();
        NamedSet {
            inputs: set.inputs.iter().map(|input| named(&input.name, input.version)).collect(),
            follows: follows.into_iter().map(|run| run_name(&turn.line, &notes, run)).collect(),
            had: !set.follows_new_run && set.inputs.iter().all(|input| !input.first_occurrence),
        }
    });
    Ok(NamedSets { sets: sets.collect(), held: found.held.iter().map(|(name, version)| named(name, *version)).collect() })
}

/// `source@3f2a1c9`.
pub(super) fn version_name(line: &Line, notes: &Notes, id: VersionId) -> String {
    let resource = line.history().version(id).and_then(|version| line.resource(version.resource)).map_or("", |resource| &resource.name);
    notes.versions.get(&id).map_or_else(|| resource.to_owned(), |note| format!("{resource}@{}", note.label))
}

fn run_name(line: &Line, notes: &Notes, id: JobRunId) -> String {
    let job = line.history().run(id).and_then(|run| line.job(run.job)).map_or("", |job| &job.name);
    notes.runs.get(&id).map_or_else(|| job.to_owned(), |note| format!("{job} #{}", note.number))
}
