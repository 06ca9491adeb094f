// What stands before a station, what stands behind it, and the way of one version.

import type { LineGraph } from "../api/schema";
import { jobId, stationId, type Drawing } from "./drawing";

/** A station, everything upstream of it, and the ways between them. Loops are walked once. */
export function ancestryOf({ ways }: Drawing, id: string): ReadonlySet<string> {
  const into = new Map<string, { id: string; from: string }[]>();
  for (const way of ways) into.set(way.to, [...(into.get(way.to) ?? []), way]);
  const found = new Set([id]);
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const way of into.get(at) ?? []) {
      found.add(way.id);
      if (!found.has(way.from)) {
        found.add(way.from);
        open.push(way.from);
      }
    }
  }
  return found;
}

/** A version and everything made from it at any distance, as far as the stations show it. */
function descendantsOf({ jobs, versions }: LineGraph, version: string): ReadonlySet<string> {
  const runs = jobs.flatMap(({ latest, passed, passed_run: good }) => [
    ...(latest ? [{ id: latest.id, versions: Object.values(latest.versions) }] : []),
    ...(good === null ? [] : [{ id: good, versions: Object.values(passed) }]),
  ]);
  const made = new Map<string, string[]>();
  for (const [id, { made_by: maker }] of Object.entries(versions)) if (maker !== null) made.set(maker, [...(made.get(maker) ?? []), id]);
  const found = new Set([version]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const run of runs) if (run.versions.some((each) => found.has(each))) for (const each of made.get(run.id) ?? []) found.add(each);
  }
  return found;
}

/**
 * The way of a version: the stations that took it, or what was made from it, in the job run that they show or last passed
 * with; the resources whose newest version that is; and the ways between them.
 */
export function wayOfVersion(graph: LineGraph, version: string): ReadonlySet<string> {
  const versions = descendantsOf(graph, version);
  const carries = (taken: Record<string, string>): boolean => Object.values(taken).some((each) => versions.has(each));
  const found = new Set<string>();
  for (const { name, newest } of graph.resources) if (newest !== null && versions.has(newest)) found.add(`resource:${name}`);
  for (const { name, latest, passed } of graph.jobs) if (carries(passed) || (latest && carries(latest.versions))) found.add(jobId(name));
  const resources = new Set([...versions].map((each) => graph.versions[each]?.resource));
  for (const edge of graph.edges) {
    const [from, to] = [stationId(edge.from), stationId(edge.to)];
    const takes = edge.through.some((resource) => resources.has(resource));
    if (takes && edge.from.kind === "resource" && found.has(to)) found.add(from);
    if (takes && found.has(from) && found.has(to)) found.add(`${from} ${to} ${edge.kind}`);
  }
  return found;
}

export const NO_ENVIRONMENT = "Leads to no environment";

/** The lane of each station: the environment that it leads to first. */
export function lanesByEnvironment(drawing: Drawing): ReadonlyMap<string, string> {
  const out = new Map<string, string[]>();
  for (const { from, to } of drawing.ways) out.set(from, [...(out.get(from) ?? []), to]);
  const shapes = new Map(drawing.stations.map(({ id, shape, name }) => [id, { shape, name }]));
  const laneOf = (id: string): string => {
    const seen = new Set([id]);
    let level = [id];
    while (level.length > 0) {
      const reached = level.map((each) => shapes.get(each)).find((each) => each?.shape === "environment");
      if (reached) return reached.name;
      level = level.flatMap((each) => out.get(each) ?? []).filter((each) => !seen.has(each) && seen.add(each));
    }
    return NO_ENVIRONMENT;
  };
  return new Map(drawing.stations.map(({ id }) => [id, laneOf(id)]));
}
