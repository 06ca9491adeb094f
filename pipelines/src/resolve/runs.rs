//! The job runs themselves: what is known of each, in a few words of memory.

use super::hashing::IdMap;
use super::history::RunStatus;
use super::number::{JobNo, ListNo, NameNo, Number, Numbering, RunNo, VersionNo, small, with_room};
use super::position::Position;
use super::shelf::Shelf;
use crate::ids::JobRunId;
use std::collections::HashMap;

/// All runs that the history has heard of.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    numbers: Numbering<JobRunId, RunNo>,
    records: Vec<Record>,
    /// What the runs name, one behind the other: the versions of the inputs, those of the outputs, the runs that are followed.
    links: Vec<u32>,
    /// Links that no run has any more.
    wasted: usize,
    /// The names of inputs, and which of them a run has: most runs of a job have the same.
    names: Vec<Box<str>>,
    by_name: HashMap<Box<str>, NameNo>,
    shapes: Vec<Box<[NameNo]>>,
    by_shape: IdMap<Box<[NameNo]>, u32>,
}

/// How much is known of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// Something names it; it has not arrived.
    #[default]
    Unheard,
    /// It has arrived, and nothing follows from it yet.
    Arriving,
    Known,
    /// It is gone; those that followed it still count it to their ancestry.
    Forgotten,
}

/// One run.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) sequence: i64,
    original_sequence: i64,
    pub(super) job: JobNo,
    pub(super) rerun_of: RunNo,
    /// Where its links begin, and how many there are of each kind.
    links: u32,
    inputs: u32,
    outputs: u32,
    follows: u32,
    shape: u32,
    /// What it vouches for, and how far away each of that is; nothing while it is active.
    pub(super) lineage: ListNo,
    pub(super) distances: ListNo,
    pub(super) roots: Roots,
    pub(super) status: RunStatus,
    pub(super) standing: Standing,
    is_rerun: bool,
}

/// The runs at the start of a run's ancestry, which follow nothing themselves: one, or a list on a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    One(RunNo),
    Several(ListNo),
}

impl Roots {
    pub(super) fn list<'a>(&'a self, lists: &'a Shelf<RunNo>) -> &'a [RunNo] {
        match self {
            Self::One(root) => std::slice::from_ref(root),
            Self::Several(list) => lists.get(*list),
        }
    }
}

/// The facts of a run that are one word each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) job: JobNo,
    pub(super) sequence: i64,
    pub(super) rerun_of: RunNo,
    pub(super) status: RunStatus,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            sequence: 0,
            original_sequence: 0,
            job: JobNo::NONE,
            rerun_of: RunNo::NONE,
            links: 0,
            inputs: 0,
            outputs: 0,
            follows: 0,
            shape: 0,
            lineage: ListNo::NONE,
            distances: ListNo::NONE,
            roots: Roots::One(RunNo::NONE),
            status: RunStatus::Active,
            standing: Standing::Unheard,
            is_rerun: false,
        }
    }
}

impl Record {
    /// Forgets all that follows from the run.
    pub(super) fn return_to(&mut self, standing: Standing) {
        (self.lineage, self.distances, self.roots) = (ListNo::NONE, ListNo::NONE, Roots::One(RunNo::NONE));
        self.standing = standing;
    }
}

impl Runs {
    pub(super) fn number(&mut self, id: JobRunId) -> RunNo {
        let number = self.numbers.number(id);
        if number.place() == self.records.len() {
            self.records.push(Record::default());
        }
        number
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.numbers.reserve(more);
        self.records.reserve(with_room(more));
    }

    pub(super) fn find(&self, id: JobRunId) -> Option<RunNo> {
        self.numbers.find(id)
    }

    /// As [`Self::find`], for what is often this one or the next.
    pub(super) fn find_near(&self, id: JobRunId, last: RunNo) -> Option<RunNo> {
        self.numbers.find_near(id, last)
    }

    /// The run, if it has arrived and is not forgotten.
    pub(super) fn find_known(&self, id: JobRunId) -> Option<RunNo> {
        self.find(id).filter(|run| self.is_known(*run))
    }

    pub(super) fn id(&self, run: RunNo) -> JobRunId {
        self.numbers.id(run)
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// All that have a number, whatever is known of them.
    pub(super) fn all(&self) -> impl Iterator<Item = RunNo> + use<> {
        (0..self.records.len()).map(RunNo::new)
    }

    pub(super) fn get(&self, run: RunNo) -> &Record {
        &self.records[run.place()]
    }

    pub(super) fn get_mut(&mut self, run: RunNo) -> &mut Record {
        &mut self.records[run.place()]
    }

    pub(super) fn is_known(&self, run: RunNo) -> bool {
        self.get(run).standing == Standing::Known
    }

    /// Whether the run counts to the ancestry of those that follow it.
    pub(super) fn is_ancestor(&self, run: RunNo) -> bool {
        matches!(self.get(run).standing, Standing::Known | Standing::Forgotten)
    }

    pub(super) fn position(&self, run: RunNo) -> Position {
        let Record { original_sequence, is_rerun, sequence, .. } = *self.get(run);
        Position { original_sequence, is_rerun, sequence, id: self.id(run), run }
    }

    /// Notes where the run stands: as a rerun, just behind its original.
    pub(super) fn place(&mut self, run: RunNo) {
        let Record { job, rerun_of, sequence, .. } = *self.get(run);
        let original = (rerun_of != RunNo::NONE && self.is_known(rerun_of)).then(|| self.get(rerun_of));
        let original = original.filter(|original| original.job == job).map(|original| original.original_sequence);
        let record = self.get_mut(run);
        (record.is_rerun, record.original_sequence) = (original.is_some(), original.unwrap_or(sequence));
    }

    /// Takes in what a run is; [`Self::link`] says what it names.
    pub(super) fn arrive(&mut self, run: RunNo, arrival: Arrival) {
        let Arrival { job, sequence, rerun_of, status } = arrival;
        let record = self.get_mut(run);
        (record.job, record.sequence, record.rerun_of, record.status) = (job, sequence, rerun_of, status);
        record.standing = Standing::Arriving;
    }

    /// Says what a run names, in place of what it named before.
    pub(super) fn link(&mut self, run: RunNo, inputs: &[(NameNo, VersionNo)], outputs: &[VersionNo], follows: &[RunNo]) {
        let names: Vec<NameNo> = inputs.iter().map(|(name, _)| *name).collect();
        let shape = self.shape(names);
        let count = inputs.len() + outputs.len() + follows.len();
        let record = self.get(run);
        let standing = (record.inputs + record.outputs + record.follows) as usize;
        let begin = if count <= standing { record.links as usize } else { self.links.len() };
        self.wasted += if count <= standing { standing - count } else { standing };
        self.links.resize(self.links.len().max(begin + count), 0);
        let versions = inputs.iter().map(|(_, version)| version).chain(outputs).map(|version| version.place());
        let words = versions.chain(follows.iter().map(|run| run.place()));
        self.links[begin..].iter_mut().zip(words).for_each(|(link, word)| *link = word as u32);
        let record = self.get_mut(run);
        (record.links, record.shape) = (begin as u32, shape);
        (record.inputs, record.outputs, record.follows) = (small(inputs.len()), small(outputs.len()), small(follows.len()));
        if self.wasted > self.links.len() / 2 && self.wasted > 100_000 {
            self.tidy();
        }
    }

    /// Leaves out the links that no run has any more.
    fn tidy(&mut self) {
        let old = std::mem::take(&mut self.links);
        self.links.reserve_exact(old.len() - self.wasted);
        self.wasted = 0;
        for record in &mut self.records {
            let (begin, count) = (record.links as usize, (record.inputs + record.outputs + record.follows) as usize);
            record.links = small(self.links.len());
            self.links.extend_from_slice(&old[begin..begin + count]);
        }
    }

    fn shape(&mut self, names: Vec<NameNo>) -> u32 {
        if let Some(shape) = self.by_shape.get(names.as_slice()) {
            return *shape;
        }
        let shape = small(self.shapes.len());
        self.shapes.push(names.clone().into());
        self.by_shape.insert(names.into(), shape);
        shape
    }

    pub(super) fn find_name(&self, name: &str) -> Option<NameNo> {
        self.by_name.get(name).copied()
    }

    pub(super) fn number_name(&mut self, name: &str) -> NameNo {
        if let Some(number) = self.find_name(name) {
            return number;
        }
        let number = NameNo::new(self.names.len());
        self.names.push(name.into());
        self.by_name.insert(name.into(), number);
        number
    }

    pub(super) fn name(&self, name: NameNo) -> &str {
        &self.names[name.place()]
    }

    fn linked(&self, begin: u32, count: u32) -> &[u32] {
        &self.links[begin as usize..(begin + count) as usize]
    }

    /// The versions that it took, each under its name.
    pub(super) fn inputs(&self, run: RunNo) -> impl Iterator<Item = (NameNo, VersionNo)> + Clone {
        let record = self.get(run);
        let versions = self.linked(record.links, record.inputs).iter().map(|version| VersionNo::new(*version as usize));
        let names: &[NameNo] = self.shapes.get(record.shape as usize).map_or(&[], |shape| shape);
        names.iter().copied().zip(versions)
    }

    /// The versions that it made.
    pub(super) fn outputs(&self, run: RunNo) -> impl Iterator<Item = VersionNo> + Clone {
        let record = self.get(run);
        self.linked(record.links + record.inputs, record.outputs).iter().map(|version| VersionNo::new(*version as usize))
    }

    /// All versions that it names.
    pub(super) fn versions(&self, run: RunNo) -> impl Iterator<Item = VersionNo> {
        let record = self.get(run);
        self.linked(record.links, record.inputs + record.outputs).iter().map(|version| VersionNo::new(*version as usize))
    }

    /// The upstream runs that it followed.
    pub(super) fn follows(&self, run: RunNo) -> impl Iterator<Item = RunNo> + Clone {
        let record = self.get(run);
        self.linked(record.links + record.inputs + record.outputs, record.follows).iter().map(|run| RunNo::new(*run as usize))
    }
}
