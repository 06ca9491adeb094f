//! Where a job run stands among the runs of its job, and lists of runs in that order.

use super::hashing::IdMap;
use super::number::{Number, RunNo, small, with_room};
use super::runs::Runs;
use crate::ids::JobRunId;
use std::hash::Hash;

/// Orders the runs of a job, oldest first: by sequence, but a rerun stands just after its original (and after the
/// earlier reruns of it), before the run that came next. So the rerun of an old run is never the newest, and the rerun of
/// the newest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub(super) original_sequence: i64,
    pub(super) is_rerun: bool,
    pub(super) sequence: i64,
    pub(super) id: JobRunId,
    pub(super) run: RunNo,
}

impl Position {
    /// The run that stands here.
    pub(super) const fn run(self) -> RunNo {
        self.run
    }
}

/// Runs of one job in their order, each once. Most often the newest comes last, and comes and goes there.
#[derive(Clone, Debug, Default)]
pub(super) struct RunList(Vec<RunNo>);

impl RunList {
    /// Where the run stands, or would.
    fn seek(&self, run: RunNo, runs: &Runs) -> Result<usize, usize> {
        let position = runs.position(run);
        match self.0.last() {
            Some(last) if *last == run => Ok(self.0.len() - 1),
            Some(last) if runs.position(*last) > position => self.0.binary_search_by(|other| runs.position(*other).cmp(&position)),
            _ => Err(self.0.len()),
        }
    }

    pub(super) fn insert(&mut self, run: RunNo, runs: &Runs) {
        if let Err(place) = self.seek(run, runs) {
            self.0.insert(place, run);
        }
    }

    pub(super) fn remove(&mut self, run: RunNo, runs: &Runs) {
        if let Ok(place) = self.seek(run, runs) {
            self.0.remove(place);
        }
    }

    /// The runs behind that place.
    pub(super) fn after(&self, floor: Position, runs: &Runs) -> &[RunNo] {
        &self.0[self.0.partition_point(|run| runs.position(*run) <= floor)..]
    }

    pub(super) fn as_slice(&self) -> &[RunNo] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives back what many arrivals have reserved.
    pub(super) fn shrink(&mut self) {
        self.0.shrink_to(with_room(self.0.len()));
    }
}

/// Runs by something that most often one of them has. A single run stands in the map itself; several stand in a list, of which
/// the map has the place.
#[derive(Clone, Debug)]
pub(super) struct RunsBy<K> {
    by: IdMap<K, RunNo>,
    several: Vec<RunList>,
    unused: Vec<u32>,
}

impl<K> Default for RunsBy<K> {
    fn default() -> Self {
        Self { by: IdMap::default(), several: Vec::new(), unused: Vec::new() }
    }
}

/// Numbers from here on are places of lists.
const SEVERAL: usize = 1 << 31;

fn place_of_list(run: RunNo) -> Option<usize> {
    run.place().checked_sub(SEVERAL)
}

impl<K: Copy + Eq + Hash> RunsBy<K> {
    pub(super) fn len(&self) -> usize {
        self.by.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by.is_empty()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = K> {
        self.by.keys().copied()
    }

    /// Oldest first.
    pub(super) fn get(&self, key: K) -> &[RunNo] {
        let Some(run) = self.by.get(&key) else { return &[] };
        place_of_list(*run).map_or(std::slice::from_ref(run), |place| self.several[place].as_slice())
    }

    pub(super) fn add(&mut self, key: K, run: RunNo, runs: &Runs) {
        let standing = self.by.entry(key).or_insert(run);
        if let Some(place) = place_of_list(*standing) {
            self.several[place].insert(run, runs);
        } else if *standing != run {
            let mut list = RunList::default();
            list.insert(*standing, runs);
            list.insert(run, runs);
            let place = self.unused.pop().unwrap_or(small(self.several.len())) as usize;
            match self.several.get_mut(place) {
                Some(unused) => *unused = list,
                None => self.several.push(list),
            }
            *standing = RunNo::new(SEVERAL + place);
        }
    }

    pub(super) fn remove(&mut self, key: K, run: RunNo, runs: &Runs) {
        let Some(standing) = self.by.get(&key).copied() else { return };
        let Some(place) = place_of_list(standing) else {
            if standing == run {
                self.by.remove(&key);
            }
            return;
        };
        self.several[place].remove(run, runs);
        if self.several[place].is_empty() {
            self.several[place] = RunList::default();
            self.unused.push(small(place));
            self.by.remove(&key);
        }
    }

    /// Gives back what many arrivals have reserved.
    pub(super) fn shrink(&mut self) {
        self.several.iter_mut().for_each(RunList::shrink);
    }
}

/// Where the runs of a list stand.
pub(super) fn positions<'a>(list: &'a [RunNo], runs: &'a Runs) -> impl DoubleEndedIterator<Item = Position> + 'a {
    list.iter().map(|run| runs.position(*run))
}
