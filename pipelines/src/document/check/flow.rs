//! How the line flows, through other pipelines too: cycles, and `passed` that no version could fulfil.

use super::jobs::{after_job, output_resource};
use super::names::Names;
use crate::document::ancestry::Lineages;
use crate::document::file::{JobFile, PipelineFile};
use crate::document::file_parts::{InputItem, NameOr};
use crate::document::findings::Findings;
use crate::document::foreign::split_foreign;
use crate::document::line::{Flow, Line, Station};
use crate::document::model::AfterOutcome;
use crate::document::surroundings::Home;
use std::collections::BTreeSet;

/// Most cycles that are named.
const NAMED: usize = 10;

pub(super) fn check_flow(file: &PipelineFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    let line = draw(file, names);
    check_cycles((file, names.pipeline), &line, findings);
    check_passed(file, names, &line, findings);
}

/// The file's line, as far as it could be read.
fn draw(file: &PipelineFile, names: &Names<'_>) -> Line {
    let stations = file.jobs.iter().flat_map(|map| &map.value.entries).map(|(name, job)| match job {
        Some(job) => station_of(&name.value.0, &job.value),
        None => Station { name: name.value.0.clone(), ..Station::default() },
    });
    let mut stations: Vec<Station> = stations.collect();
    let state = names.resources.keys().filter(|name| names.kind_of(name) == Some("state"));
    let mut states: BTreeSet<String> = state.map(|name| (*name).to_owned()).collect();
    let home = home_of(file, names.pipeline.unwrap_or_default());
    let (foreign, foreign_states) = names.surroundings.draw(&home);
    stations.extend(foreign);
    states.extend(foreign_states);
    Line::new(stations, states)
}

/// How other pipelines may call what is in this file.
fn home_of<'a>(file: &'a PipelineFile, pipeline: &'a str) -> Home<'a> {
    let jobs = file.jobs.iter().flat_map(|map| &map.value.entries);
    let jobs = jobs.filter_map(|(name, job)| Some((job.as_ref()?.value.was.as_ref()?.value.0.as_str(), name.value.0.as_str())));
    let resources = file.resources.iter().flat_map(|map| &map.value.entries);
    let resources = resources.filter_map(|(name, item)| Some((item.as_ref()?.value.was()?.value.0.as_str(), name.value.0.as_str())));
    Home { pipeline, jobs: jobs.collect(), resources: resources.collect() }
}

fn station_of(name: &str, job: &JobFile) -> Station {
    let after = job.after.iter().flat_map(|list| &list.value.0).filter_map(|item| {
        let on = match &item.value {
            NameOr::Name(_) => AfterOutcome::default(),
            NameOr::Record(record) => record.on.as_ref().map(|on| on.value).unwrap_or_default(),
        };
        after_job(item).map(|(reference, _)| (reference.0.clone(), on))
    });
    let outputs = job.outputs.iter().flat_map(|list| &list.value.0).filter_map(output_resource);
    // A refused output closes no loop.
    let outputs = outputs.filter(|(reference, _)| split_foreign(&reference.0).is_none());
    let inputs = job.inputs.iter().flat_map(|list| &list.value.0).filter_map(|item| flow_of(&item.value));
    Station {
        name: name.to_owned(),
        after: after.collect(),
        inputs: inputs.collect(),
        outputs: outputs.map(|(reference, _)| reference.0.clone()).collect(),
    }
}

fn flow_of(item: &InputItem) -> Option<Flow> {
    match item {
        NameOr::Name(reference) => Some(Flow { resource: reference.0.clone(), passed: Vec::new(), trigger: true }),
        NameOr::Record(record) => Some(Flow {
            resource: record.resource.as_ref()?.value.0.clone(),
            passed: record.passed.iter().flat_map(|passed| passed.value.jobs()).map(|job| job.value.0.clone()).collect(),
            trigger: record.trigger.as_ref().is_none_or(|trigger| trigger.value),
        }),
    }
}

fn check_cycles((file, pipeline): (&PipelineFile, Option<&str>), line: &Line, findings: &mut Findings<'_>) {
    let own = file.jobs.iter().map(|map| map.value.entries.len()).sum();
    // What other pipelines do among themselves is theirs to mend.
    let touching = line.list_cycles().into_iter().filter(|cycle| cycle.iter().any(|index| *index < own));
    for cycle in touching.take(NAMED) {
        let crosses = cycle.iter().any(|index| *index >= own);
        let name = |index: usize| match pipeline {
            Some(pipeline) if crosses && index < own => format!("{pipeline}/{}", line.stations[index].name),
            _ => line.stations[index].name.clone(),
        };
        let mut names: Vec<String> = cycle.iter().map(|index| name(*index)).collect();
        names.push(name(cycle[0]));
        let first = line.stations[cycle[0]].name.as_str();
        let mut jobs = file.jobs.iter().flat_map(|map| &map.value.entries);
        let span = jobs.find(|(name, _)| name.value.0 == first).map(|(name, _)| name.span).unwrap_or_default();
        let help = "only a `state` resource may be in a loop; break it with `trigger: false`, or carry the value in a state".to_owned();
        findings.error_with("cycle", span, format!("the jobs wait for each other: {}", names.join(" → ")), Some(help));
    }
}

fn check_passed(file: &PipelineFile, names: &Names<'_>, line: &Line, findings: &mut Findings<'_>) {
    let lineages = Lineages::of(line);
    let jobs = file.jobs.iter().flat_map(|map| &map.value.entries).filter_map(|(_, job)| job.as_ref());
    for item in jobs.flat_map(|job| &job.value.inputs).flat_map(|list| &list.value.0) {
        let NameOr::Record(record) = &item.value else { continue };
        let (Some(resource), Some(passed)) = (&record.resource, &record.passed) else { continue };
        let resource = resource.value.0.as_str();
        // What is unknown, or a state, has been reported where it stands.
        if names.kind_of(resource).is_none() || line.is_state(resource) {
            continue;
        }
        for job in passed.value.jobs() {
            let name = job.value.0.as_str();
            if !names.sees_job(name) {
                continue;
            }
            if !lineages.contains(name, resource) {
                let message = format!("no version of \"{resource}\" ever passes \"{name}\"");
                let help = format!("neither \"{name}\" nor anything upstream of it consumes or makes \"{resource}\"");
                findings.error_with("never", job.span, message, Some(help));
            }
        }
    }
}
