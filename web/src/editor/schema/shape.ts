// The JSON Schema of a pipeline's file, walked along a path of its values.

import { isRecord, type Path } from "../document/tree";

export type Schema = Record<string, unknown>;

/** A schema with what it refers to taken in. */
export function resolve(root: Schema, schema: Schema): Schema {
  const { $ref: reference, ...own } = schema;
  if (typeof reference !== "string") return schema;
  const found = reference.replace(/^#\//, "").split("/").reduce<unknown>((inner, step) => (isRecord(inner) ? inner[step] : undefined), root);
  const base = isRecord(found) ? resolve(root, found) : {};
  const properties = { ...recordAt(base, "properties"), ...recordAt(own, "properties") };
  return { ...base, ...own, ...(Object.keys(properties).length > 0 ? { properties } : {}) };
}

export function recordAt(schema: Schema, key: string): Record<string, Schema> {
  return isRecord(schema[key]) ? (schema[key] as Record<string, Schema>) : {};
}

/** What a value may be: each of `oneOf`, those first that the value already is. Only these remain where it is one of them. */
export function alternatives(root: Schema, schema: Schema, value: unknown): Schema[] {
  const whole = resolve(root, schema);
  const among = Array.isArray(whole.oneOf) ? (whole.oneOf as Schema[]).flatMap((each) => alternatives(root, each, value)) : [whole];
  const fitting = among.filter((each) => fits(root, each, value));
  return fitting.length > 0 ? fitting : among;
}

function fits(root: Schema, schema: Schema, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (!typesOf(schema).includes(typeOf(value))) return false;
  if (!isRecord(value)) return true;
  return Object.entries(recordAt(schema, "properties")).every(([key, property]) => {
    const allowed = valuesOf(resolve(root, property));
    return allowed.length === 0 || value[key] === undefined || allowed.includes(value[key]);
  });
}

/** The only values that a schema allows; none where there are many. */
export function valuesOf(schema: Schema): unknown[] {
  if (Array.isArray(schema.enum)) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  return schema.type === "boolean" ? [true, false] : [];
}

export function typesOf(schema: Schema): string[] {
  if (schema.type !== undefined) return [schema.type].flat() as string[];
  return valuesOf(schema).map(typeOf);
}

export function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** What a place of the file may hold, given what it holds on the way there. */
export function schemasAt(root: Schema, path: Path, values: unknown): Schema[] {
  let found = alternatives(root, root, values);
  let value = values;
  for (const step of path) {
    value = isRecord(value) || Array.isArray(value) ? (value as Record<string | number, unknown>)[step] : undefined;
    found = found.flatMap((schema) => {
      const inner = typeof step === "number" ? schema.items : (recordAt(schema, "properties")[step] ?? schema.additionalProperties);
      return isRecord(inner) ? alternatives(root, inner, value) : [];
    });
  }
  return found;
}

export interface Property {
  name: string;
  schema: Schema;
  description: string;
  required: boolean;
}

/** The keys that a schema knows by name. */
export function propertiesOf(schema: Schema): Property[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const found = Object.entries(recordAt(schema, "properties"));
  return found.map(([name, inner]) => ({ name, schema: inner, description: String(inner.description ?? ""), required: required.has(name) }));
}
