// What the server answers, as far as the page shows it: `server/src/http/view.rs` and its neighbours say the same in Rust.
// Times are milliseconds since 1970 UTC.

export type JobRunStatus =
  | "waiting"
  | "queued"
  | "running"
  | "awaiting"
  | "stopping"
  | "succeeded"
  | "failed"
  | "errored"
  | "stopped"
  | "skipped";

export type RunStatus =
  | "scheduled"
  | "pending"
  | "running"
  | "awaiting"
  | "stopping"
  | "completed"
  | "partial-success"
  | "failed"
  | "stopped"
  | "error";

export type GateStatus = "open" | "approved" | "rejected" | "expired" | "superseded" | "withdrawn";

export type Role = "viewer" | "operator" | "editor" | "admin";

export type DecisionKind = "approve" | "reject";

export interface Me {
  /** Absent for a token that belongs to nobody. */
  user: { id: string; name: string } | null;
  actor: string;
  administrator: boolean;
  workspaces: { name: string; role: Role }[];
}

/** Who holds the line, why, and since when. */
export interface Pause {
  by: string;
  reason: string | null;
  at: number;
}

export interface Pipeline {
  id: string;
  name: string;
  project: string | null;
  description: string | null;
  revision: number;
  paused: Pause | null;
  jobs: number;
  /** The repository and file that it is kept equal to. */
  synced_from: string | null;
  sync_error: string | null;
  last_run: Run | null;
}

export interface Run {
  id: string;
  number: number;
  name: string | null;
  pipeline: string;
  pipeline_id: string;
  revision: number;
  status: RunStatus;
  cause: string;
  cause_detail: string | null;
  author: string | null;
  actor: string;
  note: string | null;
  created_at: number;
  ended_at: number | null;
  job_runs: { total: number } & Partial<Record<JobRunStatus, number>>;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface UsedVersion {
  /** The input's name; for an output, the resource's. */
  name: string;
  resource: string;
  version: { id: string; values: Record<string, string>; metadata: Record<string, string> };
}

export interface Requirement {
  /** `user:ada`, `group:release`, `role:admin`. */
  from: string[];
  needed: number;
  /** Names. */
  have: string[];
}

/** Where the link of a mail leads. */
export interface GateLink {
  workspace: string;
  gate: string;
  run: string;
  expires_at: number;
}

export interface GateDecision {
  user: string;
  decision: DecisionKind;
  comment: string | null;
  at: number;
}

export interface Gate {
  id: string;
  status: GateStatus;
  opened_at: number;
  closed_at: number | null;
  deadline_at: number | null;
  requirements: Requirement[];
  decisions: GateDecision[];
  may_decide: boolean;
  why_not: string | null;
}

export interface Execution {
  id: string;
  /** The cell of the matrix; absent for a job without one. */
  cell: string | null;
  /** Counts retries, from 0. */
  attempt: number;
  /** `queued`, `running`, `replaced` by a retry, or how it ended. */
  status: string;
  reason: string | null;
  detail: string | null;
  runner: string | null;
}

export interface JobRun {
  id: string;
  job: string;
  number: string;
  status: JobRunStatus;
  reason: string | null;
  detail: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  inputs: UsedVersion[];
  outputs: UsedVersion[];
  gate: Gate | null;
  executions: Execution[];
}

/** A run as in a list, and its job runs one by one. */
export interface RunDetail extends Run {
  job_run_list: JobRun[];
}

export interface Runner {
  id: string;
  name: string;
  labels: string[];
  slots: number;
  busy: number;
  executor: string;
  isolation: string;
  notice: string | null;
  version: string;
  address: string | null;
  state: string;
  last_seen_at: number;
}

/** `application/problem+json`. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  request_id?: string;
}
