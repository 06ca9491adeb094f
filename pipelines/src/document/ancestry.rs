//! What lies in the lineage of each job: the resources that it, or anything upstream of it, consumes or makes.

use super::line::Line;

const BITS: usize = 64;

/// The lineages of all jobs, as sets of bits, one for each resource.
#[derive(Debug)]
pub(crate) struct Lineages<'a> {
    line: &'a Line,
    sets: Vec<Vec<u64>>,
}

impl<'a> Lineages<'a> {
    /// Every job and resource takes over what its neighbours upstream have, until nothing changes. In upstream-first order
    /// a line without loops needs one round and one more to see that; loops over `trigger: false` need a few.
    pub(crate) fn of(line: &'a Line) -> Self {
        let words = line.count_resources().div_ceil(BITS);
        let upstream = line.list_upstream();
        let mut sets = vec![vec![0_u64; words]; upstream.len()];
        for (job, set) in sets.iter_mut().enumerate().take(line.stations.len()) {
            line.list_touched(job).for_each(|resource| set[resource / BITS] |= 1 << (resource % BITS));
        }
        let order = order_upstream_first(&upstream);
        let mut changed = true;
        while changed {
            changed = false;
            for node in &order {
                let mut set = std::mem::take(&mut sets[*node]);
                for source in upstream[*node].iter().filter(|source| *source != node) {
                    for (word, more) in set.iter_mut().zip(&sets[*source]) {
                        changed |= *more & !*word != 0;
                        *word |= more;
                    }
                }
                sets[*node] = set;
            }
        }
        Self { line, sets }
    }

    /// Whether a resource lies in a job's lineage; false where either is unknown, and for `state` resources.
    pub(crate) fn contains(&self, job: &str, resource: &str) -> bool {
        let (job, resource) = (self.line.find(job), self.line.find_resource(resource));
        job.zip(resource).is_some_and(|(job, resource)| self.sets[job][resource / BITS] >> (resource % BITS) & 1 == 1)
    }
}

/// All nodes, each behind those upstream of it as far as loops allow.
fn order_upstream_first(upstream: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(upstream.len());
    let mut seen = vec![false; upstream.len()];
    for root in 0..upstream.len() {
        let mut path = vec![(root, 0)];
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        while let Some((node, tried)) = path.last_mut() {
            match upstream[*node].get(*tried).copied() {
                Some(next) => {
                    *tried += 1;
                    if !std::mem::replace(&mut seen[next], true) {
                        path.push((next, 0));
                    }
                }
                None => {
                    order.push(*node);
                    path.pop();
                }
            }
        }
    }
    order
}
