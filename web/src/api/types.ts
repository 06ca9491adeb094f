// What the server answers. Times are milliseconds since 1970 UTC.

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

export interface Me {
  user: { id: string; name: string } | null;
  actor: string;
  workspaces: { name: string; role: Role }[];
}

export interface Pipeline {
  id: string;
  name: string;
  project: string | null;
  description: string | null;
  revision: number;
  paused: boolean;
  jobs: number;
  last_run: { id: string; number: number; status: RunStatus; created_at: number } | null;
}

export interface Run {
  id: string;
  number: number;
  name: string | null;
  pipeline: string;
  status: RunStatus;
  cause: string;
  author: string | null;
  actor: string;
  created_at: number;
  ended_at: number | null;
  job_runs: { total: number } & Partial<Record<JobRunStatus, number>>;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface BoundVersion {
  name: string;
  resource: string;
  version: { id: string; values: Record<string, string> };
}

export interface Gate {
  id: string;
  status: GateStatus;
  requirements: { from: string[]; needed: number; have: number }[];
  may_decide: boolean;
  why_not: string | null;
}

export interface JobRun {
  id: string;
  job: string;
  number: string;
  status: JobRunStatus;
  reason: string | null;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  inputs: BoundVersion[];
  outputs: BoundVersion[];
  gate: Gate | null;
  executions: { id: string; cell: string | null; status: string }[];
}

export interface RunDetail extends Omit<Run, "job_runs"> {
  job_runs: JobRun[];
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
  state: string;
  last_seen_at: number | null;
}

/** `application/problem+json`. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  request_id?: string;
}
