// From the words of the server to what a state looks like: shape, colour and word.

import type { Gate, GateStatus, JobRunStatus, RunStatus } from "../api/types";

export type Shape =
  | "ring"
  | "ring-dot"
  | "sweep"
  | "hand"
  | "tick"
  | "half-tick"
  | "cross"
  | "bolt"
  | "square"
  | "dash"
  | "bars";

/** The name of a colour token: `--state-<tone>`. */
export type Tone =
  | "waiting"
  | "running"
  | "awaiting"
  | "succeeded"
  | "partial"
  | "failed"
  | "errored"
  | "stopped"
  | "skipped"
  | "paused";

export interface Look {
  shape: Shape;
  tone: Tone;
  word: string;
}

const JOB_RUN_LOOKS: Record<JobRunStatus, Look> = {
  waiting: { shape: "ring", tone: "waiting", word: "Waiting" },
  queued: { shape: "ring-dot", tone: "waiting", word: "Queued" },
  running: { shape: "sweep", tone: "running", word: "Running" },
  awaiting: { shape: "hand", tone: "awaiting", word: "Awaiting people" },
  stopping: { shape: "square", tone: "stopped", word: "Stopping" },
  succeeded: { shape: "tick", tone: "succeeded", word: "Succeeded" },
  failed: { shape: "cross", tone: "failed", word: "Failed" },
  errored: { shape: "bolt", tone: "errored", word: "Errored" },
  stopped: { shape: "square", tone: "stopped", word: "Stopped" },
  skipped: { shape: "dash", tone: "skipped", word: "Skipped" },
};

const RUN_LOOKS: Record<RunStatus, Look> = {
  scheduled: { shape: "ring", tone: "waiting", word: "Scheduled" },
  pending: { shape: "ring-dot", tone: "waiting", word: "Pending" },
  running: JOB_RUN_LOOKS.running,
  awaiting: JOB_RUN_LOOKS.awaiting,
  stopping: JOB_RUN_LOOKS.stopping,
  completed: { shape: "tick", tone: "succeeded", word: "Completed" },
  "partial-success": { shape: "half-tick", tone: "partial", word: "Partial success" },
  failed: JOB_RUN_LOOKS.failed,
  stopped: JOB_RUN_LOOKS.stopped,
  error: JOB_RUN_LOOKS.errored,
};

const CLOSED_GATE_LOOKS: Record<Exclude<GateStatus, "open">, Look> = {
  approved: { shape: "tick", tone: "succeeded", word: "Approved" },
  rejected: { shape: "cross", tone: "failed", word: "Rejected" },
  expired: { shape: "square", tone: "stopped", word: "Expired" },
  superseded: { shape: "dash", tone: "skipped", word: "Superseded" },
  withdrawn: { shape: "square", tone: "stopped", word: "Withdrawn" },
};

/** An open gate that people have approved waits for a window or a check. */
export function gateLook({ status, approved }: Pick<Gate, "status" | "approved">): Look {
  if (status !== "open") return CLOSED_GATE_LOOKS[status] ?? unknownLook(status);
  return approved ? { shape: "ring-dot", tone: "waiting", word: "Approved, waiting" } : JOB_RUN_LOOKS.awaiting;
}

export const PAUSED_LOOK: Look = { shape: "bars", tone: "paused", word: "Paused" };

// A newer server may know states that this page does not.
function unknownLook(word: string): Look {
  return { shape: "ring", tone: "waiting", word };
}

export function jobRunLook(status: JobRunStatus): Look {
  return JOB_RUN_LOOKS[status] ?? unknownLook(status);
}

export function runLook(status: string): Look {
  return (RUN_LOOKS as Record<string, Look>)[status] ?? unknownLook(status);
}

const ACTIVE_RUNS: ReadonlySet<string> = new Set(["scheduled", "pending", "running", "awaiting", "stopping"]);
const ACTIVE_JOB_RUNS: ReadonlySet<JobRunStatus> = new Set(["waiting", "queued", "running", "awaiting", "stopping"]);

export function isActiveRun(status: string): boolean {
  return ACTIVE_RUNS.has(status);
}

export function isActiveJobRun(status: JobRunStatus): boolean {
  return ACTIVE_JOB_RUNS.has(status);
}

/** A machine-readable reason in words: `exit-code` → `exit code`. */
export function reasonWords(reason: string | null): string {
  return reason === null ? "" : reason.replaceAll("-", " ");
}
