// Pictures of lines for the tests of this room.

import type { EdgeKind, GraphEdge, LineGraph, LineJob, LineJobRun } from "../api/schema";

export function job(name: string, more: Partial<LineJob> = {}): LineJob {
  return {
    name,
    description: null,
    kind: "steps",
    environment: null,
    paused: null,
    verdict: null,
    cause: null,
    unblock: null,
    latest: null,
    active: 0,
    usual_ms: null,
    passed: {},
    passed_run: null,
    ...more,
  };
}

export function jobRun(id: string, more: Partial<LineJobRun> = {}): LineJobRun {
  return {
    id,
    run: "r1",
    number: "1",
    status: "succeeded",
    reason: null,
    detail: null,
    created_at: 0,
    started_at: 0,
    ended_at: 10,
    versions: {},
    approvals: null,
    spans: [],
    ...more,
  };
}

const end = (text: string) => (text.startsWith("(") ? { kind: "resource" as const, name: text.slice(1, -1) } : { kind: "job" as const, name: text });

/** `source > build`, `build => deploy`: resources are in brackets. */
export function edge(from: string, to: string, kind: EdgeKind = "trigger", through: string[] = []): GraphEdge {
  return { from: end(from), to: end(to), kind, through };
}

export function graph(more: Partial<LineGraph>): LineGraph {
  return { pipeline: "shop", revision: 1, newest_revision: 1, run: null, paused: null, jobs: [], resources: [], edges: [], versions: {}, ...more };
}

/** A line of four jobs from a source to production. */
export const SHOP: LineGraph = graph({
  jobs: [job("build"), job("unit"), job("sign", { kind: "gate" }), job("deploy", { environment: "production" }), job("tell")],
  resources: [
    { name: "source", kind: "git", newest: "v1", pinned: false, check_error: null },
    { name: "production", kind: "environment", newest: null, pinned: false, check_error: null },
  ],
  edges: [
    edge("(source)", "build", "trigger", ["source"]),
    edge("build", "unit", "after", ["source"]),
    edge("unit", "sign", "after", ["source"]),
    edge("sign", "deploy", "after", ["source"]),
    edge("unit", "tell", "after-failed"),
    edge("deploy", "(production)", "output", ["production"]),
  ],
});
