// Where the line in force differs from the one that a run ran on.

import { diffLines } from "diff";
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

export interface DiffLine {
  kind: "same" | "added" | "removed" | "left-out";
  text: string;
}

/** Two texts line by line, with so many lines around each change; what lies between is one line that counts it. */
export function compareTexts(before: string, after: string, around: number): DiffLine[] {
  const all = diffLines(before, after).flatMap(({ value, added, removed }): DiffLine[] =>
    value.replace(/\n$/, "").split("\n").map((text) => ({ kind: added ? "added" : removed ? "removed" : "same", text })),
  );
  const near = all.map(() => false);
  for (const [at, { kind }] of all.entries()) {
    if (kind !== "same") near.fill(true, Math.max(0, at - around), at + around + 1);
  }
  const shown: DiffLine[] = [];
  let hidden = 0;
  for (const [at, line] of all.entries()) {
    if (near[at]) {
      if (hidden > 0) shown.push({ kind: "left-out", text: `${hidden} unchanged ${hidden === 1 ? "line" : "lines"}` });
      hidden = 0;
      shown.push(line);
    } else hidden += 1;
  }
  return shown;
}
