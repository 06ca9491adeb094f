//! The sets that a person may choose from.

use super::line::Line;
use crate::ids::{JobId, VersionId};
use crate::resolve::{Choice, InputQuestion, PassedQuestion, Question, Resolved, list_sets};

/// The sets of versions that satisfy a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Satisfying {
    /// Best first.
    pub sets: Vec<Resolved>,
    /// Input and version: newer than what the first set has under that name, and not to be had yet.
    pub held: Vec<(String, VersionId)>,
}

/// Up to `limit` sets that satisfy the job's inputs, newest first. Where an input names no upstream job, each of its versions makes sets
/// of its own; of several such inputs, the first one's. `None` for a job that is not on the line.
#[must_use]
pub fn list_satisfying(line: &Line, job: JobId, limit: usize) -> Option<Satisfying> {
    let question = by_hand(line.jobs.get(&job)?.question.clone());
    let sets = list_sets_of(line, question.clone(), limit);
    let newest = |input: &InputQuestion| line.history.newest_version(input.resource).filter(|_| input.pins().is_none() && !input.state);
    let taken = |input: &InputQuestion| {
        let found = sets.first()?.inputs.iter().find(|taken| taken.name == input.name)?;
        line.history.version(found.version).map(|version| version.order)
    };
    let held = question.inputs.iter().filter_map(|input| {
        let newest = newest(input)?;
        (taken(input).is_none_or(|taken| taken < newest.order)).then(|| (input.name.clone(), newest.id))
    });
    let held = held.collect();
    Some(Satisfying { sets, held })
}

/// By hand, `every` chooses like `latest`.
fn by_hand(mut question: Question) -> Question {
    for input in question.inputs.iter_mut().filter(|input| input.version == Choice::Every) {
        input.version = Choice::Latest;
    }
    question
}

/// Up to `limit` sets that satisfy a question by hand, newest first.
pub(super) fn list_sets_of(line: &Line, question: Question, limit: usize) -> Vec<Resolved> {
    let question = by_hand(question);
    match question.inputs.iter().position(is_free) {
        Some(free) => list_with_free(line, &question, free, limit),
        None => list_sets(&line.history, &question, limit),
    }
}

fn is_free(input: &InputQuestion) -> bool {
    let asks_nothing = matches!(&input.passed, PassedQuestion::All(jobs) | PassedQuestion::Any(jobs) if jobs.is_empty());
    input.trigger && !input.state && asks_nothing && input.pins().is_none()
}

fn list_with_free(line: &Line, question: &Question, free: usize, limit: usize) -> Vec<Resolved> {
    let mut sets = Vec::new();
    let mut pinned = question.clone();
    for version in line.history.versions(question.inputs[free].resource).rev().filter(|version| !version.disabled) {
        if sets.len() >= limit {
            break;
        }
        pinned.inputs[free].version = Choice::Pin(version.id);
        sets.extend(list_sets(&line.history, &pinned, limit - sets.len()));
    }
    sets
}
