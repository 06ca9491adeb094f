// Which ways a version has just taken: what differs between two pictures of one line.

import type { LineGraph } from "../api/schema";
import { jobId, stationId } from "./drawing";

/** The identifiers of the ways to light once. Nothing lights at the first picture, or where the revision changed. */
export function travelledWays(before: LineGraph | null, after: LineGraph): ReadonlySet<string> {
  if (before === null || before.revision !== after.revision) return new Set();
  const started = new Set<string>();
  const latestBefore = new Map(before.jobs.map(({ name, latest }) => [name, latest]));
  for (const { name, latest } of after.jobs) {
    const old = latestBefore.get(name);
    if (latest && (old?.id !== latest.id || differ(old.versions, latest.versions))) started.add(jobId(name));
  }
  const newestBefore = new Map(before.resources.map(({ name, newest }) => [`resource:${name}`, newest]));
  const moved = new Set(after.resources.filter(({ name, newest }) => newest !== newestBefore.get(`resource:${name}`)).map(({ name }) => `resource:${name}`));
  const ways = after.edges.filter((edge) => {
    const to = stationId(edge.to);
    return edge.kind === "output" ? moved.has(to) : started.has(to) && (edge.from.kind === "job" ? hasRun(after, edge.from.name) : true);
  });
  return new Set(ways.map((edge) => `${stationId(edge.from)} ${stationId(edge.to)} ${edge.kind}`));
}

function differ(one: Record<string, string>, other: Record<string, string>): boolean {
  return Object.entries(other).some(([resource, version]) => one[resource] !== undefined && one[resource] !== version);
}

function hasRun(graph: LineGraph, job: string): boolean {
  return graph.jobs.some(({ name, latest }) => name === job && latest !== null);
}
