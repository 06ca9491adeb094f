//! What the names in a pipeline's document mean beyond the pipeline's own parts.

use super::decision::{Decision, Reason, Verdict};
use crate::document::Surroundings;
use crate::ids::{JobId, PipelineId, ResourceId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What a pipeline uses of others, and what its parts were called before. The keys are names as the document has them, which is brought
/// up to date when another pipeline renames something.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// `pipeline/name` → the resource.
    pub resources: BTreeMap<String, ResourceId>,
    /// `pipeline/name` → the job.
    pub jobs: BTreeMap<String, JobId>,
    /// Names that lead nowhere any more → what is not there, in words.
    pub missing: BTreeMap<String, String>,
    /// The other pipelines that the lineages of this one reach.
    pub pipelines: BTreeSet<PipelineId>,
    pub surroundings: Arc<Surroundings>,
    /// Former names of the resources that it uses, its own and others'.
    pub former: HashMap<ResourceId, Vec<String>>,
}

impl Bindings {
    /// What a job misses of the names that it uses.
    pub(super) fn missing_of<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<Reason> {
        let mut seen = BTreeSet::new();
        let missing = names.filter(|name| seen.insert(*name)).filter_map(|name| Some((name, self.missing.get(name)?)));
        let reason = |(name, text): (&str, &String)| {
            Reason::new("missing", text.clone()).advise(format!("bring {name} back, or set a revision that does without it"))
        };
        missing.map(reason).collect()
    }
}

/// The conclusion for a job that misses something.
pub(super) fn blocked(missing: &[Reason]) -> Decision {
    Decision { verdict: Verdict::Blocked, reasons: missing.to_vec() }
}
