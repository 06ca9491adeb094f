// Where the time of a run went, as bars on one scale.

import type { LineGraph, Span, SpanKind } from "../api/schema";

export interface Bar {
  kind: SpanKind;
  /** Shares of the whole width, 0 to 1. */
  from: number;
  width: number;
  milliseconds: number;
}

export interface TimelineRow {
  job: string;
  bars: Bar[];
}

export interface Timeline {
  rows: TimelineRow[];
  from: number;
  milliseconds: number;
}

const word: Record<SpanKind, string> = {
  waiting: "waiting",
  queued: "queued",
  fetching: "fetching",
  running: "running",
  awaiting: "awaiting people",
};

export const spanWord = (kind: SpanKind): string => word[kind];

/** One row for each job that has begun, in the order in which they began; what still lasts ends now. */
export function layTimeline(graph: Pick<LineGraph, "jobs">, now: number): Timeline | null {
  const begun = graph.jobs.flatMap(({ name, latest }) => (latest && latest.spans.length > 0 ? [{ job: name, spans: latest.spans }] : []));
  const [first] = begun.map(({ spans }) => startOf(spans)).toSorted((one, other) => one - other);
  if (first === undefined) return null;
  const last = Math.max(...begun.flatMap(({ spans }) => spans.map(({ to }) => to ?? now)));
  const whole = Math.max(1, last - first);
  const rows = begun
    .toSorted((one, other) => startOf(one.spans) - startOf(other.spans))
    .map(({ job, spans }) => ({
      job,
      bars: spans.map(({ kind, from, to }) => {
        const milliseconds = Math.max(0, (to ?? now) - from);
        return { kind, from: (from - first) / whole, width: milliseconds / whole, milliseconds };
      }),
    }));
  return { rows, from: first, milliseconds: whole };
}

function startOf(spans: readonly Span[]): number {
  return Math.min(...spans.map(({ from }) => from));
}
