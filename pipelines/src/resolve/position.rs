//! Where a job run stands among the runs of its job.

use crate::ids::JobRunId;

/// Orders the runs of a job, oldest first: by sequence, but a rerun stands just after its original (and after the
/// earlier reruns of it), before the run that came next. So the rerun of an old run is never the newest, and the rerun of
/// the newest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    original_sequence: i64,
    is_rerun: bool,
    sequence: i64,
    run: JobRunId,
}

impl Position {
    /// The place of a run that is no rerun.
    pub(super) const fn original(sequence: i64, run: JobRunId) -> Self {
        Self { original_sequence: sequence, is_rerun: false, sequence, run }
    }

    /// The place of a rerun of the run at `original`, which may be a rerun itself.
    pub(super) const fn rerun(original: Self, sequence: i64, run: JobRunId) -> Self {
        Self { original_sequence: original.original_sequence, is_rerun: true, sequence, run }
    }

    /// The run that stands here.
    #[must_use]
    pub const fn run(self) -> JobRunId {
        self.run
    }

    pub(super) const fn sequence(self) -> i64 {
        self.sequence
    }
}

/// Some runs of one job, oldest first; most often one.
#[derive(Clone, Debug)]
pub(super) enum Positions {
    One(Position),
    Many(Vec<Position>),
}

impl Positions {
    pub(super) fn add(&mut self, run: Position) {
        match self {
            Self::One(other) => *self = Self::Many(vec![run.min(*other), run.max(*other)]),
            Self::Many(runs) => {
                let place = runs.partition_point(|other| *other < run);
                runs.insert(place, run);
            }
        }
    }

    /// Takes the run out; `false` if none is left.
    pub(super) fn remove(&mut self, run: Position) -> bool {
        match self {
            Self::One(other) => *other != run,
            Self::Many(runs) => {
                runs.retain(|other| *other != run);
                !runs.is_empty()
            }
        }
    }

    pub(super) fn as_slice(&self) -> &[Position] {
        match self {
            Self::One(run) => std::slice::from_ref(run),
            Self::Many(runs) => runs,
        }
    }
}
