// Short names for what the server answers, made from its description in `schema.ts`. Times are milliseconds since 1970 UTC.

import type { PageOfRunView } from "./schema";

export type {
  DecisionView as GateDecision,
  ExecutionView as Execution,
  GateStatus,
  GateView as Gate,
  JobRunDetail,
  JobRunStatus,
  JobRunView as JobRun,
  LineGraph,
  Me,
  PauseView as Pause,
  PipelineView as Pipeline,
  RequirementView as Requirement,
  Role,
  RunDetail,
  RunnerView as Runner,
  RunView as Run,
  UsedVersion,
} from "./schema";

export type RunPageAnswer = PageOfRunView;
export type DecisionKind = "approve" | "reject";

/** The server computes a run's status; its description calls it text. */
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

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null;
}
