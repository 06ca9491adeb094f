// Where the stations of a file stand in it.

import { LineCounter, parseDocument, isMap, type Node } from "yaml";
import { endId } from "./sketch";
import { endOf, keyOf, startOf } from "./tree";

export interface Place {
  /** Lines, from 1, both included. */
  first: number;
  last: number;
}

/** The lines of each job and resource, by `endId`; none where the text cannot be read. */
export function linesOfStations(text: string): Map<string, Place> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, logLevel: "silent" });
  const places = new Map<string, Place>();
  if (document.errors.length > 0) return places;
  for (const [room, kind] of [["jobs", "job"], ["resources", "resource"]] as const) {
    const held = document.get(room);
    if (!isMap<Node, Node | null>(held)) continue;
    for (const pair of held.items) {
      const end = Math.max(startOf(pair.key), endOf(pair.value ?? pair.key) - 1);
      places.set(endId({ kind, name: keyOf(pair) }), { first: lineCounter.linePos(startOf(pair.key)).line, last: lineCounter.linePos(end).line });
    }
  }
  return places;
}

/** How many of the errors lie at each station. */
export function faultsByStation(places: ReadonlyMap<string, Place>, lines: readonly number[]): Map<string, number> {
  const faults = new Map<string, number>();
  for (const [id, { first, last }] of places) {
    const count = lines.filter((line) => line >= first && line <= last).length;
    if (count > 0) faults.set(id, count);
  }
  return faults;
}
