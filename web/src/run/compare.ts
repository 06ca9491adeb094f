// Where the line in force differs from the one that a run ran on.

import type { LineGraph } from "../api/schema";
import { drawLine } from "../line/drawing";

type Structure = Pick<LineGraph, "jobs" | "resources" | "edges">;

/** Whether stations or ways were added, taken away or moved. States, texts of steps and the order in the file do not count. */
export function differsInStructure(one: Structure, other: Structure): boolean {
  return structureOf(one) !== structureOf(other);
}

function structureOf(graph: Structure): string {
  const { stations, ways } = drawLine(graph);
  return JSON.stringify([stations.map(({ id, shape }) => `${id} ${shape}`).toSorted(), ways.map(({ id, pill }) => `${id} ${pill.join(" ")}`).toSorted()]);
}
