//! Who explains: the line, what was noted from the store, and how far up the line it may go.

use super::super::decision::{Decision, Reason, Verdict};
use super::super::line::Line;
use super::notes::{Asked, Notes};
use crate::ids::{JobId, VersionId};
use crate::resolve::Blocked;
use std::cell::{Cell, RefCell};

/// How many jobs up the line an explanation goes.
const FURTHEST: usize = 8;
/// How many branches below its first ones an explanation has at most.
const MOST_BRANCHES: usize = 120;

/// One explanation in the making.
#[derive(Debug)]
pub(in crate::decide) struct Explainer<'a> {
    pub(super) line: &'a Line,
    pub(super) notes: &'a Notes,
    asked: RefCell<Asked>,
    /// How far up the line it may still go from here.
    level: Cell<usize>,
    branches: Cell<usize>,
}

static NOTHING: std::sync::LazyLock<Notes> = std::sync::LazyLock::new(Notes::default);

/// Why a resolution for a job finds nothing, in words.
#[must_use]
pub fn explain_blocked(line: &Line, job: JobId, blocked: &[Blocked]) -> Vec<Reason> {
    Explainer::plain(line).blocked(job, blocked).reasons
}

impl<'a> Explainer<'a> {
    /// One that says only what is the matter with the job itself, in the line's own words.
    pub(in crate::decide) fn plain(line: &'a Line) -> Self {
        Self::new(line, &NOTHING, 0)
    }

    fn new(line: &'a Line, notes: &'a Notes, level: usize) -> Self {
        Self { line, notes, asked: RefCell::default(), level: Cell::new(level), branches: Cell::new(MOST_BRANCHES) }
    }

    /// Remembers what would be worth knowing.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&mut Asked) -> T) {
        ask(&mut self.asked.borrow_mut());
    }

    /// What stands behind a reason, as far as the explanation goes.
    pub(super) fn behind(&self, explain: impl FnOnce() -> Vec<Reason>) -> Vec<Reason> {
        let (level, branches) = (self.level.get(), self.branches.get());
        if level == 0 || branches == 0 {
            return Vec::new();
        }
        self.level.set(level - 1);
        self.branches.set(branches - 1);
        let children = explain();
        self.level.set(level);
        children
    }
}

impl Line {
    /// As [`Self::decide`] says it, without doing it: the tree of reasons for a job as it stands now, with the names and times in `notes`,
    /// and what more could be noted. `None` for a job that is not on the line.
    #[must_use]
    pub fn explain(&self, job: JobId, notes: &Notes) -> Option<(Decision, Asked)> {
        self.explain_to(job, notes, FURTHEST)
    }

    /// As [`Self::explain`], about the job alone: what is stored with it.
    #[must_use]
    pub fn explain_briefly(&self, job: JobId, notes: &Notes) -> Option<(Decision, Asked)> {
        self.explain_to(job, notes, 0)
    }

    fn explain_to(&self, job: JobId, notes: &Notes, level: usize) -> Option<(Decision, Asked)> {
        let explainer = Explainer::new(self, notes, level);
        let (decision, _) = self.judge(job, self.jobs.get(&job)?, &explainer);
        Some((decision, explainer.asked.into_inner()))
    }

    /// Why a version has, or has not, got to a job. `None` for a job that is not on the line, or a version that is not in the history.
    #[must_use]
    pub fn explain_version(&self, job: JobId, version: VersionId, notes: &Notes) -> Option<(Decision, Asked)> {
        let explainer = Explainer::new(self, notes, FURTHEST);
        self.jobs.get(&job)?;
        self.history.version(version)?;
        let (verdict, reasons) = explainer.journey(job, version);
        Some((Decision { verdict, reasons }, explainer.asked.into_inner()))
    }
}

/// Whether everything that stands in the way is on its way out by itself, or waits for people who know of it.
pub(super) fn verdict_of(reasons: &[Reason]) -> Verdict {
    let waits = |reason: &Reason| {
        matches!(reason.kind.as_str(), "running" | "queued" | "waiting" | "awaiting" | "stopping" | "about-to-start" | "in-line")
    };
    let all = reasons.iter().flat_map(Reason::leaves).all(waits);
    if all && !reasons.is_empty() { Verdict::Waiting } else { Verdict::Blocked }
}
