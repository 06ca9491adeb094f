// What stood before and after an act, side by side.

export interface Change {
  name: string;
  before: string | null;
  after: string | null;
}

type Fields = Record<string, unknown>;

function fieldsOf(value: unknown): Fields {
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Fields;
  return { value };
}

function textOf(name: string, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number" && (name === "at" || name.endsWith("_at") || name === "since")) return new Date(value).toLocaleString();
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.length === 0 ? "none" : value.join(", ");
  return JSON.stringify(value);
}

/** One line per name, in the order in which they appear; what says nothing on both sides is left out. */
export function listChanges(before: unknown, after: unknown): Change[] {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])];
  return names
    .map((name) => ({ name, before: textOf(name, old[name]), after: textOf(name, fresh[name]) }))
    .filter((change) => change.before !== null || change.after !== null);
}
