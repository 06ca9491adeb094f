//! The versions, and those of each resource in their order.

use super::history::Version;
use super::number::{Number, Numbering, ResourceNo, VersionNo, with_room};
use crate::ids::VersionId;

/// All versions that the history has heard of.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    numbers: Numbering<VersionId, VersionNo>,
    records: Vec<VersionRecord>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct VersionRecord {
    order: i64,
    /// None's while something names the version and it has not arrived.
    pub(super) resource: ResourceNo,
    pub(super) disabled: bool,
}

/// The versions of one resource, sorted by order; the identifier settles equal orders.
#[derive(Clone, Debug, Default)]
pub(super) struct VersionLine {
    pub(super) all: Vec<VersionNo>,
    pub(super) enabled: Vec<VersionNo>,
    /// It takes no part in agreement.
    pub(super) untriggering: bool,
}

impl Versions {
    pub(super) fn number(&mut self, id: VersionId) -> VersionNo {
        let number = self.numbers.number(id);
        if number.place() == self.records.len() {
            self.records.push(VersionRecord { order: 0, resource: ResourceNo::NONE, disabled: false });
        }
        number
    }

    /// As [`Self::number`], for what is often this one or the next.
    pub(super) fn number_near(&mut self, id: VersionId, last: VersionNo) -> VersionNo {
        self.numbers.find_near(id, last).unwrap_or_else(|| self.number(id))
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.numbers.reserve(more);
        self.records.reserve(with_room(more));
    }

    pub(super) fn id(&self, version: VersionNo) -> VersionId {
        self.numbers.id(version)
    }

    /// The number of a version that has arrived, or that something names.
    pub(super) fn find_number(&self, id: VersionId) -> Option<VersionNo> {
        self.numbers.find(id)
    }

    /// The version, if it has arrived; else none's number.
    pub(super) fn find_known(&self, id: VersionId) -> VersionNo {
        self.numbers.find(id).filter(|version| self.is_known(*version)).unwrap_or(VersionNo::NONE)
    }

    /// What is known of a version that has arrived.
    pub(super) fn find(&self, version: VersionNo) -> Option<&VersionRecord> {
        self.records.get(version.place()).filter(|record| record.resource != ResourceNo::NONE)
    }

    pub(super) fn is_known(&self, version: VersionNo) -> bool {
        self.find(version).is_some()
    }

    pub(super) fn arrive(&mut self, number: VersionNo, resource: ResourceNo, version: &Version) {
        self.records[number.place()] = VersionRecord { order: version.order, resource, disabled: version.disabled };
    }

    pub(super) fn change(&mut self, version: VersionNo, order: i64, disabled: bool) {
        let record = &mut self.records[version.place()];
        (record.order, record.disabled) = (order, disabled);
    }

    pub(super) fn order(&self, version: VersionNo) -> (i64, VersionId) {
        (self.records[version.place()].order, self.id(version))
    }
}

impl VersionLine {
    pub(super) fn add(&mut self, version: VersionNo, versions: &Versions) {
        insert(&mut self.all, version, versions);
        if versions.find(version).is_some_and(|record| !record.disabled) {
            insert(&mut self.enabled, version, versions);
        }
    }

    pub(super) fn remove(&mut self, version: VersionNo, versions: &Versions) {
        for list in [&mut self.all, &mut self.enabled] {
            if let Ok(place) = seek(list, version, versions) {
                list.remove(place);
            }
        }
    }

    /// Takes a version in without looking where it belongs; [`Self::sort`] has to follow.
    pub(super) fn append(&mut self, version: VersionNo, disabled: bool) {
        self.all.push(version);
        if !disabled {
            self.enabled.push(version);
        }
    }

    pub(super) fn sort(&mut self, versions: &Versions) {
        for list in [&mut self.all, &mut self.enabled] {
            if !list.is_sorted_by_key(|version| versions.order(*version)) {
                list.sort_by_cached_key(|version| versions.order(*version));
            }
            list.shrink_to(with_room(list.len()));
        }
    }

    /// The newest version that is not disabled.
    pub(super) fn newest_enabled(&self) -> Option<VersionNo> {
        self.enabled.last().copied()
    }

    /// The versions behind `base` that are not disabled, oldest first.
    pub(super) fn enabled_after(&self, base: VersionNo, versions: &Versions) -> impl Iterator<Item = VersionNo> {
        let base = versions.order(base);
        self.enabled[self.enabled.partition_point(|version| versions.order(*version) <= base)..].iter().copied()
    }
}

/// Where the version stands, or would. Most often the newest comes.
fn seek(list: &[VersionNo], version: VersionNo, versions: &Versions) -> Result<usize, usize> {
    let order = versions.order(version);
    match list.last() {
        Some(last) if versions.order(*last) >= order => list.binary_search_by_key(&order, |other| versions.order(*other)),
        _ => Err(list.len()),
    }
}

fn insert(list: &mut Vec<VersionNo>, version: VersionNo, versions: &Versions) {
    if let Err(place) = seek(list, version, versions) {
        list.insert(place, version);
    }
}
