// Which cached answers an event makes stale.

/** The first element names the question; see `keys`. A shorter key stands for all that begin with it. */
export type Key = readonly string[];

export const keys = {
  me: () => ["me"] as const,
  pipelines: (workspace: string) => ["pipelines", workspace] as const,
  runs: (workspace: string, group: string) => ["runs", workspace, group] as const,
  run: (run: string) => ["run", run] as const,
  runners: (workspace: string) => ["runners", workspace] as const,
};

/** Every kind of event that the server names; an event source hears only the names it asks for. */
export const EVENT_KINDS = [
  "workspace-created",
  "pipeline-set",
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
  "job-run-created",
  "job-run-superseded",
  "job-run-moved",
  "execution-queued",
  "execution-started",
  "execution-ended",
  "gate-opened",
  "gate-decided",
  "gate-closed",
  "runner-changed",
  "delivery-moved",
  "channel-changed",
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
const RUNNERS: Key = ["runners"];

function runOf(data: Record<string, unknown>): Key {
  return typeof data.run === "string" ? keys.run(data.run) : ALL_RUNS;
}

/** The keys that an event touches; none for what no screen shows. */
export function keysTouchedBy(kind: string, data: Record<string, unknown>): Key[] {
  switch (kind) {
    case "pipeline-set":
    case "pipeline-paused":
      return [PIPELINES];
    case "run-created":
    case "run-ended":
    case "run-reopened":
      return [RUN_LISTS, PIPELINES, runOf(data)];
    case "job-run-created":
    case "job-run-superseded":
    case "job-run-moved":
      return [RUN_LISTS, PIPELINES, runOf(data)];
    // A gate's and an execution's events name the job run alone; at most one run is on screen.
    case "gate-opened":
    case "gate-decided":
    case "gate-closed":
      return [ALL_RUNS];
    case "execution-queued":
    case "execution-started":
    case "execution-ended":
      return [ALL_RUNS, RUNNERS];
    case "runner-changed":
      return [RUNNERS];
    case "workspace-created":
    case "access-changed":
      return [keys.me()];
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
