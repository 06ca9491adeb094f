// From the server's picture of a line to what is drawn: stations with a size, and ways between them.

import type { EdgeKind, GraphEdge, GraphEnd, LineGraph } from "../api/schema";

export type StationShape = "job" | "gate" | "resource" | "environment";

export interface Station {
  /** `job:build`, `resource:source`. */
  id: string;
  name: string;
  shape: StationShape;
  width: number;
  height: number;
}

export interface Way {
  id: string;
  from: string;
  to: string;
  kind: EdgeKind;
  /** The resources whose versions are shown on the way, as a pill; none beside a resource that stands there itself. */
  pill: readonly string[];
}

export interface Drawing {
  stations: Station[];
  ways: Way[];
}

const SIZES: Record<StationShape, { width: number; height: number }> = {
  job: { width: 192, height: 76 },
  gate: { width: 204, height: 84 },
  resource: { width: 152, height: 58 },
  environment: { width: 224, height: 64 },
};

/** More versions on one way are counted. */
export const PILL_ROWS = 2;
export const PILL_WIDTH = 116;
export const PILL_ROW_HEIGHT = 24;

export function stationId(end: GraphEnd): string {
  return `${end.kind}:${end.name}`;
}

export const jobId = (name: string): string => `job:${name}`;

export const sizeOf = (shape: StationShape): { width: number; height: number } => SIZES[shape];

function station(id: string, name: string, shape: StationShape): Station {
  return { id, name, shape, ...SIZES[shape] };
}

function wayOf(edge: GraphEdge): Way {
  const [from, to] = [stationId(edge.from), stationId(edge.to)];
  const between = edge.from.kind === "job" && edge.to.kind === "job";
  return { id: `${from} ${to} ${edge.kind}`, from, to, kind: edge.kind, pill: between ? edge.through : [] };
}

/** Resources first: the line reads from left to right. An edge to something that the graph does not list draws that, too. */
export function drawLine(graph: Pick<LineGraph, "jobs" | "resources" | "edges">): Drawing {
  const resources = graph.resources.map(({ name, kind }) => station(`resource:${name}`, name, kind === "environment" ? "environment" : "resource"));
  const jobs = graph.jobs.map(({ name, kind }) => station(jobId(name), name, kind === "gate" ? "gate" : "job"));
  const known = new Map([...resources, ...jobs].map((each) => [each.id, each]));
  for (const end of graph.edges.flatMap(({ from, to }) => [from, to])) {
    const id = stationId(end);
    if (!known.has(id)) known.set(id, station(id, end.name, end.kind));
  }
  return { stations: [...known.values()], ways: graph.edges.map(wayOf) };
}

/** Two drawings with one shape have the same stations and ways, so one layout serves both. */
export function shapeOf({ stations, ways }: Drawing): string {
  return JSON.stringify([stations.map(({ id, shape }) => [id, shape]), ways.map(({ id, pill }) => [id, Math.min(pill.length, PILL_ROWS)])]);
}
