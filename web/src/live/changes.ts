// Which cached answers an event makes stale.

/** The first element names the question; see `keys`. A shorter key stands for all that begin with it. */
export type Key = readonly string[];

export const keys = {
  me: () => ["me"] as const,
  pipelines: (workspace: string) => ["pipelines", workspace] as const,
  pipeline: (workspace: string, pipeline: string) => ["definition", workspace, pipeline] as const,
  revisions: (workspace: string, pipeline: string) => ["definition", workspace, pipeline, "revisions"] as const,
  runs: (workspace: string, group: string) => ["runs", workspace, group] as const,
  run: (run: string) => ["run", run] as const,
  jobRun: (run: string, jobRun: string) => ["run", run, "job-run", jobRun] as const,
  runGraph: (run: string) => ["run", run, "graph"] as const,
  graph: (workspace: string, pipeline: string) => ["line", workspace, pipeline, "graph"] as const,
  why: (workspace: string, pipeline: string, job: string) => ["line", workspace, pipeline, "why", job] as const,
  jobHistory: (workspace: string, pipeline: string, job: string) => ["line", workspace, pipeline, "history", job] as const,
  revision: (workspace: string, pipeline: string, number: number) => ["revision", workspace, pipeline, String(number)] as const,
  resources: (workspace: string, pipeline: string) => ["line", workspace, pipeline, "resources"] as const,
  versions: (workspace: string, pipeline: string, resource: string) => ["line", workspace, pipeline, "versions", resource] as const,
  trace: (workspace: string, pipeline: string, version: string) => ["line", workspace, pipeline, "trace", version] as const,
  gate: (gate: string) => ["gate", gate] as const,
  task: (task: string) => ["task", task] as const,
  inbox: (workspace: string, which: string) => ["inbox", workspace, which] as const,
  settings: (workspace: string, part: string) => ["settings", workspace, part] as const,
  deliveries: (workspace: string) => ["deliveries", workspace] as const,
  monitor: (workspace: string, question: string) => ["monitor", workspace, question] as const,
  audit: (workspace: string) => ["audit", workspace] as const,
  environments: (workspace: string) => ["environments", workspace] as const,
  environment: (workspace: string, pipeline: string, name: string) => ["environments", workspace, pipeline, name] as const,
  environmentHistory: (workspace: string, pipeline: string, name: string) => ["environments", workspace, pipeline, name, "history"] as const,
  promotion: (workspace: string, pipeline: string, name: string, kind: string, version: string) =>
    ["environments", workspace, pipeline, name, "preview", kind, version] as const,
  runners: (workspace: string) => ["runners", workspace] as const,
  modules: (workspace: string) => ["modules", workspace] as const,
  /** What only another server would answer otherwise. */
  ofServer: (what: "schema" | "library") => ["server", what] as const,
};

/** Every kind of event that the server names; an event source hears only the names it asks for. */
export const EVENT_KINDS = [
  "workspace-created",
  "workspace-paused",
  "pipeline-set",
  "pipeline-synced",
  "sync-failed",
  "pipeline-paused",
  "job-paused",
  "version-created",
  "version-enabled",
  "versions-reordered",
  "resource-pinned",
  "resource-checked",
  "run-created",
  "run-ended",
  "run-reopened",
  "run-renamed",
  "run-deleted",
  "run-closed",
  "rerun-planned",
  "job-run-created",
  "job-run-superseded",
  "job-run-moved",
  "execution-queued",
  "execution-started",
  "execution-ended",
  "gate-opened",
  "gate-decided",
  "gate-rebound",
  "gate-reminded",
  "gate-escalated",
  "gate-checked",
  "gate-claimed",
  "gate-broken",
  "gate-reviewed",
  "gate-closed",
  "task-created",
  "task-moved",
  "task-assigned",
  "task-claimed",
  "task-noted",
  "task-changed",
  "task-due",
  "task-overdue",
  "environment-deployed",
  "environment-locked",
  "promotion-opened",
  "promotion-closed",
  "runner-changed",
  "delivery-moved",
  "channel-changed",
  "module-changed",
  "channel-paused",
  "notifications-changed",
  "preferences-changed",
  "secret-changed",
  "access-changed",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];

const ALL_RUNS: Key = ["run"];
const RUN_LISTS: Key = ["runs"];
const PIPELINES: Key = ["pipelines"];
const LINES: Key = ["line"];
const DEFINITIONS: Key = ["definition"];
const RUNNERS: Key = ["runners"];
const AUDITS: Key = ["audit"];
const GATES: Key = ["gate"];
const INBOXES: Key = ["inbox"];
const SETTINGS: Key = ["settings"];
const DELIVERIES: Key = ["deliveries"];
const TASKS: Key = ["task"];
const ENVIRONMENTS: Key = ["environments"];

function gateOf(data: Record<string, unknown>): Key {
  return typeof data.gate === "string" ? keys.gate(data.gate) : GATES;
}

function runOf(data: Record<string, unknown>): Key {
  return typeof data.run === "string" ? keys.run(data.run) : ALL_RUNS;
}

/** The keys that an event touches; none for what no screen shows. What somebody does also stands in the audit trail. */
export function keysTouchedBy(kind: string, data: Record<string, unknown>): Key[] {
  const touched = keysOfKind(kind, data);
  return typeof data.actor === "string" && /^(user|token|push):/.test(data.actor) ? [...touched, AUDITS] : touched;
}

function keysOfKind(kind: string, data: Record<string, unknown>): Key[] {
  switch (kind) {
    case "pipeline-set":
    case "pipeline-synced":
    case "sync-failed":
      // A run's picture says whether its revision is still in force.
      return [PIPELINES, DEFINITIONS, LINES, ALL_RUNS, ENVIRONMENTS];
    case "workspace-paused":
    case "pipeline-paused":
      return [PIPELINES, LINES];
    case "job-paused":
    case "version-created":
    case "version-enabled":
    case "versions-reordered":
    case "resource-pinned":
    case "resource-checked":
      return [LINES];
    case "run-created":
    case "run-ended":
    case "run-reopened":
    case "run-renamed":
    case "run-deleted":
    case "run-closed":
      return [RUN_LISTS, PIPELINES, runOf(data)];
    case "job-run-created":
    case "job-run-superseded":
    case "job-run-moved":
      return [RUN_LISTS, PIPELINES, LINES, runOf(data), ENVIRONMENTS];
    case "environment-locked":
      return [LINES, ENVIRONMENTS, GATES];
    case "environment-deployed":
    case "promotion-opened":
    case "promotion-closed":
      return [ENVIRONMENTS, GATES];
    // A gate's and an execution's events name the job run alone; at most one run is on screen.
    case "gate-opened":
    case "gate-decided":
    case "gate-rebound":
    case "gate-reminded":
    case "gate-escalated":
    case "gate-checked":
    case "gate-claimed":
    case "gate-broken":
    case "gate-reviewed":
    case "gate-closed":
      return [ALL_RUNS, LINES, gateOf(data), INBOXES, ENVIRONMENTS];
    case "task-created":
    case "task-moved":
    case "task-assigned":
    case "task-claimed":
    case "task-noted":
    case "task-changed":
    case "task-due":
    case "task-overdue":
      return [runOf(data), typeof data.task === "string" ? keys.task(data.task) : TASKS, INBOXES];
    case "execution-queued":
    case "execution-started":
    case "execution-ended":
      return [ALL_RUNS, RUNNERS];
    case "runner-changed":
      return [RUNNERS];
    case "module-changed":
      return [["modules"]];
    case "workspace-created":
    case "access-changed":
      return [keys.me(), SETTINGS];
    case "secret-changed":
    case "channel-changed":
    case "channel-paused":
    case "notifications-changed":
    case "preferences-changed":
      return [SETTINGS];
    case "delivery-moved":
      return [DELIVERIES];
    default:
      return [];
  }
}

/** Drops repeats, and keys that a shorter one already stands for. */
export function mergeKeys(touched: readonly Key[]): Key[] {
  const byText = new Map(touched.map((key) => [JSON.stringify(key), key]));
  const unique = [...byText.values()];
  return unique.filter((key) => !unique.some((other) => other.length < key.length && other.every((part, at) => key[at] === part)));
}
