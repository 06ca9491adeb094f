//! Resources that have no version to offer.

use super::super::decision::Reason;
use super::explainer::Explainer;
use crate::document::{AfterOutcome, GitOrigin, ResourceKind};
use crate::ids::{JobId, ResourceId, VersionId};

impl Explainer<'_> {
    /// A resource without any version: who makes them, or where they come from.
    pub(super) fn no_version(&self, resource: ResourceId) -> Reason {
        let (name, place) = (self.resource_name(resource), self.resource_place(resource));
        let makers = self.list_makers(resource);
        if let Some(first) = makers.first() {
            let names: Vec<String> = makers.iter().map(|maker| self.job_name(*maker)).collect();
            let text = format!("{name} has no version yet: {} makes it", names.join(" or "));
            let behind = self.behind(|| makers.iter().flat_map(|maker| self.why_not_made(*maker, &name)).collect());
            return Reason::new("no-version", text).advise(format!("get a run of {} that succeeds", self.job_name(*first))).because(behind);
        }
        let reason = Reason::new("no-version", format!("{name} has no version yet"));
        match self.kind_of(resource) {
            Some(ResourceKind::Git(git)) => match &git.origin {
                GitOrigin::Repository(repository) => reason.advise(format!("push a commit of {name} to the repository {repository}")),
                GitOrigin::Url(_) => reason.advise(format!("look for commits of {name} now")).by(format!("andon poll {place}")),
            },
            Some(ResourceKind::Cron(_)) => reason.advise(format!("wait for the next tick of {name}, or publish one")),
            Some(ResourceKind::File) => {
                reason.advise(format!("publish a version of {name}")).by(format!("andon publish {place} --file PATH"))
            }
            Some(ResourceKind::Trigger { .. }) => reason.advise(format!("press {name}")).by(format!("andon publish {place}")),
            _ => reason.advise(format!("publish a version of {name}")).by(format!("andon publish {place} KEY=VALUE")),
        }
    }

    fn why_not_made(&self, maker: JobId, name: &str) -> Vec<Reason> {
        let mut reasons = self.upstream(maker, AfterOutcome::Succeeded);
        for reason in reasons.iter_mut().filter(|reason| reason.kind == "succeeded") {
            *reason = Reason::new("made-nothing", format!("{}, and made no version of {name}", reason.text))
                .advise(format!("let {} write {name} below ANDON_OUTPUTS, and run it", self.job_name(maker)))
                .by(format!("andon trigger {}", self.job_place(maker)));
        }
        reasons
    }

    /// The jobs whose output it is.
    pub(super) fn list_makers(&self, resource: ResourceId) -> Vec<JobId> {
        let Some(facts) = self.line.resources.get(&resource) else { return Vec::new() };
        let Some(pipeline) = self.line.pipelines.get(&facts.pipeline) else { return Vec::new() };
        let makes = |job: &&crate::document::Job| job.outputs.iter().any(|output| output.resource == facts.name);
        pipeline.document.jobs.iter().filter(makes).filter_map(|job| pipeline.jobs.get(&job.name).copied()).collect()
    }

    fn kind_of(&self, resource: ResourceId) -> Option<&ResourceKind> {
        let facts = self.line.resources.get(&resource)?;
        let document = &self.line.pipelines.get(&facts.pipeline)?.document;
        document.resources.iter().find(|candidate| candidate.name == facts.name).map(|resource| &resource.kind)
    }

    /// Every version that could be chosen is disabled: the newest of them, and why.
    pub(super) fn all_disabled(&self, resource: ResourceId) -> Reason {
        let name = self.resource_name(resource);
        let history = &self.line.history;
        let Some(newest) = history.versions(resource).rev().find(|version| version.disabled) else {
            return Reason::new("all-disabled", format!("no version of {name} may be chosen"));
        };
        if history.newest_version(resource).is_some() {
            let text = format!(
                "the versions of {name} that passed so far are disabled; the newest disabled one is {}",
                self.disabled_name(newest.id)
            );
            return self.advise_enabling(Reason::new("all-disabled", text), newest.id);
        }
        let text = format!("every version of {name} is disabled; the newest is {}", self.disabled_name(newest.id));
        self.advise_enabling(Reason::new("all-disabled", text), newest.id)
    }

    pub(super) fn advise_enabling(&self, reason: Reason, version: VersionId) -> Reason {
        let resource = self.line.history.version(version).map(|version| self.resource_place(version.resource)).unwrap_or_default();
        reason
            .advise(format!("enable {}", self.disabled_name(version)))
            .by(format!("andon enable {resource} {}", self.version_value(version)))
    }

    /// `source@3f2a1c9, disabled: 'bad base image'`.
    pub(super) fn disabled_name(&self, version: VersionId) -> String {
        let name = self.version_name(version);
        match self.notes.versions.get(&version).and_then(|note| note.disabled_reason.as_ref()) {
            Some(reason) => format!("{name}, disabled: '{reason}'"),
            None => format!("{name}, disabled"),
        }
    }
}
