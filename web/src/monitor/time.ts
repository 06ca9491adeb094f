// Which stretch of time is looked at, and the address that says so.

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A stretch that ends now, in days. */
export const DAYS = [1, 7, 30, 90, 365] as const;
export const USUAL_DAYS = 30;

export const dayWords = (days: number): string => (days === 1 ? "Last 24 hours" : `Last ${days} days`);

export type Time = { kind: "last"; days: number } | { kind: "between"; from: string; until: string };

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** `days=7`, or the dates `from` and `until`, both included; the usual one where neither makes sense. */
export function readTime(search: URLSearchParams): Time {
  const [from, until] = [search.get("from") ?? "", search.get("until") ?? ""];
  if (isDate(from) && isDate(until) && from <= until) return { kind: "between", from, until };
  const days = Number(search.get("days"));
  return { kind: "last", days: DAYS.find((known) => known === days) ?? USUAL_DAYS };
}

function isDate(text: string): boolean {
  return DATE.test(text) && !Number.isNaN(Date.parse(`${text}T00:00`));
}

/** What the server is asked, in milliseconds; the reader's own midnights. What ends now ends with the running minute, so that answers can be kept. */
export function boundsOf(time: Time, now: number): { from: number; to: number } {
  if (time.kind === "last") {
    const to = (Math.floor(now / MINUTE) + 1) * MINUTE;
    return { from: to - time.days * DAY, to };
  }
  const after = new Date(`${time.until}T00:00`);
  after.setDate(after.getDate() + 1);
  return { from: new Date(`${time.from}T00:00`).getTime(), to: after.getTime() };
}

/** A date as an input shows it, in the reader's time zone. */
export function dateText(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((value) => String(value).padStart(2, "0")).join("-");
}

/** When a piece of the time began: the hour where pieces are shorter than a day. */
export function pieceText(at: number, pieceMs: number): string {
  const format: Intl.DateTimeFormatOptions =
    pieceMs < DAY ? { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" } : { month: "short", day: "numeric" };
  return new Intl.DateTimeFormat(undefined, format).format(at);
}
