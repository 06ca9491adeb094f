//! Lists that many runs hold in common: each stands once, with how many hold it.

use super::number::{ListNo, Number};

#[derive(Clone, Debug)]
pub(super) struct Shelf<T> {
    lists: Vec<Held<T>>,
    unused: Vec<ListNo>,
}

#[derive(Clone, Debug)]
struct Held<T> {
    list: Box<[T]>,
    holders: u32,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { lists: Vec::new(), unused: Vec::new() }
    }
}

impl<T> Shelf<T> {
    /// Puts a list there, for one holder. The empty one needs no place.
    pub(super) fn put(&mut self, list: Box<[T]>) -> ListNo {
        if list.is_empty() {
            return ListNo::NONE;
        }
        let held = Held { list, holders: 1 };
        match self.unused.pop() {
            Some(unused) => {
                self.lists[unused.place()] = held;
                unused
            }
            None => {
                self.lists.push(held);
                ListNo::new(self.lists.len() - 1)
            }
        }
    }

    /// One more holds it.
    pub(super) fn hold(&mut self, list: ListNo) -> ListNo {
        if list != ListNo::NONE {
            self.lists[list.place()].holders += 1;
        }
        list
    }

    /// One fewer holds it; what nobody holds goes.
    pub(super) fn let_go(&mut self, list: ListNo) {
        if list == ListNo::NONE {
            return;
        }
        let held = &mut self.lists[list.place()];
        held.holders -= 1;
        if held.holders == 0 {
            held.list = Box::default();
            self.unused.push(list);
        }
    }

    pub(super) fn get(&self, list: ListNo) -> &[T] {
        if list == ListNo::NONE { &[] } else { &self.lists[list.place()].list }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
