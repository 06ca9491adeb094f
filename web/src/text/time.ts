// Durations and moments as people read them.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `28 ms`, `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`, `3 d 4 h`. Never negative: clocks of two machines differ. */
export function formatDuration(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  if (length === 0) return "0 s";
  if (length < 100) return `${Math.round(length)} ms`;
  if (length < 9_950) return `${(length / SECOND).toFixed(1)} s`;
  const seconds = Math.round(length / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long ago, coarsely: `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAge(at: number, now: number): string {
  const age = Math.max(0, now - at);
  if (age < 10 * SECOND) return "just now";
  if (age < MINUTE) return `${Math.floor(age / SECOND)} s ago`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min ago`;
  if (age < DAY) return `${Math.floor(age / HOUR)} h ago`;
  return `${Math.floor(age / DAY)} d ago`;
}

/** From start to end, or until now where it goes on; null before the start. */
export function elapsed(startedAt: number | null, endedAt: number | null, now: number): number | null {
  return startedAt === null ? null : (endedAt ?? now) - startedAt;
}

/** The exact moment, in the reader's time zone. */
export function formatMoment(at: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
