//! Which runs a run follows, directly and through others: what combined upstream runs must agree on beside versions.
//!
//! Only what was *followed* counts, through `after` or through `passed` on an input that triggers. Who made a version that
//! a run merely consumed does not: whoever takes the same version agrees, however often it was made again. Nothing is
//! stored per run but its own upstream runs and its few roots, so a history costs what happened, not how long the line is.

use super::hashing::IdSet;
use super::index::History;
use super::number::{JobNo, Number, RunNo};
use super::runs::Roots;

/// Roots are kept for this many jobs, those with the lowest identifiers: enough to find the runs of one wave, and a fan-in of
/// a thousand jobs does not hand a thousand roots on to everything behind it.
const ROOT_JOBS: usize = 8;

/// Runs that are skipped on the way up before a walk; each costs the same whether the walk is known or not.
const MOST_SKIPPED: usize = 8;

/// The nearest run of each job: the run itself, and those that it follows, directly or through others. Of equally near
/// ones the newest.
pub(super) type Ancestry = Vec<(JobNo, RunNo)>;

/// Memory for walks along ancestries, taken up again from one to the next.
#[derive(Debug, Default)]
pub(super) struct Walk {
    found: IdSet<JobNo>,
    seen: IdSet<RunNo>,
    level: Vec<RunNo>,
    next: Vec<RunNo>,
}

impl History {
    /// See [`Ancestry`]; only of these jobs, and the walk ends when it has found so many. What was forgotten still counts;
    /// what never arrived does not. Also says how many runs were looked at.
    pub(super) fn ancestry(&self, run: RunNo, (jobs, count): (&IdSet<JobNo>, usize), walk: &mut Walk) -> (Ancestry, usize) {
        let mut nearest: Ancestry = Vec::with_capacity(count);
        let Walk { found, seen, level, next } = walk;
        found.clear();
        seen.clear();
        level.clear();
        seen.insert(run);
        level.extend(Some(run).filter(|run| self.runs.is_ancestor(*run)));
        while !level.is_empty() && nearest.len() < count {
            if level.len() > 1 {
                level.sort_unstable_by_key(|run| std::cmp::Reverse((self.runs.get(*run).sequence, self.runs.id(*run))));
            }
            for run in level.drain(..) {
                let job = self.runs.get(run).job;
                if jobs.contains(&job) && found.insert(job) {
                    nearest.push((job, run));
                }
                next.extend(self.list_followed(run).filter(|upstream| seen.insert(*upstream)));
            }
            std::mem::swap(level, next);
        }
        (nearest, seen.len())
    }

    /// The known upstream runs that the run follows, as far as they count to its ancestry: those of quiet jobs do not.
    fn list_followed(&self, run: RunNo) -> impl Iterator<Item = RunNo> {
        let quiet = &self.jobs[self.runs.get(run).job.place()].quiet;
        let is_loud = move |upstream: RunNo| quiet.is_empty() || !quiet.contains(&self.runs.get(upstream).job);
        self.runs.follows(run).filter(move |upstream| *upstream != run && self.runs.is_ancestor(*upstream) && is_loud(*upstream))
    }

    /// Whether the run follows nothing that is known.
    pub(super) fn is_root(&self, run: RunNo) -> bool {
        self.runs.is_ancestor(run) && self.list_followed(run).next().is_none()
    }

    /// A run further up with the same ancestry, as far as these jobs go: whatever lies between is of none of them, and there is
    /// one way up.
    pub(super) fn skip_up(&self, mut run: RunNo, jobs: &IdSet<JobNo>) -> RunNo {
        for _ in 0..MOST_SKIPPED {
            if !self.runs.is_ancestor(run) || jobs.contains(&self.runs.get(run).job) {
                break;
            }
            let mut followed = self.list_followed(run);
            match (followed.next(), followed.next()) {
                (Some(upstream), None) => run = upstream,
                _ => break,
            }
        }
        run
    }

    /// The jobs that runs of the job may have in their ancestry, itself included; never too few.
    pub(super) fn ancestor_jobs(&self, job: JobNo, seen: &mut IdSet<JobNo>) -> Vec<JobNo> {
        seen.clear();
        seen.insert(job);
        let (mut found, mut next) = (vec![job], 0);
        while let Some(job) = found.get(next) {
            found.extend(self.jobs[job.place()].followed_jobs.iter().filter(|upstream| seen.insert(**upstream)));
            next += 1;
        }
        found
    }

    /// The runs at the start of the run's ancestry, sorted by their jobs' identifiers.
    pub(super) fn roots(&self, run: RunNo) -> &[RunNo] {
        self.runs.get(run).roots.list(&self.root_lists)
    }

    /// Notes whom the run follows.
    pub(super) fn note_ancestors(&mut self, run: RunNo) {
        let upstream: Vec<RunNo> = self.list_followed(run).collect();
        let job = self.runs.get(run).job;
        let roots = self.gather_roots(run, &upstream);
        for upstream in upstream {
            let followed = self.runs.get(upstream).job;
            self.jobs[job.place()].followed_jobs.insert(followed);
        }
        let standing = std::mem::replace(&mut self.runs.get_mut(run).roots, roots);
        if let Roots::Several(list) = standing {
            self.root_lists.let_go(list);
        }
    }

    fn gather_roots(&mut self, own: RunNo, upstream: &[RunNo]) -> Roots {
        let Some((first, others)) = upstream.split_first() else { return Roots::One(own) };
        // Runs of one wave share their roots, and share them in memory too.
        let shared = self.runs.get(*first).roots;
        if others.iter().all(|other| self.runs.get(*other).roots == shared || self.roots(*other) == self.roots(*first)) {
            if let Roots::Several(list) = shared {
                self.root_lists.hold(list);
            }
            return shared;
        }
        let key = |run: RunNo| (self.job_numbers.id(self.runs.get(run).job), self.runs.id(run));
        let mut roots: Vec<RunNo> = upstream.iter().flat_map(|run| self.roots(*run)).copied().collect();
        roots.sort_unstable_by_key(|run| key(*run));
        roots.dedup();
        let mut jobs = 0;
        let mut last = None;
        let beyond = roots.iter().position(|run| {
            let job = self.runs.get(*run).job;
            jobs += usize::from(last.replace(job) != Some(job));
            jobs > ROOT_JOBS
        });
        roots.truncate(beyond.unwrap_or(roots.len()));
        if let [root] = roots.as_slice() { Roots::One(*root) } else { Roots::Several(self.root_lists.put(roots.into())) }
    }
}
