// What the audit screen asks for. All of it stands in the address.

export const FILTERS = ["actor", "action", "object", "from", "to"] as const;
export type FilterName = (typeof FILTERS)[number];
export type Question = Record<FilterName, string>;

const DAY_MS = 24 * 3600 * 1000;

export function readQuestion(search: URLSearchParams): Question {
  const text = (name: FilterName) => search.get(name)?.trim() ?? "";
  return { actor: text("actor"), action: text("action"), object: text("object"), from: text("from"), to: text("to") };
}

export function isNarrowed(question: Question): boolean {
  return FILTERS.some((name) => question[name] !== "");
}

/** The address with one part changed. An open entry closes when the filters change. */
export function withPart(search: URLSearchParams, part: FilterName | "entry", value: string): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value === "") next.delete(part);
  else next.set(part, value);
  if (part !== "entry") next.delete("entry");
  return next;
}

/** The beginning of a day such as `2026-11-21` in the reader's time zone, so many days later; empty for what is no day. */
export function dayStart(day: string, later = 0): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (parts === null) return "";
  const noon = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]), 12).getTime() + later * DAY_MS;
  return String(new Date(noon).setHours(0, 0, 0, 0));
}

/** The question in the server's words: both days are included. */
export function asked({ actor, action, object, from, to }: Question) {
  return { actor, action, object, from: dayStart(from), to: dayStart(to, 1) };
}
