// What may stand at the cursor: keys and values of the schema, and names that the file declares.

import { isRecord, type Path } from "../document/tree";
import { alternatives, propertiesOf, recordAt, resolve, schemasAt, valuesOf, type Schema } from "../schema/shape";
import { contextAt } from "./context";

export interface Suggestion {
  label: string;
  kind: "key" | "value" | "name";
  /** What is written. */
  insert: string;
  info: string;
}

export interface Suggestions {
  from: number;
  options: Suggestion[];
}

/** What the suggestions are made of: the schema, the last readable values of the file, and modules for `uses`. */
export interface Knowledge {
  schema: Schema;
  values: Record<string, unknown>;
  modules: readonly { uses: string; description: string | null }[];
}

export function suggestAt(text: string, at: number, knowledge: Knowledge): Suggestions | null {
  const context = contextAt(text, at);
  if (context === null) return null;
  const { path, kind, from } = context;
  const options = [
    ...(kind === "key" ? [] : suggestValues(path, knowledge)),
    ...(kind === "value" ? [] : suggestKeys(path, text.slice(from, at), knowledge)),
  ];
  return options.length === 0 ? null : { from, options };
}

function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => (isRecord(inner) || Array.isArray(inner) ? (inner as Record<string | number, unknown>)[step] : undefined), values);
}

function suggestKeys(path: Path, typed: string, { schema, values }: Knowledge): Suggestion[] {
  const held = valueAt(values, path);
  const taken = new Set(isRecord(held) ? Object.keys(held) : []);
  const options = new Map<string, Suggestion>();
  for (const among of schemasAt(schema, path, values)) {
    for (const { name, schema: inner, description } of propertiesOf(among)) {
      if (taken.has(name) && name !== typed) continue;
      options.set(name, { label: name, kind: "key", insert: `${name}:${startOf(schema, inner)}`, info: description });
    }
  }
  return [...options.values()];
}

/** What is written behind a new key: a blank, or nothing where lines follow. */
function startOf(root: Schema, schema: Schema): string {
  const [first] = alternatives(root, schema, undefined);
  const lines = first !== undefined && (first.type === "object" || (first.type === "array" && resolve(root, recordAt(first, "items")).type === "object"));
  return lines ? "" : " ";
}

function suggestValues(path: Path, knowledge: Knowledge): Suggestion[] {
  const { schema, values } = knowledge;
  const known = schemasAt(schema, path, undefinedAt(values, path)).flatMap((among) =>
    valuesOf(among).map((value): Suggestion => ({ label: String(value), kind: "value", insert: String(value), info: String(among.description ?? "") })),
  );
  const unique = new Map(known.map((option) => [option.label, option]));
  return [...unique.values(), ...suggestNames(path, knowledge)];
}

/** What stands at the cursor says nothing of what may stand there, except in its neighbours: a half-written value fits nothing. */
function undefinedAt(values: unknown, path: Path): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return undefined;
  if (Array.isArray(values)) return values.map((item, at) => (at === step ? undefinedAt(item, rest) : item));
  return isRecord(values) ? { ...values, [step]: undefinedAt(values[step], rest) } : values;
}

const JOB_KEYS = new Set(["after", "passed", "any", "job", "jobs"]);
const RESOURCE_KEYS = new Set(["inputs", "outputs", "resource"]);

function suggestNames(path: Path, { values, modules }: Knowledge): Suggestion[] {
  const key = path.findLast((step) => typeof step === "string");
  const inJob = path[0] === "jobs" || path[0] === "notify";
  if (typeof key !== "string" || !inJob) return [];
  const room = (name: string): [string, unknown][] => Object.entries(isRecord(values[name]) ? values[name] : {});
  const named = (found: [string, unknown][], what: string): Suggestion[] =>
    found.map(([name, part]) => ({ label: name, kind: "name", insert: name, info: isRecord(part) && typeof part.description === "string" ? part.description : what }));
  if (JOB_KEYS.has(key)) return named(room("jobs").filter(([name]) => name !== path[1]), "A job of this file");
  if (RESOURCE_KEYS.has(key)) return named(room("resources"), "A resource of this file");
  if (key === "environment") return named(room("resources").filter(([, part]) => isRecord(part) && part.type === "environment"), "An environment");
  if (key === "uses") return modules.map(({ uses, description }) => ({ label: uses, kind: "name", insert: uses, info: description ?? "" }));
  return [];
}
