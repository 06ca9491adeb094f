//! The other pipelines of a workspace, as far as reading one of them has to know them.

use super::foreign::split_foreign;
use super::line::{Flow, Station};
use super::model::{Document, Job, Passed};
use super::resource::{Resource, ResourceKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Other pipelines. Nothing of them needs to be known to read a file: what was not looked at is noted, not refused.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    documents: BTreeMap<String, Arc<Document>>,
    /// The names of all pipelines that there are; absent where only some have been looked at.
    names: Option<BTreeSet<String>>,
}

/// What a `pipeline/name` leads to.
#[derive(Debug)]
pub(crate) enum Sight<'a> {
    /// The pipeline was not looked at.
    Unseen,
    NoPipeline,
    Seen(&'a Document),
}

impl Surroundings {
    /// Some pipelines of a workspace that may have more.
    #[must_use]
    pub fn some(documents: impl IntoIterator<Item = Arc<Document>>) -> Self {
        let documents = documents.into_iter().map(|document| (document.pipeline.clone(), document)).collect();
        Self { documents, names: None }
    }

    /// A workspace whose pipelines have these names. `documents` holds at least those that the file in question refers to, and those
    /// that they refer to in turn.
    #[must_use]
    pub fn all(names: impl IntoIterator<Item = String>, documents: impl IntoIterator<Item = Arc<Document>>) -> Self {
        Self { names: Some(names.into_iter().collect()), ..Self::some(documents) }
    }

    /// The pipelines that there are to choose from.
    pub(crate) fn list_names(&self) -> impl Iterator<Item = &str> {
        let listed = self.names.iter().flatten().chain(self.documents.keys().filter(|_| self.names.is_none()));
        listed.map(String::as_str)
    }

    pub(crate) fn look(&self, pipeline: &str) -> Sight<'_> {
        match (self.documents.get(pipeline), &self.names) {
            (Some(document), _) => Sight::Seen(document),
            (None, Some(names)) if !names.contains(pipeline) => Sight::NoPipeline,
            (None, _) => Sight::Unseen,
        }
    }

    /// The resource behind `pipeline/name`, where it has been looked at.
    #[must_use]
    pub fn find_resource(&self, name: &str) -> Option<&Resource> {
        let (pipeline, name) = split_foreign(name)?;
        self.documents.get(pipeline)?.resources.iter().find(|resource| resource.name == name)
    }

    /// The job behind `pipeline/name`, where it has been looked at.
    #[must_use]
    pub fn find_job(&self, name: &str) -> Option<&Job> {
        let (pipeline, name) = split_foreign(name)?;
        self.documents.get(pipeline)?.jobs.iter().find(|job| job.name == name)
    }

    /// Every job of the other pipelines as the graph of `home` sees it, and the state resources among what they use. Names that belong to
    /// `home` are bare, all others `pipeline/name`.
    pub(crate) fn draw(&self, home: &Home<'_>) -> (Vec<Station>, BTreeSet<String>) {
        let mut stations = Vec::new();
        let mut states = BTreeSet::new();
        for document in self.documents.values().filter(|document| document.pipeline != home.pipeline) {
            stations.extend(document.jobs.iter().map(|job| home.station(&document.pipeline, job)));
            let state = document.resources.iter().filter(|resource| matches!(resource.kind, ResourceKind::State));
            states.extend(state.map(|resource| home.resource(&document.pipeline, &resource.name)));
        }
        (stations, states)
    }
}

/// The pipeline that others are seen from.
#[derive(Debug)]
pub(crate) struct Home<'a> {
    pub pipeline: &'a str,
    /// Former names of its jobs and resources, which others may still use → the names now.
    pub jobs: BTreeMap<&'a str, &'a str>,
    pub resources: BTreeMap<&'a str, &'a str>,
}

impl Home<'_> {
    fn resource(&self, of: &str, name: &str) -> String {
        self.name(of, name, &self.resources)
    }

    fn job(&self, of: &str, name: &str) -> String {
        self.name(of, name, &self.jobs)
    }

    /// A name that the pipeline `of` uses, as it is seen from here.
    fn name(&self, of: &str, name: &str, renamed: &BTreeMap<&str, &str>) -> String {
        match split_foreign(name) {
            Some((pipeline, name)) if pipeline == self.pipeline => (*renamed.get(name).unwrap_or(&name)).to_owned(),
            Some(_) => name.to_owned(),
            None => format!("{of}/{name}"),
        }
    }

    fn station(&self, of: &str, job: &Job) -> Station {
        let passed = |passed: &Option<Passed>| match passed {
            Some(passed) => passed.jobs().iter().map(|job| self.job(of, job)).collect(),
            None => Vec::new(),
        };
        let flow = |input: &super::Input| Flow {
            resource: self.resource(of, &input.resource),
            passed: passed(&input.passed),
            trigger: input.trigger,
        };
        Station {
            name: self.job(of, &job.name),
            after: job.after.iter().map(|after| (self.job(of, &after.job), after.on)).collect(),
            inputs: job.inputs.iter().map(flow).collect(),
            outputs: job.outputs.iter().map(|output| self.resource(of, &output.resource)).collect(),
        }
    }
}
