// Edits of the line: stations and the ways between them, as edits of the text.

import { appendItem, removeValue, renameKey, setValue } from "./edits";
import { nameOf, sketchLine, type End } from "./sketch";
import { EditRefused, isRecord, readValues, type Path } from "./tree";

const ROOMS = { job: "jobs", resource: "resources" } as const;
export const NAME = /^[a-z][a-z0-9-]*$/;

export function pathOf({ kind, name }: End): Path {
  return [ROOMS[kind], name];
}

function valuesOf(text: string): Record<string, unknown> {
  const values = readValues(text);
  if (values === null) throw new EditRefused("The text cannot be read as YAML; mend it there first.");
  return values;
}

function partOf(values: Record<string, unknown>, { kind, name }: End): Record<string, unknown> {
  const room = values[ROOMS[kind]];
  const part = isRecord(room) ? room[name] : undefined;
  return isRecord(part) ? part : {};
}

/** `name`, or with the first number behind it that makes it new. */
export function freeName(values: Record<string, unknown>, kind: End["kind"], name: string): string {
  const taken = values[ROOMS[kind]];
  const names = new Set(isRecord(taken) ? Object.keys(taken) : []);
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? name : `${name}-${number}`;
    if (!names.has(wanted)) return wanted;
  }
}

export interface Added {
  text: string;
  end: End;
}

const BODIES = {
  job: { steps: [{ run: "true" }] },
  gate: { approval: { require: [{ from: ["role:admin"], count: 1 }] } },
} as const;

/** Adds a job or a gate, at the end of what stands before it where that is given. */
export function addJob(text: string, shape: keyof typeof BODIES, before: End | null = null): Added {
  const end: End = { kind: "job", name: freeName(valuesOf(text), "job", shape) };
  const added = setValue(text, pathOf(end), BODIES[shape]);
  return { text: before === null ? added : connect(added, before, end), end };
}

/** Adds a resource with what its type cannot do without. */
export function addResource(text: string, type: string): Added {
  const values = valuesOf(text);
  const needs: Record<string, object> = {
    git: { repository: nameOf(values.pipeline, "") || "repository" },
    cron: { schedule: "0 2 * * *" },
    params: { values: { KEY: "value" } },
  };
  const end: End = { kind: "resource", name: freeName(values, "resource", type) };
  return { text: setValue(text, pathOf(end), { type, ...needs[type] }), end };
}

/** How a way from one station to another is called, or why there can be none. */
export function wayBetween(from: End, to: End): { path: Path; name: string } | string {
  if (from.kind === to.kind && from.name === to.name) return `${from.name} cannot lead to itself.`;
  if (from.kind === "resource" && to.kind === "resource") return `A resource leads to a job: ${from.name} cannot lead to ${to.name}.`;
  if (to.kind === "resource") return { path: [...pathOf(from), "outputs"], name: to.name };
  return { path: [...pathOf(to), from.kind === "job" ? "after" : "inputs"], name: from.name };
}

const KEYS: Record<string, string> = { after: "job", inputs: "resource", outputs: "resource" };

/** Leads a way from one station to another: `after`, `inputs` or `outputs`, whichever it is between the two. */
export function connect(text: string, from: End, to: End): string {
  const way = wayBetween(from, to);
  if (typeof way === "string") throw new EditRefused(way);
  const [room, station, list] = way.path as [string, string, string];
  const held = partOf(valuesOf(text), { kind: room === "jobs" ? "job" : "resource", name: station })[list];
  if (Array.isArray(held) && held.some((item) => nameOf(item, KEYS[list] ?? "") === way.name)) throw new EditRefused(`${from.name} leads to ${to.name} already.`);
  return appendItem(text, way.path, way.name);
}

/** Takes a way away, and with it what an input says of having passed that job. */
export function disconnect(text: string, from: End, to: End): string {
  const way = wayBetween(from, to);
  if (typeof way === "string") return text;
  const left = withoutItems(text, way.path, (item) => nameOf(item, KEYS[String(way.path[2])] ?? "") === way.name);
  return from.kind === "job" && to.kind === "job" ? withoutPassed(left, to, from.name) : left;
}

/** From the last one on, so that positions stay true. */
function withoutItems(text: string, path: Path, goes: (item: unknown) => boolean): string {
  const items = path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], valuesOf(text));
  if (!Array.isArray(items)) return text;
  return [...items.entries()].toReversed().reduce((left, [at, item]) => (goes(item) ? removeValue(left, [...path, at]) : left), text);
}

function withoutPassed(text: string, job: End, upstream: string): string {
  const { inputs } = partOf(valuesOf(text), job);
  if (!Array.isArray(inputs)) return text;
  return [...inputs.entries()].reduce((left, [at, input]) => {
    if (!isRecord(input)) return left;
    const path = [...pathOf(job), "inputs", at, "passed"];
    return withoutItems(left, isRecord(input.passed) ? [...path, "any"] : path, (item) => item === upstream);
  }, text);
}

/** Takes a station away, with every way to and from it. */
export function removeStation(text: string, end: End): string {
  const { ways } = sketchLine(valuesOf(text));
  const same = (other: End): boolean => other.kind === end.kind && other.name === end.name;
  const apart = ways.filter(({ from, to }) => same(from) !== same(to)).reduce((left, { from, to }) => disconnect(left, from, to), text);
  const told = end.kind === "job" ? withoutNotices(apart, end.name) : apart;
  return removeValue(told, pathOf(end));
}

function withoutNotices(text: string, job: string): string {
  const rules = valuesOf(text).notify;
  if (!Array.isArray(rules)) return text;
  return [...rules.keys()].reduce((left, at) => withoutItems(left, ["notify", at, "jobs"], (item) => item === job), text);
}

/** Calls a station otherwise, wherever it is named. `known` says that the server has it under the old name: its history goes on. */
export function renameStation(text: string, end: End, name: string, known: boolean): string {
  if (name === end.name) return text;
  if (!NAME.test(name)) throw new EditRefused("A name begins with a small letter and has small letters, digits and hyphens.");
  let renamed = renameKey(text, pathOf(end), name);
  for (const path of placesNaming(valuesOf(renamed), end)) renamed = setValue(renamed, path, name);
  const now: End = { kind: end.kind, name };
  const { was } = partOf(valuesOf(renamed), now);
  if (was === name) return removeValue(renamed, [...pathOf(now), "was"]);
  return known && was === undefined ? setValue(renamed, [...pathOf(now), "was"], end.name) : renamed;
}

/** Every place of the file that names a station. */
function placesNaming(values: Record<string, unknown>, { kind, name }: End): Path[] {
  const keys = kind === "job" ? new Set(["after", "passed", "any", "job", "jobs"]) : new Set(["inputs", "outputs", "resource", "environment"]);
  const places: Path[] = [];
  const visit = (value: unknown, path: Path, key: string): void => {
    if (typeof value === "string" && value === name && keys.has(key)) places.push(path);
    // An item of a list is named by the list's key.
    else if (Array.isArray(value)) value.forEach((item, at) => visit(item, [...path, at], key));
    else if (isRecord(value)) for (const [inner, item] of Object.entries(value)) visit(item, [...path, inner], OPEN.has(key) ? "" : inner);
  };
  for (const [job, value] of Object.entries(isRecord(values.jobs) ? values.jobs : {})) {
    for (const [key, item] of Object.entries(isRecord(value) ? value : {})) visit(item, ["jobs", job, key], key);
  }
  if (Array.isArray(values.notify)) visit(values.notify, ["notify"], "notify");
  return places;
}

/** Mappings whose keys are the author's own. */
const OPEN = new Set(["env", "secrets", "form", "with", "matrix", "version"]);
