// Short names for what the server answers, made from its description in `schema.ts`. Times are milliseconds since 1970 UTC.

export type {
  AuditCheck,
  AuditEntry,
  ChannelSettings,
  ChannelView as Channel,
  DecisionView as GateDecision,
  DeliveryView as Delivery,
  EnvironmentFigures,
  EvidenceView as Evidence,
  ExecutionView as Execution,
  FiguresView as Figures,
  GateStatus,
  GateDetail,
  GateView as Gate,
  GroupView as Group,
  InboxItem,
  JobRunDetail,
  JobRunStatus,
  JobRunView as JobRun,
  LineGraph,
  Me,
  MemberView as Member,
  MonitorView as Monitor,
  PatchTask,
  NotificationRules,
  NotifyEvent,
  PauseView as Pause,
  PipelineView as Pipeline,
  Preferences,
  ResourceView as Resource,
  RequirementView as Requirement,
  Role,
  RunDetail,
  RunnerView as Runner,
  RunView as Run,
  Scope,
  TokenView as Token,
  TaskEntryView as TaskEntry,
  TaskStatus,
  TaskView as Task,
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
