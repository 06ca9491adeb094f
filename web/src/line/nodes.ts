// The stations as React Flow wants them. A node whose content has not changed stays the same object, so nothing redraws it.

import type { Node } from "@xyflow/react";
import type { LineGraph, LineJob } from "../api/schema";
import { PILL_ROW_HEIGHT, PILL_ROWS, PILL_WIDTH, type Drawing } from "./drawing";
import type { JobNode } from "./JobStation";
import type { Layout, Point } from "./layout";
import type { PillNode, PillRow } from "./PillStation";
import type { ResourceNode } from "./ResourceStation";
import { versionText } from "./words";

export type LineNode = JobNode | ResourceNode | PillNode | Node<{ name: string }, "missing">;

export interface Chosen {
  job: string | null;
  version: string | null;
}

/** The nodes of a picture. `before` are those of the picture before. */
export function buildNodes(graph: LineGraph, drawing: Drawing, layout: Layout, chosen: Chosen, before: ReadonlyMap<string, LineNode>): LineNode[] {
  const jobs = new Map(graph.jobs.map((job) => [`job:${job.name}`, job]));
  const resources = new Map(graph.resources.map((resource) => [`resource:${resource.name}`, resource]));
  const stations = drawing.stations.map(({ id, name, shape, width, height }) => {
    const job = jobs.get(id);
    const resource = resources.get(id);
    const place = { id, ...placeAt(layout.places[id] ?? { x: 0, y: 0 }), width, height };
    if (job) return { ...place, type: "job", data: { job, pausedLine: graph.paused !== null, chosen: chosen.job === name } } satisfies JobNode;
    if (resource) {
      const version = resource.newest === null ? undefined : graph.versions[resource.newest];
      const type = shape === "environment" ? "environment" : "resource";
      return { ...place, type, data: { resource, version, chosen: chosen.version } } satisfies ResourceNode;
    }
    return { ...place, type: "missing", data: { name } } satisfies LineNode;
  });
  const pills = drawing.ways.flatMap(({ id, from, pill }) => {
    const position = layout.pills[id];
    if (position === undefined) return [];
    const rows = pill.map((resource) => pillRow(graph, jobs.get(from), resource));
    const height = Math.min(pill.length, PILL_ROWS) * PILL_ROW_HEIGHT;
    return [{ id: `pill ${id}`, ...placeAt(position), width: PILL_WIDTH, height, type: "pill", data: { way: id, rows, chosen: chosen.version } } satisfies PillNode];
  });
  return [...stations, ...pills].map((node) => sameAs(before.get(node.id), node));
}

/**
 * Stands by its corner, not by a transform of its own as React Flow would have it: the browser goes through every transform below the
 * picture's own for each frame of a movement.
 */
function placeAt(position: Point): Pick<Node, "position" | "style"> {
  return { position, style: { transform: "none", left: position.x, top: position.y } };
}

/** Which version of a resource a way shows: what the job at its beginning last passed with. */
function pillRow(graph: LineGraph, job: LineJob | undefined, resource: string): PillRow {
  const id = job?.passed[resource] ?? null;
  const version = id === null ? undefined : graph.versions[id];
  return { resource, version: id, text: versionText(version), values: version?.values ?? {} };
}

/** The old node where it says the same. Answers share what has not changed, so looking at identity is nearly always enough. */
function sameAs(old: LineNode | undefined, node: LineNode): LineNode {
  if (old === undefined || old.type !== node.type) return node;
  if (old.position.x !== node.position.x || old.position.y !== node.position.y) return node;
  const [one, other] = [old.data as Record<string, unknown>, node.data as Record<string, unknown>];
  const same = Object.keys(other).every((key) => one[key] === other[key] || (key === "rows" && JSON.stringify(one[key]) === JSON.stringify(other[key])));
  return same ? old : node;
}
