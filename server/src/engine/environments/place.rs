//! An environment on the line: which job deploys there, and which gates stand before it.

use crate::app::App;
use crate::http;
use crate::store::line::deployments::Deployment;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::resources::{self, Resource};
use andon_pipelines::decide::Line;
use andon_pipelines::document::ResourceKind;
use andon_pipelines::ids::JobId;

/// The environment of this name.
///
/// # Errors
/// 404 when the pipeline has none.
pub async fn find_environment(app: &App, pipeline: &Pipeline, name: &str) -> http::Result<Resource> {
    let found = resources::find_by_name(&mut app.db.read().await?.connection(), pipeline.id, name).await?;
    let found = found.filter(|resource| matches!(resource.source, ResourceKind::Environment));
    found.ok_or_else(|| http::Error::not_found(format!("{} has no environment {name}", pipeline.name)))
}

/// The job that brings something there: the one that is named, the only one, or the one that did so last.
///
/// # Errors
/// 400 when several could, 409 when none does.
pub(super) fn choose_job(
    line: &Line,
    (environment, current): (&Resource, Option<&Deployment>),
    named: Option<&str>,
) -> http::Result<JobId> {
    let jobs = line.list_deploying(environment.id);
    let name_of = |id: JobId| line.job(id).map_or("", |job| job.name.as_str());
    if let Some(named) = named {
        let found = jobs.iter().copied().find(|id| name_of(*id) == named);
        return found.ok_or_else(|| http::Error::invalid(format!("{named} does not deploy to {}", environment.name)));
    }
    match (jobs.as_slice(), current) {
        ([], _) => Err(http::Error::conflict(format!("No job deploys to {}.", environment.name))),
        ([only], _) => Ok(*only),
        (_, Some(current)) if jobs.contains(&current.job) => Ok(current.job),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|id| name_of(*id)).collect();
            Err(http::Error::invalid(format!("Several jobs deploy to {}; name one as job: {}", environment.name, names.join(", "))))
        }
    }
}

/// What is started to bring something there: the gates before the job, or the job itself.
pub(super) fn list_starts(line: &Line, job: JobId) -> Vec<JobId> {
    let gates = line.list_gates_before(job);
    if gates.is_empty() { vec![job] } else { gates }
}
