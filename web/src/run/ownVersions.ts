import type { LineGraph } from "../api/schema";

/** The picture of a run with the versions that the run itself took and made in place of the newest ones. */
export function withOwnVersions(graph: LineGraph): LineGraph {
  const own = new Map(graph.jobs.flatMap(({ latest }) => (latest ? Object.entries(latest.versions) : [])));
  const resources = graph.resources.map((resource) => Object.assign({}, resource, { newest: own.get(resource.name) ?? resource.newest }));
  return { ...graph, resources };
}
