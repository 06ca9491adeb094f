//! What would happen, in words.

use crate::engine::sets::version_name;
use crate::engine::{names, why};
use andon_pipelines::decide::{
    Asked, Decision, Line, Notes, Pretended, Reason, Rehearsal, RehearsedInput, RehearsedStart, Verdict, VersionNote,
};
use andon_pipelines::document::{Job, JobBody, Requirement};
use andon_pipelines::ids::{PipelineId, ResourceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What would happen on the line if everything that starts succeeded.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Simulated {
    /// The versions that it began with.
    pub published: Vec<PretendedVersion>,
    /// In the order in which they would start.
    pub starts: Vec<SimulatedStart>,
    /// Jobs of the pipeline that would not start, and why.
    pub idle: Vec<SimulatedIdle>,
    /// Jobs that run now and would not with the edited text.
    pub no_longer: Vec<NoLonger>,
    /// It would go on for longer than this was followed.
    pub truncated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PretendedVersion {
    pub resource: String,
    pub version: String,
    /// False for one that exists already: nothing starts by that.
    pub new: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimulatedStart {
    /// From 1: what starts in one wave waits for something of the wave before.
    pub wave: usize,
    pub pipeline: String,
    pub job: String,
    pub inputs: Vec<SimulatedInput>,
    /// For a gate: what its rules ask for, as `2 of group:release`. It is taken as approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Vec<String>>,
    /// It would be skipped where this does not hold; it is taken as true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The job run that waits now, and whose place it would take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// All slots of its group would be taken; it would start when one is free.
    pub waits_for_slot: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimulatedInput {
    pub name: String,
    /// `source@3f2a1c9`, or `app@(new, by build)`.
    pub version: String,
    /// It does not exist yet.
    pub pretended: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimulatedIdle {
    pub job: String,
    pub decision: Decision,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoLonger {
    pub job: String,
    pub reasons: Vec<Reason>,
}

/// What is compared: the line as it is, if there is a difference, and as it is edited.
pub(super) struct Stage<'a> {
    pub pipeline: PipelineId,
    pub before: Option<(&'a Line, Rehearsal)>,
    pub edited: &'a Line,
}

impl Stage<'_> {
    /// Everything in words, and what more could be named.
    pub(super) fn show(&self, rehearsal: &Rehearsal, notes: &Notes) -> (Simulated, Asked) {
        let mut asked = Asked::default();
        let mut starts = Vec::new();
        for (wave, played) in rehearsal.waves.iter().enumerate() {
            for start in &played.starts {
                asked.versions.extend(start.inputs.iter().map(|input| input.version));
                asked.runs.extend(start.replaces);
                starts.extend(show_start(rehearsal, notes, (wave + 1, start)));
            }
        }
        let jobs = rehearsal.line.pipeline(self.pipeline).map(|facts| facts.jobs.clone()).unwrap_or_default();
        let mut idle = Vec::new();
        for (name, job) in jobs.iter().filter(|(_, job)| !rehearsal.started.contains(job)) {
            let Some((decision, wanted)) = rehearsal.line.explain(*job, notes) else { continue };
            asked.extend(wanted);
            idle.push(SimulatedIdle { job: name.clone(), decision });
        }
        let no_longer = self.list_no_longer(rehearsal, notes, &mut asked);
        (Simulated { published: Vec::new(), starts, idle, no_longer, truncated: rehearsal.truncated }, asked)
    }

    /// Jobs that have gone, that are blocked by the edit alone, or that would start without it and not with it.
    fn list_no_longer(&self, rehearsal: &Rehearsal, notes: &Notes, asked: &mut Asked) -> Vec<NoLonger> {
        let Some((now, before)) = &self.before else { return Vec::new() };
        let Some(facts) = now.pipeline(self.pipeline) else { return Vec::new() };
        let mut found = Vec::new();
        for (name, job) in &facts.jobs {
            if self.edited.job(*job).is_none() {
                let reason = Reason::new("removed", format!("the edited file has no job {name}"));
                found.push(NoLonger { job: name.clone(), reasons: vec![reason] });
                continue;
            }
            let is_blocked = |line: &Line| line.decide(*job).is_some_and(|evaluation| evaluation.decision.verdict == Verdict::Blocked);
            let is_cut_off = !is_blocked(now) && is_blocked(self.edited) && !rehearsal.started.contains(job);
            let stays_away = before.started.contains(job) && !rehearsal.started.contains(job);
            if (is_cut_off || stays_away)
                && let Some((decision, wanted)) = rehearsal.line.explain(*job, notes)
            {
                asked.extend(wanted);
                found.push(NoLonger { job: name.clone(), reasons: decision.reasons });
            }
        }
        found
    }
}

fn show_start(rehearsal: &Rehearsal, notes: &Notes, (wave, start): (usize, &RehearsedStart)) -> Option<SimulatedStart> {
    let line = &rehearsal.line;
    let facts = line.job(start.job)?;
    let pipeline = line.pipeline(facts.pipeline)?;
    let declared = pipeline.document.jobs.iter().find(|job| job.name == facts.name)?;
    let show_input = |input: &RehearsedInput| SimulatedInput {
        name: input.name.clone(),
        version: version_name(line, notes, input.version),
        pretended: rehearsal.made.contains_key(&input.version),
    };
    Some(SimulatedStart {
        wave,
        pipeline: pipeline.document.pipeline.clone(),
        job: facts.name.clone(),
        inputs: start.inputs.iter().map(show_input).collect(),
        gate: list_rules(declared),
        when: declared.when.clone(),
        replaces: start.replaces.map(|run| {
            let number = notes.runs.get(&run).map(|note| note.number.clone()).unwrap_or_default();
            format!("{} #{number}", facts.name)
        }),
        waits_for_slot: start.waits_for_slot,
    })
}

fn list_rules(job: &Job) -> Option<Vec<String>> {
    let JobBody::Approval(approval) = &job.body else { return None };
    let rule = |rule: &Requirement| {
        let from: Vec<String> = rule.from.iter().map(why::approver_name).collect();
        format!("{} of {}", rule.count, from.join(" or "))
    };
    Some(approval.require.iter().map(rule).collect())
}

/// What made-up versions are called.
pub(super) fn pretend_names(rehearsal: &Rehearsal, pretended: &[Pretended]) -> Notes {
    let mut notes = Notes::default();
    let line = &rehearsal.line;
    let mut published: BTreeMap<ResourceId, Vec<&Pretended>> = BTreeMap::new();
    for version in pretended {
        published.entry(version.resource).or_default().push(version);
    }
    // In the order in which they came: the identifiers of made-up versions go down.
    let made: BTreeMap<_, _> = rehearsal.made.iter().map(|(id, by)| (std::cmp::Reverse(*id), *by)).collect();
    for (std::cmp::Reverse(id), by) in made {
        let label = match by {
            Some(job) => format!("(new, by {})", line.job(job).map_or("", |job| job.name.as_str())),
            None => {
                let resource = line.history().version(id).map(|version| version.resource);
                let of = resource.and_then(|resource| published.get_mut(&resource)).filter(|of| !of.is_empty());
                of.map_or_else(|| "(new)".to_owned(), |of| names::short(&of.remove(0).map))
            }
        };
        notes.versions.insert(id, VersionNote { label, value: String::new(), disabled_reason: None });
    }
    notes
}
