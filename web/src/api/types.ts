// Short names for what the server answers, made from its description in `schema.ts`. Times are milliseconds since 1970 UTC.

export type {
  AuditCheck,
  AuditEntry,
  DecisionView as GateDecision,
  EvidenceView as Evidence,
  ExecutionView as Execution,
  GateStatus,
  GateDetail,
  GateView as Gate,
  JobRunDetail,
  JobRunStatus,
  JobRunView as JobRun,
  LineGraph,
  Me,
  PauseView as Pause,
  PipelineView as Pipeline,
  ResourceView as Resource,
  RequirementView as Requirement,
  Role,
  RunDetail,
  RunnerView as Runner,
  RunView as Run,
  TraceView as Trace,
  UsedVersion,
  VersionView as Version,
} from "./schema";

export type DecisionKind = "approve" | "reject" | "request-changes" | "revoke";

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
