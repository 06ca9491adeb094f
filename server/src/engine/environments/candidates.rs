//! The sets that could be brought into an environment.

use super::place::list_starts;
use crate::engine::names;
use crate::store::line::versions::Version;
use crate::store::line::{pipelines, resources, versions};
use crate::store::{Connection, Result};
use andon_pipelines::decide::Line;
use andon_pipelines::ids::{JobId, PipelineId, ResourceId, VersionId};
use andon_pipelines::resolve::Resolved;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Most sets that are looked at for one environment.
pub(super) const MOST_SETS: usize = 200;

pub(super) type Lineage = BTreeMap<ResourceId, VersionId>;

/// A set that could be brought there.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// A version that no newer set has: promoting it promotes this set. Absent where every version of it is also in a newer one.
    pub version: Option<VersionId>,
    pub values: BTreeMap<String, String>,
    /// It is what runs there.
    pub current: bool,
}

/// How far an environment is behind what could be there.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    /// Sets that are newer than what runs.
    pub sets: usize,
    /// There are more sets than were looked at.
    pub more: bool,
    /// The newest set: resource → main value.
    pub newest: BTreeMap<String, String>,
    /// The commits between what runs and the newest set, in repositories that are here.
    pub commits: Option<usize>,
}

/// The sets of what is started for this job, newest first, each lineage once.
pub(super) fn list_candidates(line: &Line, job: JobId, limit: usize) -> Vec<(Resolved, Lineage)> {
    let Some(first) = list_starts(line, job).first().copied() else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let sets = line.list_sets_with(first, &BTreeMap::new(), limit);
    let with_lineage = sets.into_iter().map(|set| {
        let lineage = line.lineage_of_set(first, &set);
        (set, lineage)
    });
    with_lineage.filter(|(_, lineage)| !lineage.is_empty() && seen.insert(lineage.clone())).collect()
}

/// Whether two lineages have the same version of everything that both have, and have anything in common.
pub(super) fn agree(left: &Lineage, right: &Lineage) -> bool {
    let mut common = left.iter().filter_map(|(resource, version)| Some((version, right.get(resource)?))).peekable();
    common.peek().is_some() && common.all(|(left, right)| left == right)
}

/// For each lineage, newest first, a version that none before it has.
pub(super) fn distinguish(lineages: &[Lineage]) -> Vec<Option<VersionId>> {
    let mut seen: BTreeSet<VersionId> = BTreeSet::new();
    let mut own = Vec::new();
    for lineage in lineages {
        own.push(lineage.values().copied().find(|version| !seen.contains(version)));
        seen.extend(lineage.values());
    }
    own
}

/// Versions and what their resources are called, read once each.
#[derive(Debug, Default)]
pub(super) struct Named {
    versions: BTreeMap<VersionId, Version>,
    resources: BTreeMap<ResourceId, String>,
}

impl Named {
    pub(super) async fn version(&mut self, connection: &mut Connection<'_>, id: VersionId) -> Result<&Version> {
        match self.versions.entry(id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => Ok(unknown.insert(versions::get(connection, id).await?)),
        }
    }

    /// The resource's name, with its pipeline's where that is another one.
    pub(super) async fn resource(&mut self, connection: &mut Connection<'_>, home: PipelineId, id: ResourceId) -> Result<String> {
        if let Some(name) = self.resources.get(&id) {
            return Ok(name.clone());
        }
        let resource = resources::get(connection, id).await?;
        let name = match resource.pipeline == home {
            true => resource.name,
            false => format!("{}/{}", pipelines::get(connection, resource.pipeline).await?.name, resource.name),
        };
        self.resources.insert(id, name.clone());
        Ok(name)
    }

    /// Resource → main value.
    pub(super) async fn values(
        &mut self,
        connection: &mut Connection<'_>,
        home: PipelineId,
        lineage: &Lineage,
    ) -> Result<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        for (resource, version) in lineage {
            let name = self.resource(connection, home, *resource).await?;
            values.insert(name, names::main_value(&self.version(connection, *version).await?.map));
        }
        Ok(values)
    }
}
