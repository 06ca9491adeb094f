//! The line as people see it: jobs and resources, and what leads from one to the other.

use super::lineage::implied_passed;
use super::model::{AfterOutcome, Document, Job, JobBody, Passed};
use super::resource::ResourceKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A document as nodes and edges, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    pub jobs: Vec<GraphJob>,
    /// Those that stand in the picture by themselves. A resource that is only handed from job to job is named by its edges.
    pub resources: Vec<GraphResource>,
    pub edges: Vec<GraphEdge>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphJob {
    pub name: String,
    pub description: Option<String>,
    pub kind: StationKind,
    /// The environment that it writes.
    pub environment: Option<String>,
}

/// What a job is, from its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StationKind {
    Steps,
    Gate,
    /// People's checklist.
    Tasks,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphResource {
    pub name: String,
    /// The word in the file's `type`.
    pub kind: &'static str,
}

/// One end of an edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "name")]
pub enum GraphEnd {
    Job(String),
    Resource(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GraphEdge {
    pub from: GraphEnd,
    pub to: GraphEnd,
    pub kind: EdgeKind,
    /// The resources whose versions take this way; on an edge from or to a resource, that resource.
    pub through: Vec<String>,
}

/// What an edge does to the job at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// A new version starts it.
    Trigger,
    /// It takes the version, and is not started by it.
    Passive,
    /// The end of the job before starts it.
    After,
    /// The failure of the job before starts it.
    AfterFailed,
    /// The job makes versions of the resource.
    Output,
}

/// The graph of a document.
#[must_use]
pub fn graph(document: &Document) -> Graph {
    let passed = implied_passed(document);
    let mut edges: Vec<GraphEdge> = document.jobs.iter().flat_map(|job| edges_into(job, passed.get(&job.name))).collect();
    for job in &document.jobs {
        edges.extend(job.outputs.iter().map(|output| {
            edge(GraphEnd::Job(job.name.clone()), GraphEnd::Resource(output.resource.clone()), EdgeKind::Output, [output.resource.clone()])
        }));
    }
    let shown = list_shown(document, &edges);
    edges.retain(|edge| match &edge.to {
        GraphEnd::Resource(name) => shown.contains(name),
        GraphEnd::Job(_) => true,
    });
    let resources = document.resources.iter().filter(|resource| shown.contains(&resource.name));
    Graph {
        jobs: document.jobs.iter().map(|job| describe_job(document, job)).collect(),
        resources: resources.map(|resource| GraphResource { name: resource.name.clone(), kind: resource.kind.name() }).collect(),
        edges,
    }
}

fn describe_job(document: &Document, job: &Job) -> GraphJob {
    let is_environment =
        |name: &str| document.resources.iter().any(|resource| resource.name == name && matches!(resource.kind, ResourceKind::Environment));
    GraphJob {
        name: job.name.clone(),
        description: job.description.clone(),
        kind: match &job.body {
            JobBody::Steps(_) => StationKind::Steps,
            JobBody::Approval(_) => StationKind::Gate,
            JobBody::Tasks(_) => StationKind::Tasks,
        },
        environment: job.outputs.iter().map(|output| output.resource.clone()).find(|name| is_environment(name)),
    }
}

/// What leads into a job: one edge from each job that it follows, one from each resource that it takes as it comes.
fn edges_into(job: &Job, passed: Option<&BTreeMap<String, Passed>>) -> Vec<GraphEdge> {
    let here = || GraphEnd::Job(job.name.clone());
    let mut ways: Vec<(String, EdgeKind, Vec<String>)> = Vec::new();
    for after in &job.after {
        let kind = if after.on == AfterOutcome::Failed { EdgeKind::AfterFailed } else { EdgeKind::After };
        ways.push((after.job.clone(), kind, Vec::new()));
    }
    let mut edges = Vec::new();
    for input in &job.inputs {
        let kind = if input.trigger { EdgeKind::Trigger } else { EdgeKind::Passive };
        let through: &[String] = match passed.and_then(|passed| passed.get(&input.name)) {
            Some(passed) => passed.jobs(),
            None => &[],
        };
        if through.is_empty() {
            edges.push(edge(GraphEnd::Resource(input.resource.clone()), here(), kind, [input.resource.clone()]));
        }
        for upstream in through {
            match ways.iter_mut().find(|(name, ..)| name == upstream) {
                Some((_, known, resources)) => {
                    if *known == EdgeKind::Passive {
                        *known = kind;
                    }
                    if !resources.contains(&input.resource) {
                        resources.push(input.resource.clone());
                    }
                }
                None => ways.push((upstream.clone(), kind, vec![input.resource.clone()])),
            }
        }
    }
    edges.extend(ways.into_iter().map(|(upstream, kind, through)| edge(GraphEnd::Job(upstream), here(), kind, through)));
    edges
}

fn edge(from: GraphEnd, to: GraphEnd, kind: EdgeKind, through: impl IntoIterator<Item = String>) -> GraphEdge {
    GraphEdge { from, to, kind, through: through.into_iter().collect() }
}

/// Resources that stand by themselves: taken as they come, an environment, or on no way between two jobs.
fn list_shown(document: &Document, edges: &[GraphEdge]) -> BTreeSet<String> {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut handed: BTreeSet<&str> = BTreeSet::new();
    for edge in edges {
        match (&edge.from, &edge.to) {
            (GraphEnd::Resource(name), _) => drop(taken.insert(name)),
            (GraphEnd::Job(_), GraphEnd::Job(_)) => handed.extend(edge.through.iter().map(String::as_str)),
            (GraphEnd::Job(_), GraphEnd::Resource(_)) => {}
        }
    }
    let stands =
        |name: &str, kind: &ResourceKind| taken.contains(name) || matches!(kind, ResourceKind::Environment) || !handed.contains(name);
    let shown = document.resources.iter().filter(|resource| stands(&resource.name, &resource.kind));
    shown.map(|resource| resource.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::read;

    fn tell(text: &str) -> Vec<String> {
        let document = read(text, "andon.yml").document.expect("the text reads");
        let graph = graph(&document);
        let end = |end: &GraphEnd| match end {
            GraphEnd::Job(name) => name.clone(),
            GraphEnd::Resource(name) => format!("({name})"),
        };
        let edges = graph.edges.iter().map(|edge| {
            let kind = serde_json::to_string(&edge.kind).unwrap_or_default();
            format!("{} -> {} {} {}", end(&edge.from), end(&edge.to), kind.trim_matches('"'), edge.through.join("+"))
        });
        edges.chain(graph.resources.iter().map(|resource| format!("({}) {}", resource.name, resource.kind))).collect()
    }

    const LINE: &str = "pipeline: shop
resources:
  source: { type: git, url: 'https://example.org/shop.git' }
  settings: { type: params, values: { A: one } }
  app: { type: file }
  notes: { type: file }
  production: { type: environment }
jobs:
  build: { inputs: [source, { resource: settings, trigger: false }], outputs: [app], steps: [{ run: make }] }
  unit: { after: [build], inputs: [app], steps: [{ run: make unit }] }
  tell: { after: [{ job: unit, on: failed }], inputs: [{ resource: app, passed: [] }], outputs: [notes], steps: [{ run: make tell }] }
  sign: { after: [unit], inputs: [app], approval: { require: [{ from: ['role:admin'], count: 1 }] } }
  deploy: { inputs: [{ resource: app, passed: [sign, build] }], outputs: [production], steps: [{ run: make deploy }] }
";

    #[test]
    fn every_way_through_the_line_is_one_edge() {
        assert_eq!(
            tell(LINE),
            [
                "(source) -> build trigger source",
                "(settings) -> build passive settings",
                "build -> unit after app",
                "(app) -> tell trigger app",
                "unit -> tell after-failed ",
                "unit -> sign after app",
                "sign -> deploy trigger app",
                "build -> deploy trigger app",
                "build -> (app) output app",
                "tell -> (notes) output notes",
                "deploy -> (production) output production",
                "(source) git",
                "(settings) params",
                "(app) file",
                "(notes) file",
                "(production) environment",
            ]
        );
    }

    #[test]
    fn a_resource_that_only_goes_from_job_to_job_is_named_by_its_edges() {
        let handed = LINE.replace(", inputs: [{ resource: app, passed: [] }]", ", inputs: [source]");
        let told = tell(&handed);
        assert!(!told.iter().any(|line| line.contains("(app)")), "{told:#?}");
    }

    #[test]
    fn jobs_say_what_they_are_and_where_they_deploy() {
        let document = read(LINE, "andon.yml").document.expect("the text reads");
        let jobs = graph(&document).jobs;
        let told: Vec<_> = jobs.iter().map(|job| (job.name.as_str(), job.kind, job.environment.as_deref())).collect();
        assert_eq!(told[3], ("sign", StationKind::Gate, None));
        assert_eq!(told[4], ("deploy", StationKind::Steps, Some("production")));
    }
}
