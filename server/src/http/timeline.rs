//! Where the time of a job run went.

use crate::store::line::stations::{ExecutionTimes, StationRun};
use serde::{Deserialize, Serialize};

/// What a job run did for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// For a slot or a window.
    Waiting,
    /// For a runner.
    Queued,
    Fetching,
    Running,
    /// For people.
    Awaiting,
}

/// A stretch of time, milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Span {
    pub kind: SpanKind,
    pub from: i64,
    /// Absent while it lasts.
    pub to: Option<i64>,
}

/// The stretches of a job run, one behind the other. Of several executions (a matrix, retries) the first that was queued, the first
/// that began and the last that had fetched count.
pub(super) fn spans(run: &StationRun, executions: &[ExecutionTimes]) -> Vec<Span> {
    let queued = executions.iter().map(|times| times.queued_at).min();
    let started = executions.iter().filter_map(|times| times.started_at).min();
    let fetched = executions.iter().filter_map(|times| times.fetched_at).max();
    // Nothing is executed for people's work.
    let people = run.started_at.filter(|_| executions.is_empty());
    let begins = [
        (SpanKind::Waiting, Some(run.created_at)),
        (SpanKind::Awaiting, people),
        (SpanKind::Queued, queued),
        (SpanKind::Fetching, started.filter(|_| fetched.is_some())),
        (SpanKind::Running, fetched.or(started)),
    ];
    let begins: Vec<(SpanKind, i64)> = begins.into_iter().filter_map(|(kind, at)| Some((kind, at?))).collect();
    let ends = begins.iter().skip(1).map(|(_, at)| Some(*at)).chain([run.ended_at]);
    let spans = begins.iter().zip(ends).map(|((kind, from), to)| Span { kind: *kind, from: *from, to });
    spans.filter(|span| span.to.is_none_or(|to| to > span.from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_pipelines::ids::{JobRunId, RunId};
    use andon_pipelines::state::JobRunStatus;

    fn run(started_at: Option<i64>, ended_at: Option<i64>) -> StationRun {
        StationRun {
            id: JobRunId::from_number(1),
            run: RunId::from_number(2),
            job: "build".to_owned(),
            number: 1,
            attempt: 0,
            status: JobRunStatus::Succeeded,
            reason: None,
            detail: None,
            created_at: 10,
            started_at,
            ended_at,
        }
    }

    fn tell(run: &StationRun, executions: &[ExecutionTimes]) -> Vec<(SpanKind, i64, Option<i64>)> {
        spans(run, executions).into_iter().map(|span| (span.kind, span.from, span.to)).collect()
    }

    #[test]
    fn every_stretch_of_an_executed_job_run_is_told() {
        let times = ExecutionTimes { queued_at: 20, started_at: Some(30), fetched_at: Some(35), ended_at: Some(50) };
        let later = ExecutionTimes { queued_at: 20, started_at: Some(32), fetched_at: Some(40), ended_at: Some(60) };
        assert_eq!(
            tell(&run(Some(30), Some(60)), &[times, later]),
            [
                (SpanKind::Waiting, 10, Some(20)),
                (SpanKind::Queued, 20, Some(30)),
                (SpanKind::Fetching, 30, Some(40)),
                (SpanKind::Running, 40, Some(60)),
            ]
        );
    }

    #[test]
    fn people_are_awaited_and_what_lasts_has_no_end() {
        assert_eq!(tell(&run(Some(10), None), &[]), [(SpanKind::Awaiting, 10, None)]);
        assert_eq!(tell(&run(None, None), &[]), [(SpanKind::Waiting, 10, None)]);
        let queued = ExecutionTimes { queued_at: 20, ..ExecutionTimes::default() };
        assert_eq!(tell(&run(None, Some(25)), &[queued]), [(SpanKind::Waiting, 10, Some(20)), (SpanKind::Queued, 20, Some(25))]);
    }
}
