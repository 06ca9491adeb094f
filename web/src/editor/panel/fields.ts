// Which field a place of the file gets in the panel, from the schema and from what stands there.

import type { Path } from "../document/tree";
import { alternatives, propertiesOf, recordAt, resolve, typesOf, valuesOf, type Property, type Schema } from "../schema/shape";

export type FieldKind =
  | { kind: "choice"; values: readonly unknown[] }
  | { kind: "number"; minimum: number | null; maximum: number | null }
  | { kind: "text"; lines: boolean }
  | { kind: "list"; items: Schema }
  | { kind: "record"; properties: readonly Property[] }
  | { kind: "map"; entries: Schema; known: Record<string, Schema> };

/** Keys whose texts usually have several lines. */
const LONG = new Set(["run"]);

export function fieldOf(root: Schema, schema: Schema, key: string, value: unknown): FieldKind {
  const [pick = {}] = alternatives(root, schema, value);
  const values = valuesOf(pick);
  if (values.length > 0) return { kind: "choice", values };
  if (pick.type === "array") return { kind: "list", items: (pick.items ?? {}) as Schema };
  const entries = pick.additionalProperties;
  if (pick.type === "object" && typeof entries === "object" && entries !== null) return { kind: "map", entries: entries as Schema, known: recordAt(pick, "properties") };
  if (pick.type === "object") return { kind: "record", properties: propertiesOf(pick) };
  if (typesOf(pick).every((type) => type === "integer" || type === "number")) {
    return { kind: "number", minimum: numberAt(pick, "minimum"), maximum: numberAt(pick, "maximum") };
  }
  return { kind: "text", lines: LONG.has(key) || (typeof value === "string" && value.trimEnd().includes("\n")) };
}

function numberAt(schema: Schema, key: string): number | null {
  const value = schema[key];
  return typeof value === "number" ? value : null;
}

/** The key that holds a plain item once it becomes a mapping with options: `resource` for an input. Null where it cannot become one. */
export function optionKeyOf(root: Schema, schema: Schema): string | null {
  const whole = resolve(root, schema);
  const among = Array.isArray(whole.oneOf) ? (whole.oneOf as Schema[]).map((each) => resolve(root, each)) : [];
  const record = among.find((each) => each.type === "object" && Array.isArray(each.required));
  const plain = among.some((each) => typesOf(each).some((type) => type === "string" || type === "integer"));
  const [key] = (record?.required ?? []) as string[];
  return plain && record !== undefined && key !== undefined && propertiesOf(record).length > 1 ? key : null;
}

/** What a text field writes: a text, or the number or truth that stood there if it still is one. */
export function valueOfText(typed: string, before: unknown): unknown {
  const text = typed.trim();
  if (typeof before === "number" && String(Number(text)) === text) return Number(text);
  if (typeof before === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (typed.includes("\n")) return `${typed.replace(/\n+$/, "")}\n`;
  return typeof before === "string" && before.endsWith("\n") ? `${text}\n` : text;
}

export function textOfValue(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "object" ? "" : String(value).replace(/\n$/, "");
}

const JOB_KEYS = new Set(["after", "passed", "any", "job", "jobs"]);
const RESOURCE_KEYS = new Set(["inputs", "outputs", "resource", "environment"]);

/** Which names a text at this place chooses from. */
export function namesFor(path: Path): "jobs" | "resources" | "modules" | null {
  const key = path.findLast((step) => typeof step === "string");
  if (typeof key !== "string" || path.length < 3) return null;
  if (key === "uses") return "modules";
  return JOB_KEYS.has(key) ? "jobs" : RESOURCE_KEYS.has(key) ? "resources" : null;
}
