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

/** The stations whose shown job run took or made the version or that last passed with it, the resources whose newest it is, and the ways between them. */
export function wayOfVersion(graph: LineGraph, version: string): ReadonlySet<string> {
  const carries = (versions: Record<string, string>): boolean => Object.values(versions).includes(version);
  const found = new Set<string>();
  for (const { name, newest } of graph.resources) if (newest === version) found.add(`resource:${name}`);
  for (const { name, latest, passed } of graph.jobs) if (carries(passed) || (latest && carries(latest.versions))) found.add(jobId(name));
  const resource = graph.versions[version]?.resource;
  for (const edge of graph.edges) {
    const [from, to] = [stationId(edge.from), stationId(edge.to)];
    const takes = resource !== undefined && edge.through.includes(resource);
    if (takes && edge.from.kind === "resource" && found.has(to)) found.add(from);
    if (takes && found.has(from) && found.has(to)) found.add(`${from} ${to} ${edge.kind}`);
  }
  return found;
}

/** The lane of each station: the environment that it leads to first, `Before any environment` for the rest. */
export const NO_ENVIRONMENT = "Leads to no environment";

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
