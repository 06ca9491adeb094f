//! What things are called in explanations, and in the commands that they advise.

use super::explainer::Explainer;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use crate::resolve::RunView;
use chrono::DateTime;

/// A moment as explanations write it: `2026-11-21 12:04 UTC`.
#[must_use]
pub fn show_time(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms).map_or_else(|| at_ms.to_string(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

impl Explainer<'_> {
    pub(super) fn job_name(&self, id: JobId) -> String {
        self.line.jobs.get(&id).map_or_else(|| "a removed job".to_owned(), |job| job.name.clone())
    }

    pub(super) fn resource_name(&self, id: ResourceId) -> String {
        self.line.resources.get(&id).map_or_else(|| "a removed resource".to_owned(), |resource| resource.name.clone())
    }

    /// `source@3f2a1c9`.
    pub(super) fn version_name(&self, id: VersionId) -> String {
        let Some(version) = self.line.history.version(id) else { return "a removed version".to_owned() };
        self.ask(|asked| asked.versions.insert(id));
        let resource = self.resource_name(version.resource);
        match self.notes.versions.get(&id) {
            Some(note) => format!("{resource}@{}", note.label),
            None => format!("{resource} #{}", version.order),
        }
    }

    /// `lint #4`.
    pub(super) fn run_name(&self, id: JobRunId) -> String {
        let Some(run) = self.line.history.run(id) else { return "a removed job run".to_owned() };
        self.ask(|asked| asked.runs.insert(id));
        match self.notes.runs.get(&id) {
            Some(note) => format!("{} #{}", self.job_name(run.job), note.number),
            None => format!("{} (the line's job run {})", self.job_name(run.job), run.sequence),
        }
    }

    /// ` on source@3f2a1c9, app@11aa22b`; nothing for a run without inputs.
    pub(super) fn set_of(&self, id: JobRunId) -> String {
        let inputs = self.line.history.run(id).into_iter().flat_map(RunView::inputs);
        self.on(inputs.map(|(_, version)| version))
    }

    pub(super) fn on(&self, versions: impl IntoIterator<Item = VersionId>) -> String {
        let mut names: Vec<String> = versions.into_iter().map(|version| self.version_name(version)).collect();
        names.dedup();
        if names.is_empty() { String::new() } else { format!(" on {}", names.join(", ")) }
    }

    /// `PIPELINE/JOB` as commands take it.
    pub(super) fn job_place(&self, id: JobId) -> String {
        let pipeline = self.line.jobs.get(&id).and_then(|job| self.line.pipelines.get(&job.pipeline));
        pipeline.map_or_else(|| self.job_name(id), |facts| format!("{}/{}", facts.document.pipeline, self.job_name(id)))
    }

    /// `PIPELINE/RESOURCE` as commands take it.
    pub(super) fn resource_place(&self, id: ResourceId) -> String {
        let pipeline = self.line.resources.get(&id).and_then(|resource| self.line.pipelines.get(&resource.pipeline));
        pipeline.map_or_else(|| self.resource_name(id), |facts| format!("{}/{}", facts.document.pipeline, self.resource_name(id)))
    }

    /// `PIPELINE/JOB#NUMBER` as commands take it; the identifier where the number is not known.
    pub(super) fn run_place(&self, id: JobRunId) -> String {
        let run = self.line.history.run(id);
        match (run, self.notes.runs.get(&id)) {
            (Some(run), Some(note)) => format!("{}#{}", self.job_place(run.job), note.number),
            _ => id.to_string(),
        }
    }

    /// A version as commands take it: its identifier, which is never the beginning of another's.
    pub(super) fn version_value(&self, id: VersionId) -> String {
        match self.notes.versions.get(&id) {
            Some(note) if !note.value.is_empty() && !note.value.contains(char::is_whitespace) => note.value.clone(),
            _ => id.to_string(),
        }
    }
}
