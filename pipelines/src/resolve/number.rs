//! Numbers in place of identifiers. An identifier takes sixteen bytes wherever it stands, a number four; the history draws them in the order
//! in which it hears of things, keeps them for good, and says the identifiers again to whoever asks.

use super::hashing::hash_of;
use std::hash::Hash;
use std::marker::PhantomData;

/// What numbers one kind of thing.
pub(super) trait Number: Copy + Eq {
    /// Of nothing: no place has it.
    const NONE: Self;
    fn new(place: usize) -> Self;
    fn place(self) -> usize;
}

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Number for $name {
            const NONE: Self = Self(u32::MAX);

            fn new(place: usize) -> Self {
                Self(small(place))
            }

            fn place(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}

number! {
    /// A job run.
    RunNo,
    JobNo,
    ResourceNo,
    VersionNo,
    /// The name of an input.
    NameNo,
    /// What some runs hold in common: a list on a shelf.
    ListNo,
}

/// A count or a place as it is kept. Four thousand million of anything do not fit into memory.
pub(super) fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a history has fewer than 4,294,967,295 of anything")
}

/// So many, and a few that come next: what is filled to its brim is moved as a whole by the next arrival.
pub(super) const fn with_room(count: usize) -> usize {
    count + count / 8
}

/// A place in the table that nothing has taken.
const FREE: u32 = u32::MAX;

/// Identifier ↔ number. Nothing is ever taken out.
#[derive(Clone, Debug)]
pub(super) struct Numbering<I, N> {
    ids: Vec<I>,
    /// Open addressing: places in `ids`. A power of two, at most two thirds of it taken.
    table: Vec<u32>,
    numbers: PhantomData<N>,
}

impl<I, N> Default for Numbering<I, N> {
    fn default() -> Self {
        Self { ids: Vec::new(), table: Vec::new(), numbers: PhantomData }
    }
}

impl<I: Copy + Eq + Hash, N: Number> Numbering<I, N> {
    /// The identifier that has this number.
    pub(super) fn id(&self, number: N) -> I {
        self.ids[number.place()]
    }

    pub(super) fn find(&self, id: I) -> Option<N> {
        if self.table.is_empty() {
            return None;
        }
        match self.table[self.seek(id)] {
            FREE => None,
            place => Some(N::new(place as usize)),
        }
    }

    /// As [`Self::find`], for what is often the one that was asked for last, or the next one: tables are read in the order in which they grew.
    pub(super) fn find_near(&self, id: I, last: N) -> Option<N> {
        let near = [last.place(), last.place().wrapping_add(1)].into_iter().find(|place| self.ids.get(*place) == Some(&id));
        near.map(N::new).or_else(|| self.find(id))
    }

    /// Its number, or none's.
    pub(super) fn find_or_none(&self, id: I) -> N {
        self.find(id).unwrap_or(N::NONE)
    }

    /// Its number, from now on if it has none yet.
    pub(super) fn number(&mut self, id: I) -> N {
        if 3 * (self.ids.len() + 1) > 2 * self.table.len() {
            self.spread((self.table.len() * 2).max(8));
        }
        let seat = self.seek(id);
        if self.table[seat] == FREE {
            self.table[seat] = small(self.ids.len());
            self.ids.push(id);
        }
        N::new(self.table[seat] as usize)
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        let all = self.ids.len() + more;
        self.ids.reserve(with_room(more));
        let seats = (all * 3 / 2 + 1).next_power_of_two();
        if seats > self.table.len() {
            self.spread(seats);
        }
    }

    /// Where the identifier stands in the table, or would.
    fn seek(&self, id: I) -> usize {
        let last = self.table.len() - 1;
        let mut seat = hash_of(&id) as usize & last;
        while self.table[seat] != FREE && self.ids[self.table[seat] as usize] != id {
            seat = (seat + 1) & last;
        }
        seat
    }

    fn spread(&mut self, seats: usize) {
        self.table = vec![FREE; seats];
        for place in 0..self.ids.len() {
            let seat = self.seek(self.ids[place]);
            self.table[seat] = place as u32;
        }
    }
}
