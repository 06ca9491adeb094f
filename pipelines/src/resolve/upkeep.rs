//! What follows from a run: its place, its lineage, who it follows, and where all that is noted.

use super::hashing::IdMap;
use super::history::RunStatus;
use super::index::History;
use super::number::{JobNo, Number, RunNo, VersionNo};
use super::runs::Standing;

impl History {
    /// Lets everything follow from a run that has arrived.
    pub(super) fn put_in(&mut self, run: RunNo) {
        self.enter(run);
        self.vouch(run);
    }

    /// Takes a run in, with all that follows from it but for the index of what it vouches for.
    pub(super) fn enter(&mut self, run: RunNo) {
        self.runs.place(run);
        if self.runs.get(run).status != RunStatus::Active {
            self.trace(run);
        }
        for version in self.runs.versions(run) {
            if !self.versions.is_known(version) {
                self.awaiting.entry(version).or_default().insert(run);
            }
        }
        self.note_ancestors(run);
        let job = self.runs.get(run).job;
        let line = &mut self.jobs[job.place()];
        line.runs.insert(run, &self.runs);
        for (name, version) in self.runs.inputs(run) {
            let resource = self.versions.find(version).map(|version| version.resource);
            line.had.add_input(run, (name, version), resource, &self.runs);
        }
        for upstream in self.runs.follows(run) {
            line.had.add_followed(upstream);
        }
        self.runs.get_mut(run).standing = Standing::Known;
        self.note_followed(run);
        let followers = self.jobs[job.place()].followers();
        let by: Vec<JobNo> = followers.filter(|follower| self.jobs[follower.place()].had.has_followed(run)).collect();
        self.jobs[job.place()].put_unfollowed(run, &by, &self.runs);
        for version in self.runs.outputs(run) {
            self.makers.add(version, run, &self.runs);
        }
    }

    /// Notes with its job what a run that was entered vouches for.
    pub(super) fn vouch(&mut self, run: RunNo) {
        let record = self.runs.get(run);
        let (lineage, roots) = (self.lineages.get(record.lineage), record.roots.list(&self.root_lists));
        if let Some(ended) = self.jobs[record.job.place()].ended_mut(record.status) {
            ended.add(run, lineage, roots, &self.runs);
        }
    }

    /// The opposite of [`Self::put_in`]; only its ancestry stays, for the sake of those that followed it. `false` for a run that is not known.
    pub(super) fn take_out(&mut self, run: RunNo) -> bool {
        if !self.runs.is_known(run) {
            return false;
        }
        let record = self.runs.get(run);
        let line = &mut self.jobs[record.job.place()];
        line.runs.remove(run, &self.runs);
        for (name, version) in self.runs.inputs(run) {
            let resource = self.versions.find(version).map(|version| version.resource);
            line.had.remove_input(run, (name, version), resource, &self.runs);
        }
        line.drop_unfollowed(run, &self.runs);
        for upstream in self.runs.follows(run) {
            line.had.remove_followed(upstream);
        }
        let (lineage, roots) = (self.lineages.get(record.lineage), record.roots.list(&self.root_lists));
        if let Some(ended) = line.ended_mut(record.status) {
            ended.remove(run, lineage, roots, &self.runs);
        }
        for version in self.runs.outputs(run) {
            self.makers.remove(version, run, &self.runs);
        }
        for version in self.runs.versions(run) {
            if let Some(waiting) = self.awaiting.get_mut(&version) {
                waiting.remove(&run);
                if waiting.is_empty() {
                    self.awaiting.remove(&version);
                }
            }
        }
        self.forget_lineage(run);
        self.runs.get_mut(run).standing = Standing::Forgotten;
        self.note_followed(run);
        true
    }

    /// Notes with the upstream runs whether the run's job follows them.
    fn note_followed(&mut self, run: RunNo) {
        let job = self.runs.get(run).job;
        for upstream in self.runs.follows(run) {
            if self.runs.is_known(upstream) {
                let is_followed = self.jobs[job.place()].had.has_followed(upstream);
                self.jobs[self.runs.get(upstream).job.place()].set_followed(job, upstream, is_followed, &self.runs);
            }
        }
    }

    /// Enters runs that have arrived, each after those that it follows, that made its inputs, or that it reruns: its sequence alone does not
    /// say so, since inputs may be replaced while it waits. They come in the order of their sequences.
    pub(super) fn enter_all(&mut self, arriving: Vec<RunNo>) {
        let mut order = if self.is_in_order(&arriving) { arriving } else { self.put_in_order(arriving) };
        order.iter().for_each(|run| self.enter(*run));
        // Job by job, so that what belongs together comes to lie together; each job's in their order.
        order.sort_by_key(|run| self.runs.get(*run).job);
        order.iter().for_each(|run| self.vouch(*run));
        self.jobs.iter_mut().for_each(|line| line.shrink());
    }

    /// The arriving runs that one names.
    fn list_named(&self, run: RunNo) -> impl Iterator<Item = RunNo> {
        let rerun_of = Some(self.runs.get(run).rerun_of).filter(|original| *original != RunNo::NONE);
        let named = self.runs.follows(run).chain(rerun_of);
        named.filter(|named| self.runs.get(*named).standing == Standing::Arriving)
    }

    /// Whether each stands behind all that it names. Those that made its inputs count only if they came before it anyway.
    fn is_in_order(&self, arriving: &[RunNo]) -> bool {
        let sequence = |run: RunNo| self.runs.get(run).sequence;
        arriving.iter().all(|run| self.list_named(*run).all(|named| sequence(named) < sequence(*run)))
    }

    fn put_in_order(&self, arriving: Vec<RunNo>) -> Vec<RunNo> {
        let mut places = vec![usize::MAX; self.runs.len()];
        let mut makers: IdMap<VersionNo, Vec<usize>> = IdMap::default();
        for (place, run) in arriving.iter().enumerate() {
            places[run.place()] = place;
            for version in self.runs.outputs(*run) {
                makers.entry(version).or_default().push(place);
            }
        }
        let needs = |run: RunNo| -> Vec<RunNo> {
            let place = places[run.place()];
            let before =
                |makers: &Vec<usize>| makers[..makers.partition_point(|maker| *maker < place)].last().map(|maker| arriving[*maker]);
            let makers = self.runs.inputs(run).filter_map(|(_, version)| before(makers.get(&version)?));
            self.list_named(run).chain(makers).collect()
        };
        let mut order: Vec<RunNo> = Vec::with_capacity(arriving.len());
        let mut seen = vec![false; self.runs.len()];
        for start in &arriving {
            let mut stack = Vec::new();
            if !std::mem::replace(&mut seen[start.place()], true) {
                stack.push((*start, needs(*start)));
            }
            while let Some((run, open)) = stack.last_mut() {
                match open.pop() {
                    Some(next) if !std::mem::replace(&mut seen[next.place()], true) => stack.push((next, needs(next))),
                    Some(_) => {}
                    None => {
                        order.push(*run);
                        stack.pop();
                    }
                }
            }
        }
        order
    }
}
