//! Names of other pipelines' resources and jobs: `pipeline/name`.

use super::model::{Document, Passed};
use std::collections::{BTreeMap, BTreeSet};

/// The pipeline and the name in it, where a name belongs to another pipeline.
#[must_use]
pub fn split_foreign(name: &str) -> Option<(&str, &str)> {
    name.split_once('/')
}

/// What an input is called unless the file says otherwise: the last part of its resource's name.
#[must_use]
pub fn short_name(name: &str) -> &str {
    split_foreign(name).map_or(name, |(_, name)| name)
}

/// What a document names of other pipelines, each as `pipeline/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignNames {
    pub resources: BTreeSet<String>,
    pub jobs: BTreeSet<String>,
}

impl ForeignNames {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.jobs.is_empty()
    }

    /// The pipelines that are named.
    #[must_use]
    pub fn pipelines(&self) -> BTreeSet<&str> {
        self.resources.iter().chain(&self.jobs).filter_map(|name| split_foreign(name)).map(|(pipeline, _)| pipeline).collect()
    }
}

/// What the document names of other pipelines.
#[must_use]
pub fn list_foreign(document: &Document) -> ForeignNames {
    let mut names = ForeignNames::default();
    let is_foreign = |name: &&String| split_foreign(name).is_some();
    for job in &document.jobs {
        names.resources.extend(job.inputs.iter().map(|input| &input.resource).filter(is_foreign).cloned());
        let passed = job.inputs.iter().filter_map(|input| input.passed.as_ref()).flat_map(Passed::jobs);
        let after = job.after.iter().map(|after| &after.job);
        names.jobs.extend(passed.chain(after).filter(is_foreign).cloned());
    }
    names
}

/// The document with foreign names replaced as the maps say: resources, then jobs. Inputs keep what the job calls them.
#[must_use]
pub fn rename_foreign(document: &Document, (resources, jobs): (&BTreeMap<String, String>, &BTreeMap<String, String>)) -> Document {
    let mut renamed = document.clone();
    let replace = |name: &mut String, by: &BTreeMap<String, String>| {
        if let Some(new) = by.get(name.as_str()) {
            name.clone_from(new);
        }
    };
    for job in &mut renamed.jobs {
        job.after.iter_mut().for_each(|after| replace(&mut after.job, jobs));
        for input in &mut job.inputs {
            replace(&mut input.resource, resources);
            if let Some(Passed::All(names) | Passed::Any(names)) = &mut input.passed {
                names.iter_mut().for_each(|name| replace(name, jobs));
            }
        }
    }
    renamed
}
