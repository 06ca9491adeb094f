//! Explanations and rehearsals of lines that no server has: bounds, and what only a broken history shows.

use andon_pipelines::decide::{Bindings, Line, Notes, Pauses, PipelineFacts, Pretended, Reason, list_satisfying, rehearse};
use andon_pipelines::document::{Document, read, render};
use andon_pipelines::ids::{JobId, PipelineId, ResourceId, VersionId, WorkspaceId};
use andon_pipelines::resolve::Version;
use std::collections::BTreeMap;
use std::sync::Arc;

fn document(text: &str) -> Document {
    let reading = read(text, "andon.yml");
    reading.document.unwrap_or_else(|| panic!("{}", render(&reading.diagnostics)))
}

/// A line with one pipeline; resources and jobs are numbered in the order of the file, from 1.
fn line(text: &str, pins: &[(u64, u64)]) -> (Line, PipelineFacts) {
    let document = document(text);
    let ids = 1..;
    let resources = document.resources.iter().zip(ids.clone()).map(|(resource, id)| (resource.name.clone(), ResourceId::from_number(id)));
    let jobs = document.jobs.iter().zip(ids).map(|(job, id)| (job.name.clone(), JobId::from_number(id)));
    let facts = PipelineFacts {
        id: PipelineId::from_number(1),
        workspace: WorkspaceId::from_number(1),
        revision: 1,
        pauses: Pauses::default(),
        workspace_name: "main".to_owned(),
        bindings: Bindings::default(),
        resources: resources.collect(),
        jobs: jobs.collect(),
        document: Arc::new(document),
        pins: pins.iter().map(|(resource, version)| (ResourceId::from_number(*resource), VersionId::from_number(*version))).collect(),
        pinned_inputs: Vec::new(),
    };
    let mut line = Line::default();
    line.set_pipeline(facts.clone());
    (line, facts)
}

fn publish(resource: u64, value: &str) -> Pretended {
    Pretended { resource: ResourceId::from_number(resource), map: BTreeMap::from([("n".to_owned(), value.to_owned())]) }
}

fn count(reasons: &[Reason]) -> usize {
    reasons.iter().map(|reason| 1 + count(&reason.children)).sum()
}

fn depth(reasons: &[Reason]) -> usize {
    reasons.iter().map(|reason| 1 + depth(&reason.children)).max().unwrap_or(0)
}

const ONE: &str = "pipeline: p\nresources:\n  s: { type: trigger }\njobs:\n  one: { inputs: [s], steps: [{ run: make }] }\n";

#[test]
fn a_pin_to_a_version_that_was_removed_says_how_to_let_it_go() {
    let (mut line, _) = line(ONE, &[(1, 7)]);
    line.add_version(Version { id: VersionId::from_number(8), resource: ResourceId::from_number(1), order: 1, disabled: false });
    let (decision, _) = line.explain(JobId::from_number(1), &Notes::default()).unwrap();
    let reason = &decision.reasons[0];
    assert_eq!((reason.kind.as_str(), reason.unblock.as_deref()), ("pin-missing", Some("unpin s")));
    assert_eq!(reason.command.as_deref(), Some("andon unpin p/s"));
}

/// `layers` rows of `width` jobs, each after all of the row before.
fn lattice(layers: usize, width: usize) -> String {
    let mut text = "pipeline: p\nresources:\n  s: { type: trigger }\njobs:\n".to_owned();
    for layer in 0..layers {
        for place in 0..width {
            let after: Vec<String> = (0..width).map(|other| format!("j{}-{other}", layer.wrapping_sub(1))).collect();
            let rule = if layer == 0 { "inputs: [s]".to_owned() } else { format!("after: [{}]", after.join(", ")) };
            text.push_str(&format!("  j{layer}-{place}: {{ {rule}, steps: [{{ run: make }}] }}\n"));
        }
    }
    text
}

#[test]
fn explanations_of_long_and_wide_lines_stay_small() {
    for (layers, width) in [(40, 1), (12, 5), (3, 40)] {
        let (line, facts) = line(&lattice(layers, width), &[]);
        let last = facts.jobs[&format!("j{}-0", layers - 1)];
        let (decision, _) = line.explain(last, &Notes::default()).unwrap();
        assert!(count(&decision.reasons) < 2_000, "{layers}×{width}: {}", count(&decision.reasons));
        assert!((2..=12).contains(&depth(&decision.reasons)), "{layers}×{width}: {}", depth(&decision.reasons));
        assert!(decision.reasons.iter().all(|reason| reason.unblock.is_some()));
    }
}

#[test]
fn a_rehearsal_plays_every_job_once_in_its_wave_and_leaves_the_line_alone() {
    let (line, facts) = line(&lattice(4, 3), &[]);
    let quiet = rehearse(line.clone(), &[]);
    assert_eq!((quiet.waves.len(), quiet.truncated), (0, false));
    let played = rehearse(line.clone(), &[publish(1, "one")]);
    assert_eq!(played.waves.iter().map(|wave| wave.starts.len()).collect::<Vec<_>>(), [3, 3, 3, 3]);
    assert_eq!(played.started.len(), facts.jobs.len());
    assert_eq!(line.history().versions(ResourceId::from_number(1)).count(), 0);
    let again = rehearse(played.line, &[]);
    assert_eq!(again.waves.len(), 0, "it is quiet then");
    let twice = rehearse(line, &[publish(1, "one"), publish(1, "two")]);
    assert_eq!(twice.waves[0].starts.len(), 3, "the newest of both");
}

#[test]
fn a_line_that_is_too_long_is_followed_up_to_a_bound() {
    let (line, _) = line(&lattice(260, 1), &[]);
    let played = rehearse(line, &[publish(1, "one")]);
    assert_eq!((played.waves.len(), played.truncated), (200, true));
}

#[test]
fn every_version_of_a_free_input_makes_a_set_and_disabled_ones_do_not() {
    let (mut line, _) = line(ONE, &[]);
    for number in 1..=5 {
        let version = Version {
            id: VersionId::from_number(number),
            resource: ResourceId::from_number(1),
            order: number as i64,
            disabled: number == 4,
        };
        line.add_version(version);
    }
    let found = list_satisfying(&line, JobId::from_number(1), 3).unwrap();
    let versions: Vec<VersionId> = found.sets.iter().map(|set| set.inputs[0].version).collect();
    assert_eq!(versions, [5, 3, 2].map(VersionId::from_number));
    assert_eq!(found.held, []);
    assert_eq!(list_satisfying(&line, JobId::from_number(9), 3), None);
}
