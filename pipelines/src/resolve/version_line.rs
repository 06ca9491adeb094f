//! The versions of one resource, in order.

use super::history::Version;
use crate::ids::VersionId;
use std::collections::BTreeSet;

/// Sorted by order; the identifier settles equal orders.
#[derive(Clone, Debug, Default)]
pub(super) struct VersionLine {
    pub(super) all: BTreeSet<(i64, VersionId)>,
    pub(super) enabled: BTreeSet<(i64, VersionId)>,
}

impl VersionLine {
    pub(super) fn add(&mut self, version: &Version) {
        self.all.insert((version.order, version.id));
        if !version.disabled {
            self.enabled.insert((version.order, version.id));
        }
    }

    pub(super) fn remove(&mut self, version: &Version) {
        self.all.remove(&(version.order, version.id));
        self.enabled.remove(&(version.order, version.id));
    }

    /// The newest version that is not disabled.
    pub(super) fn newest_enabled(&self) -> Option<VersionId> {
        self.enabled.last().map(|(_, id)| *id)
    }

    /// The versions behind `base` that are not disabled, oldest first.
    pub(super) fn enabled_after(&self, base: (i64, VersionId)) -> impl Iterator<Item = VersionId> {
        use std::ops::Bound::{Excluded, Unbounded};
        self.enabled.range((Excluded(base), Unbounded)).map(|(_, id)| *id)
    }
}
