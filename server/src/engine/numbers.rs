//! Release numbers: what a job or a person asks for becomes the next number of a `semver` resource.

use crate::store::line::job_runs::JobRun;
use crate::store::line::{job_runs, reports, resources, versions};
use crate::store::{Result, Tx};
use andon_pipelines::document::{Document, Job, JobBody, ResourceKind};
use andon_pipelines::ids::{ResourceId, VersionId};
use andon_pipelines::number::{self, Bump, NumberError, Request, bump, find_free, read_request};
use std::collections::{BTreeMap, BTreeSet};

/// So many of a resource's newest numbers are looked at for a free one.
const LOOKED_AT: i64 = 10_000;

/// The number that a request makes. A bump goes from the version that the asker took, else from the newest enabled one; where
/// that number is there already, because somebody else was quicker, it goes from the newest.
///
/// # Errors
/// The outer one is the database's; the inner one is what is wrong with the request.
pub(super) async fn make_number(
    tx: &mut Tx,
    (resource, initial): (ResourceId, &str),
    request: &Request,
    taken: Option<VersionId>,
) -> Result<std::result::Result<String, NumberError>> {
    let how = match request {
        Request::Number(number) => return Ok(Ok(number.clone())),
        Request::Bump(how) => how,
    };
    // Of two that bump at once, the second one waits here and then sees the first one's number.
    resources::lock(tx, resource).await?;
    let own = match taken {
        Some(version) => versions::get(&mut tx.connection(), version).await?.map.remove("number"),
        None => None,
    };
    let newest = versions::find_newest_enabled(&mut tx.connection(), resource).await?.and_then(|mut version| version.map.remove("number"));
    let newest = newest.as_deref().unwrap_or(initial);
    let first = match bump(own.as_deref().unwrap_or(newest), how) {
        Ok(first) => first,
        Err(error) => return Ok(Err(error)),
    };
    if versions::find_by_map(&mut tx.connection(), resource, &map_of(&first)).await?.is_none() {
        return Ok(Ok(first));
    }
    let known = versions::list(&mut tx.connection(), resource, i64::MAX, LOOKED_AT).await?;
    let known: BTreeSet<String> = known.into_iter().filter_map(|mut version| version.map.remove("number")).collect();
    Ok(find_free(newest, how, |number| known.contains(number)))
}

/// A number as a version's map.
pub(super) fn map_of(number: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("number".to_owned(), number.to_owned())])
}

/// Where a job run's next number comes from.
#[derive(Debug)]
pub(super) struct Wish {
    pub resource: ResourceId,
    pub name: String,
    initial: String,
    request: std::result::Result<Request, NumberError>,
    taken: Option<VersionId>,
}

impl Wish {
    /// The version's map, or what is wrong with the request.
    pub(super) async fn make(&self, tx: &mut Tx) -> Result<std::result::Result<BTreeMap<String, String>, NumberError>> {
        let request = match &self.request {
            Ok(request) => request,
            Err(error) => return Ok(Err(error.clone())),
        };
        let made = make_number(tx, (self.resource, &self.initial), request, self.taken).await?;
        Ok(made.map(|number| map_of(&number)))
    }
}

/// What a job run's outputs ask of `semver` resources: what the job wrote, else the `bump` of its file.
pub(super) async fn list_wishes(tx: &mut Tx, job_run: &JobRun, (job, document): (&Job, &Document)) -> Result<Vec<Wish>> {
    if !matches!(job.body, JobBody::Steps(_)) {
        return Ok(Vec::new());
    }
    let numbered = |name: &str| document.resources.iter().find(|resource| resource.name == name).map(|resource| &resource.kind);
    let mut wishes = Vec::new();
    for output in &job.outputs {
        let Some(ResourceKind::Semver { initial }) = numbered(&output.resource) else { continue };
        let known = resources::find_by_name(&mut tx.connection(), job_run.pipeline, &output.resource).await?;
        let Some(resource) = known.map(|resource| resource.id) else { continue };
        let written = reports::list_outputs(&mut tx.connection(), job_run.id).await?;
        let written = written.into_iter().rfind(|written| written.resource == output.resource).map(|written| written.map);
        let request = match (written.filter(|map| !map.is_empty()), &output.bump) {
            (Some(map), _) => read_request(map.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
            (None, Some(bump)) => Ok(Request::Bump(Bump::clone(bump))),
            (None, None) => continue,
        };
        let inputs = job_runs::list_inputs(&mut tx.connection(), job_run.id).await?;
        let taken = inputs.iter().find(|input| input.resource == resource).map(|input| input.version);
        wishes.push(Wish { resource, name: output.resource.clone(), initial: initial.clone(), request, taken });
    }
    Ok(wishes)
}

/// What keeps a job run that did all its steps from succeeding: a number that cannot be made.
pub(super) async fn find_fault(tx: &mut Tx, job_run: &JobRun, part: (&Job, &Document)) -> Result<Option<String>> {
    for wish in list_wishes(tx, job_run, part).await? {
        if let Err(error) = wish.make(tx).await? {
            return Ok(Some(format!("The output \"{}\" cannot be published: {error}.", wish.name)));
        }
    }
    Ok(None)
}

/// What is wrong with a number or bump that somebody publishes.
pub(super) fn read_given(given: &BTreeMap<String, String>) -> std::result::Result<Request, NumberError> {
    number::read_request(given.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}
