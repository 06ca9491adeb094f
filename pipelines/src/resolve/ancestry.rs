//! Which runs a run follows, directly and through others: what combined upstream runs must agree on beside versions.
//!
//! Only what was *followed* counts, through `after` or through `passed` on an input that triggers. Who made a version that
//! a run merely consumed does not: whoever takes the same version agrees, however often it was made again. Nothing is
//! stored per run but its own upstream runs and its few roots, so a history costs what happened, not how long the line is.

use super::hashing::{IdMap, IdSet};
use super::history::Run;
use super::index::History;
use super::position::{Position, Positions};
use crate::ids::{JobId, JobRunId};
use std::sync::Arc;

/// Roots are kept for this many jobs, those with the lowest identifiers: enough to find the runs of one wave, and a fan-in of
/// a thousand jobs does not hand a thousand roots on to everything behind it.
const ROOT_JOBS: usize = 8;

/// Runs that are skipped on the way up before a walk; each costs the same whether the walk is known or not.
const MOST_SKIPPED: usize = 8;

/// The nearest run of each job: the run itself, and those that it follows, directly or through others. Of equally near
/// ones the newest.
pub(super) type Ancestry = Vec<(JobId, JobRunId)>;

/// The runs at the start of a run's ancestry, which follow nothing themselves; sorted.
pub(super) type Roots = Arc<[(JobId, JobRunId)]>;

/// What is kept of a run for the ancestry of later ones; it outlives the run.
#[derive(Clone, Debug)]
pub(super) struct Ancestor {
    pub(super) job: JobId,
    pub(super) sequence: i64,
    /// The runs that it followed, known or not.
    upstream: Box<[JobRunId]>,
    pub(super) roots: Roots,
}

/// Memory for walks along ancestries, taken up again from one to the next.
#[derive(Debug, Default)]
pub(super) struct Walk {
    found: IdSet<JobId>,
    seen: IdSet<JobRunId>,
    level: Vec<(i64, JobRunId)>,
    next: Vec<(i64, JobRunId)>,
}

impl History {
    /// See [`Ancestry`]; only of these jobs, and the walk ends when it has found so many. What was forgotten still counts;
    /// what never arrived does not. Also says how many runs were looked at.
    pub(super) fn ancestry(&self, run: JobRunId, (jobs, count): (&IdSet<JobId>, usize), walk: &mut Walk) -> (Ancestry, usize) {
        let mut nearest: Ancestry = Vec::with_capacity(count);
        let Walk { found, seen, level, next } = walk;
        found.clear();
        seen.clear();
        level.clear();
        seen.insert(run);
        level.extend(self.ancestors.get(&run).map(|ancestor| (ancestor.sequence, run)));
        while !level.is_empty() && nearest.len() < count {
            level.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
            for (_, run) in level.drain(..) {
                let Some(ancestor) = self.ancestors.get(&run) else { continue };
                if jobs.contains(&ancestor.job) && found.insert(ancestor.job) {
                    nearest.push((ancestor.job, run));
                }
                for upstream in ancestor.upstream.iter().filter(|upstream| seen.insert(**upstream)) {
                    next.extend(self.ancestors.get(upstream).map(|ancestor| (ancestor.sequence, *upstream)));
                }
            }
            std::mem::swap(level, next);
        }
        (nearest, seen.len())
    }

    /// Whether the run follows nothing that is known.
    pub(super) fn is_root(&self, run: JobRunId) -> bool {
        self.ancestors.get(&run).is_some_and(|ancestor| !ancestor.upstream.iter().any(|upstream| self.ancestors.contains_key(upstream)))
    }

    /// A run further up with the same ancestry, as far as these jobs go: whatever lies between is of none of them, and there is
    /// one way up.
    pub(super) fn skip_up(&self, mut run: JobRunId, jobs: &IdSet<JobId>) -> JobRunId {
        for _ in 0..MOST_SKIPPED {
            match self.ancestors.get(&run) {
                Some(Ancestor { job, upstream, .. }) if upstream.len() == 1 && !jobs.contains(job) => run = upstream[0],
                _ => break,
            }
        }
        run
    }

    /// The jobs that runs of the job may have in their ancestry, itself included; never too few.
    pub(super) fn ancestor_jobs(&self, job: JobId, seen: &mut IdSet<JobId>) -> Vec<JobId> {
        seen.clear();
        seen.insert(job);
        let (mut found, mut next) = (vec![job], 0);
        while let Some(job) = found.get(next) {
            found.extend(self.followed_jobs.get(job).into_iter().flatten().filter(|upstream| seen.insert(**upstream)));
            next += 1;
        }
        found
    }

    /// Notes whom the run follows.
    pub(super) fn note_ancestor(&mut self, run: &Run) {
        let quiet = self.quiet_upstream.get(&run.job);
        let is_quiet = |job: JobId| quiet.is_some_and(|quiet| quiet.contains(&job));
        let mut upstream = run.consumed_runs.clone();
        upstream.retain(|id| *id != run.id && self.ancestors.get(id).is_none_or(|ancestor| !is_quiet(ancestor.job)));
        let known: Vec<&Ancestor> = upstream.iter().filter_map(|id| self.ancestors.get(id)).collect();
        let roots = gather_roots((run.job, run.id), &known);
        let jobs: Vec<JobId> = known.iter().map(|ancestor| ancestor.job).collect();
        self.followed_jobs.entry(run.job).or_default().extend(jobs);
        let ancestor = Ancestor { job: run.job, sequence: run.sequence, upstream: upstream.into_boxed_slice(), roots };
        self.ancestors.insert(run.id, ancestor);
    }
}

fn gather_roots(own: (JobId, JobRunId), upstream: &[&Ancestor]) -> Roots {
    let Some((first, others)) = upstream.split_first() else { return Arc::new([own]) };
    // Runs of one wave share their roots, and share them in memory too.
    if others.iter().all(|other| Arc::ptr_eq(&other.roots, &first.roots) || other.roots == first.roots) {
        return Arc::clone(&first.roots);
    }
    let mut roots: Vec<(JobId, JobRunId)> = upstream.iter().flat_map(|ancestor| ancestor.roots.iter().copied()).collect();
    roots.sort_unstable();
    roots.dedup();
    let mut jobs = 0;
    let mut last = None;
    let beyond = roots.iter().position(|(job, _)| {
        jobs += usize::from(last.replace(*job) != Some(*job));
        jobs > ROOT_JOBS
    });
    roots.truncate(beyond.unwrap_or(roots.len()));
    roots.into()
}

/// Which runs of one job have which roots.
#[derive(Clone, Debug, Default)]
pub(super) struct Rooted {
    /// Sorted by job.
    by_job: Vec<(JobId, RootedByJob)>,
}

#[derive(Clone, Debug, Default)]
struct RootedByJob {
    runs: IdMap<JobRunId, Positions>,
    /// How many runs have some root of the job.
    run_count: usize,
}

impl Rooted {
    pub(super) fn add(&mut self, position: Position, roots: &Roots) {
        let mut last = None;
        for (job, root) in roots.iter() {
            let place = self.by_job.partition_point(|(other, _)| other < job);
            if self.by_job.get(place).is_none_or(|(other, _)| other != job) {
                self.by_job.insert(place, (*job, RootedByJob::default()));
            }
            let by_job = &mut self.by_job[place].1;
            by_job.run_count += usize::from(last.replace(*job) != Some(*job));
            by_job.runs.entry(*root).and_modify(|runs| runs.add(position)).or_insert(Positions::One(position));
        }
    }

    pub(super) fn remove(&mut self, position: Position, roots: &Roots) {
        let mut last = None;
        for (job, root) in roots.iter() {
            let Ok(place) = self.by_job.binary_search_by_key(job, |(other, _)| *other) else { continue };
            let by_job = &mut self.by_job[place].1;
            by_job.run_count -= usize::from(last.replace(*job) != Some(*job));
            if by_job.runs.get_mut(root).is_some_and(|runs| !runs.remove(position)) {
                by_job.runs.remove(root);
            }
            if by_job.runs.is_empty() {
                self.by_job.remove(place);
            }
        }
    }

    fn find(&self, job: JobId) -> Option<&RootedByJob> {
        let place = self.by_job.binary_search_by_key(&job, |(other, _)| *other).ok()?;
        Some(&self.by_job[place].1)
    }

    /// The runs with that root, oldest first.
    pub(super) fn with_root(&self, job: JobId, root: JobRunId) -> &[Position] {
        self.find(job).and_then(|by_job| by_job.runs.get(&root)).map_or(&[], Positions::as_slice)
    }

    /// How many runs have some root of the job.
    pub(super) fn count(&self, job: JobId) -> usize {
        self.find(job).map_or(0, |by_job| by_job.run_count)
    }
}
