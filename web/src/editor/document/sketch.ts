// The line as its text says it: what the canvas draws. Unlike the server's picture it shows every resource, so that each can be connected.

import type { EdgeKind } from "../../api/schema";
import { sizeOf, type Drawing, type Station, type StationShape } from "../../line/drawing";
import { isRecord } from "./tree";

export interface End {
  kind: "job" | "resource";
  name: string;
}

export interface SketchStation extends End {
  shape: StationShape;
  /** What it is, in a few words: `git`, `3 steps`, `uses library/git-tag`. */
  words: string;
  /** It is named in the text, and declared nowhere in it. */
  foreign: boolean;
}

export interface SketchWay {
  from: End;
  to: End;
  kind: EdgeKind;
}

export interface Sketch {
  name: string;
  stations: readonly SketchStation[];
  ways: readonly SketchWay[];
}

export const endId = ({ kind, name }: End): string => `${kind}:${name}`;

const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** What an item names: itself, or the value of its key. */
export function nameOf(item: unknown, key: string): string {
  const named = isRecord(item) ? item[key] : item;
  return typeof named === "string" ? named : "";
}

/** The stations and ways of a file's values. */
export function sketchLine(values: Record<string, unknown>): Sketch {
  const [resources, jobs] = [recordOf(values.resources), recordOf(values.jobs)];
  const ways = Object.entries(jobs).flatMap(([name, job]) => waysOf(name, recordOf(job)));
  const stations = [
    ...Object.entries(resources).map(([name, resource]) => resourceStation(name, recordOf(resource))),
    ...Object.entries(jobs).map(([name, job]) => jobStation(name, recordOf(job))),
  ];
  const known = new Set(stations.map(endId));
  for (const end of ways.flatMap(({ from, to }) => [from, to])) {
    if (known.has(endId(end))) continue;
    known.add(endId(end));
    stations.push({ ...end, shape: end.kind, words: end.name.includes("/") ? "of another pipeline" : "not in this file", foreign: true });
  }
  return { name: nameOf(values.pipeline, ""), stations, ways };
}

function resourceStation(name: string, resource: Record<string, unknown>): SketchStation {
  const type = nameOf(resource.type, "");
  return { kind: "resource", name, shape: type === "environment" ? "environment" : "resource", words: type || "no type yet", foreign: false };
}

function jobStation(name: string, job: Record<string, unknown>): SketchStation {
  const steps = listOf(job.steps).length;
  const count = `${steps} ${steps === 1 ? "step" : "steps"}`;
  const words = isRecord(job.approval) ? "gate" : typeof job.uses === "string" ? `uses ${job.uses}` : steps > 0 ? count : "nothing to do yet";
  return { kind: "job", name, shape: isRecord(job.approval) ? "gate" : "job", words, foreign: false };
}

function waysOf(name: string, job: Record<string, unknown>): SketchWay[] {
  const here: End = { kind: "job", name };
  const ways: SketchWay[] = [];
  const add = (from: End, to: End, kind: EdgeKind): void => {
    const same = ways.some((way) => endId(way.from) === endId(from) && endId(way.to) === endId(to));
    if (from.name !== "" && to.name !== "" && !same) ways.push({ from, to, kind });
  };
  for (const item of listOf(job.after)) {
    add({ kind: "job", name: nameOf(item, "job") }, here, isRecord(item) && item.on === "failed" ? "after-failed" : "after");
  }
  for (const item of listOf(job.inputs)) {
    const kind = isRecord(item) && item.trigger === false ? "passive" : "trigger";
    add({ kind: "resource", name: nameOf(item, "resource") }, here, kind);
    const passed = isRecord(item) ? (isRecord(item.passed) ? item.passed.any : item.passed) : [];
    for (const upstream of listOf(passed)) add({ kind: "job", name: nameOf(upstream, "") }, here, kind);
  }
  for (const item of listOf(job.outputs)) add(here, { kind: "resource", name: nameOf(item, "resource") }, "output");
  return ways;
}

/** What the canvas lays out. */
export function drawSketch({ stations, ways }: Sketch): Drawing {
  const drawn = stations.map((station): Station => ({ id: endId(station), name: station.name, shape: station.shape, ...sizeOf(station.shape) }));
  return {
    stations: drawn,
    ways: ways.map(({ from, to, kind }) => ({ id: `${endId(from)} ${endId(to)} ${kind}`, from: endId(from), to: endId(to), kind, pill: [] })),
  };
}
