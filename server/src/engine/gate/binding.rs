//! What a gate asks by, and what it is bound to.

use crate::app::App;
use crate::store::line::job_runs::{JobRun, NewJobRun};
use crate::store::line::jobs::Numbered;
use crate::store::line::runs::Run;
use crate::store::line::{job_runs, pipelines};
use crate::store::{Connection, Result, StoreError};
use andon_pipelines::document::{Approval, Document, Job, JobBody, approval_of};
use andon_pipelines::gate::{self, Bound};
use andon_pipelines::ids::{ResourceId, VersionId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rules that a job run has to pass.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The revision that they stand in.
    pub revision: i64,
    pub document: Arc<Document>,
    pub approval: Approval,
    /// The definition that an approval is about.
    pub definition: Value,
}

/// The rules of a job run that is about to begin; `None` for a program that deploys nowhere that asks for approval. The pipeline's
/// current revision says them: running an old job run again does not bring back rules that have been replaced.
///
/// # Errors
/// Whatever the database says.
pub async fn rules_of(app: &App, connection: &mut Connection<'_>, job_run: &JobRun) -> Result<Option<Rules>> {
    let current = pipelines::get(connection, job_run.pipeline).await?.revision;
    match rules_at(app, connection, job_run, current).await? {
        Some(rules) => Ok(Some(rules)),
        None => rules_at(app, connection, job_run, job_run.revision).await,
    }
}

/// The same of a job run that is about to be made, of the number that was just taken for it.
///
/// # Errors
/// Whatever the database says.
pub async fn rules_for(app: &App, connection: &mut Connection<'_>, new: &NewJobRun, taken: &Numbered) -> Result<Option<Rules>> {
    let own = app.documents.get(connection, new.pipeline, new.revision).await?;
    for revision in [taken.revision, new.revision] {
        let document = app.documents.get(connection, new.pipeline, revision).await?;
        if let Some(rules) = find_rules(&own, &taken.name, (revision, &document))? {
            return Ok(Some(rules));
        }
    }
    Ok(None)
}

/// The rules of a job run as one revision says them.
///
/// # Errors
/// Whatever the database says.
pub async fn rules_at(app: &App, connection: &mut Connection<'_>, job_run: &JobRun, revision: i64) -> Result<Option<Rules>> {
    let document = app.documents.get(connection, job_run.pipeline, revision).await?;
    rules_in(app, connection, job_run, (revision, &document)).await
}

/// The rules of a job run as this document says them, which need not be in force yet.
///
/// # Errors
/// Whatever the database says.
pub async fn rules_in(
    app: &App,
    connection: &mut Connection<'_>,
    job_run: &JobRun,
    (revision, document): (i64, &Arc<Document>),
) -> Result<Option<Rules>> {
    let own = app.documents.get(connection, job_run.pipeline, job_run.revision).await?;
    find_rules(&own, &job_run.job_name, (revision, document))
}

/// The rules of a job of this name, as its own document has it.
fn find_rules(own: &Document, name: &str, (revision, document): (i64, &Arc<Document>)) -> Result<Option<Rules>> {
    let Some(own) = find_job(own, name) else { return Ok(None) };
    let found = match (&own.body, find_job(document, name).map(|job| (job, &job.body))) {
        (JobBody::Approval(_), Some((job, JobBody::Approval(approval)))) => Some((approval.as_ref().clone(), show(job)?)),
        (JobBody::Approval(_), _) => None,
        (JobBody::Tasks(_), _) => None,
        // What runs is the job as its own revision says it.
        (JobBody::Steps(_), _) => match approval_of(document, own) {
            Some(approval) => Some((approval.clone(), json!({ "job": show(own)?, "approval": show(approval)? }))),
            None => None,
        },
    };
    Ok(found.map(|(approval, definition)| Rules { revision, document: Arc::clone(document), approval, definition }))
}

fn find_job<'a>(document: &'a Document, name: &str) -> Option<&'a Job> {
    document.jobs.iter().find(|job| job.name == name)
}

fn show(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// What an approval of the job run would be about.
///
/// # Errors
/// Whatever the database says.
pub async fn digest_of(connection: &mut Connection<'_>, (job_run, run): (&JobRun, &Run), rules: &Rules) -> Result<String> {
    let inputs: BTreeMap<String, VersionId> =
        job_runs::list_inputs(connection, job_run.id).await?.into_iter().map(|input| (input.name, input.version)).collect();
    let mut lineage: BTreeMap<ResourceId, VersionId> = BTreeMap::new();
    for (resource, version, _) in job_runs::list_inherited(connection, job_run.id).await? {
        lineage.entry(resource).or_insert(version);
    }
    let mut params = run.params.clone();
    params.extend(job_run.params.clone());
    let params = Value::Object(params);
    Ok(gate::digest(&Bound { inputs: &inputs, lineage: &lineage, job: &rules.definition, params: &params }))
}
