// Made from server/openapi.json by `npm run client`. Edit neither this file nor its order: a check compares them.

export interface Acknowledgement {
  execution: ExecutionId;
  sequence: number;
}

/** A task for a checklist that goes on. */
export interface AddTask {
  /** Names of the tasks before it. */
  after?: string[];
  /** `user:NAME`, `group:NAME` or a member's name. */
  assignee?: string | null;
  /** At most 10,000 characters. */
  description?: string | null;
  /** A moment (RFC 3339), a date, or a duration from now such as `4h`. */
  due?: string | null;
  optional?: boolean;
  reason_required?: boolean;
  /** One line of at most 200 characters. */
  title: string;
}

/** `::error file=…,line=…::message` and its siblings. */
export interface Annotation {
  file?: string | null;
  level: AnnotationLevel;
  line?: number | null;
  message: string;
}

export type AnnotationLevel = "notice" | "warning" | "error";

export interface ApprovalCount {
  have: number;
  needed: number;
}

/** A kept file. */
export interface ArtifactView {
  digest: string;
  execution: ExecutionId;
  path: string;
  size: number;
}

/** What was started. */
export interface AskedFor {
  /** Whether they are gates: then the deployment begins once they are passed. */
  gates: boolean;
  /** The gates that people decide now, or the job run that deploys. */
  job_runs: StartedJobRun[];
  promotion: PromotionId;
}

export type AssignedAction = {
  dir: string | null;
  environment: Record<string, string>;
  kind: "run";
  script: string;
  /** A command line to which the script's file is appended; `None` is `bash -euo pipefail`. */
  shell: string | null;
} | {
  kind: "parallel";
  steps: AssignedStep[];
} | {
  kind: "artifacts";
  paths: string[];
} | {
  kind: "junit";
  paths: string[];
};

export interface AssignedInput {
  fetch: Fetch;
  name: string;
  /** Where it is fetched to, relative to the workspace. */
  path: string;
}

export interface AssignedOutput {
  /** Collected after a failure too. */
  always: boolean;
  kind: OutputKind;
  /** The folder below `ANDON_OUTPUTS`. */
  resource: string;
}

/** A secret on its way into one execution's environment. Its value is masked in everything the runner sends back. */
export interface AssignedSecret {
  value: string;
  /** The environment variable; `None` for a value that is only masked (a credential of an input's URL). */
  variable: string | null;
}

export interface AssignedStep {
  action: AssignedAction;
  continue_on_error: boolean;
  name: string;
  retry_backoff_ms: number;
  retry_times: number;
  /** Why the step is left out (its `if` was false), if it is. */
  skip: string | null;
  timeout_ms: number | null;
}

/** One execution, complete: a runner needs nothing else but the blobs and repositories it names. */
export interface Assignment {
  always: AssignedStep[];
  /** `CI`, `ANDON_*`, the job's `env`, state of upstream jobs: everything but what the runner alone knows (`ANDON_OUTPUTS`, `ANDON_STATE`, `ANDON_SUMMARY`). */
  environment: Record<string, string>;
  execution: ExecutionId;
  inputs: AssignedInput[];
  job_run: JobRunId;
  limits: Limits;
  on_failure: AssignedStep[];
  on_stop: AssignedStep[];
  on_success: AssignedStep[];
  outputs: AssignedOutput[];
  secrets: AssignedSecret[];
  steps: AssignedStep[];
  /** For people: `shop/build #12`, with the matrix cell where there is one. */
  title: string;
}

/** One attempt. */
export interface AttemptView {
  /** What was answered, without secrets, at most 4 KiB; or why there was no answer. */
  answer: string;
  ended_at: number;
  /** `delivered`, `retry` or `failed`. */
  outcome: string;
  /** As it was sent, without secrets, at most 16 KiB; absent where it did not come to that. */
  request: string | null;
  started_at: number;
}

/** A stretch of the trail, walked. */
export interface AuditCheck {
  fault: AuditFault | null;
  /** The hash of that row: whoever keeps it elsewhere can tell later that everything up to there is unchanged. */
  hash: string;
  /** The number of the newest row, as the head says. */
  head: number;
  /** Go on with this as `after`; absent at the end. */
  next: number | null;
  /** The last row that is as it was written; 0 before the first. */
  until: number;
}

/** One act of a person or a token. */
export interface AuditEntry {
  /** `THING.DONE`: `gate.approved`, `secret.set`. */
  action: string;
  /** `user:ada`, `token:ci`, `push:ada`, `job:shop/build#3`, `anonymous`, or `andon` at the server's own console. */
  actor: string;
  /** Where the request came from. */
  address: string | null;
  after: unknown;
  agent: string | null;
  at: number;
  /** What stood there before; `null` where there is nothing to say. */
  before: unknown;
  /** SHA-256 over the hash of the row before and this row. */
  hash: string;
  /** It belongs to no workspace: sign-ins, accounts. */
  installation: boolean;
  /** `KIND:NAME`, as it was called then. */
  object: string;
  object_id: string | null;
  /** The name of the person behind the actor, where there is one. */
  person: string | null;
  /** The request's identifier, as in the server's log. */
  request: string | null;
  /** Its place in the trail, from 1 on, without gaps. */
  sequence: number;
}

export interface AuditFault {
  sequence: number;
  what: string;
}

export interface AuthorView {
  commits: number;
  email: string;
  name: string;
}

/** One change for several tasks. */
export interface BatchTasks {
  change: PatchTask;
  /** 1 to 200 of them. */
  tasks: TaskId[];
}

/** What became of several tasks. */
export interface Batched {
  /** In the order asked for. */
  items: BatchedTask[];
}

/** What became of one of several tasks. */
export interface BatchedTask {
  /** Why it was refused. */
  detail: string | null;
  id: TaskId;
  /** The status that the change would have been answered with by itself. */
  status: number;
  task: TaskView | null;
}

/** How far what runs is behind what could run. */
export interface BehindView {
  /** Commits between; absent where they cannot be known. */
  commits: number | null;
  /** There are more than were counted. */
  more: boolean;
  /** The newest of them: resource → main value. Empty where there is none. */
  newest: Record<string, string>;
  /** Sets of versions that have come as far as its gate, or its job, and are newer than what runs. */
  sets: number;
}

/** A blob of the store: content-addressed by the SHA-256 of its bytes, lower-case hex. */
export interface Blob {
  digest: string;
  size: number;
}

/** Somebody has opened the gate alone. */
export interface BreakGlassView {
  by: string;
  reason: string;
  review_comment: string | null;
  reviewed_at: number | null;
  reviewed_by: string | null;
}

/** A set of versions that could be brought there. */
export interface CandidateView {
  /** It is what runs there. */
  current: boolean;
  values: Record<string, string>;
  version: VersionId | null;
}

export type Change = "added" | "changed" | "removed";

/** What to change of an account; what is absent stays. */
export interface ChangeUser {
  administrator?: boolean | null;
  disabled?: boolean | null;
  /** An empty text takes the address away. */
  email?: string | null;
  /** Makes a link for a new password. The old one works until the link is used. */
  new_link?: boolean;
}

/** One resource of what is proposed. */
export interface ChangeView {
  changed: boolean;
  /** For git: the commits between, newest first, at most 200. */
  commits: CommitView[];
  /** The values that are there now; absent where there are none. */
  from: Record<string, string> | null;
  resource: string;
  to: Record<string, string>;
  /** There are more commits than are shown. */
  truncated: boolean;
  /** Why the commits cannot all be known, if that is so. */
  unknown: string | null;
}

/** A notification channel. */
export type ChannelId = string;

export interface ChannelPause {
  at: number;
  /** `user:ada`, or `andon` where the receiver failed for too long. */
  by: string;
  reason: string | null;
}

/** What a channel of each kind needs. Addresses of webhooks are hidden, because whoever knows one can write there. */
export type ChannelSettings = {
  addresses: string[];
  kind: "email";
} | {
  kind: "slack";
  url: Hidden;
} | {
  kind: "teams";
  url: Hidden;
} | {
  kind: "discord";
  url: Hidden;
} | {
  kind: "webhook";
  secret?: Hidden | null;
  url: Hidden;
} | {
  /** Where its API begins: `https://api.github.com`, `https://HOST/api/v4` for GitLab, `https://HOST/api/v1` for Gitea and Forgejo. */
  api: string;
  forge: ForgeKind;
  kind: "forge";
  /** The repository's address in any form, or one that ends with `/*` for all below. */
  repository: string;
  /** May write commit statuses. */
  token: Hidden;
};

/** What may be shown of a channel. */
export interface ChannelView {
  created_at: number;
  /** Attempts that failed since the last one that succeeded. */
  failures?: number;
  /** `email`, `slack`, `teams`, `discord`, `webhook` or `forge`. */
  kind: string;
  name: string;
  paused?: ChannelPause | null;
  secret?: Hidden | null;
  /** The addresses, or the host; absent where the vault cannot open the channel any more. */
  target?: string | null;
  template?: Template | null;
}

/** What one check said. */
export interface CheckResult {
  /** Milliseconds since 1970 UTC. */
  at: number;
  /** For people. */
  detail: string;
  /** `expression`, `http`, `job` or `soak`. */
  kind: string;
  name: string;
  /** When it will pass by itself, where that is known. */
  next_at: number | null;
  status: CheckStatus;
}

export type CheckStatus = "passed" | "failed" | "waiting" | "errored";

/** What a check has found. */
export interface CheckView {
  /** Why the resource could not be looked at; then nothing was found. */
  error: string | null;
  /** The versions that were not known, oldest first. */
  new: VersionView[];
  /** When it is looked at next. */
  next_at: number | null;
}

/** What is wrong with a text. */
export interface Checked {
  diagnostics: Diagnostic[];
  /** It can be used. */
  ok: boolean;
}

export interface ChosenView {
  id: VersionId;
  name: string;
  /** `source@3f2a1c9`. */
  version: string;
}

/** `POST /api/v1/runner/claim`: answers as soon as there is work, or with none after `wait_ms`. */
export interface Claim {
  /** Free slots; 0 waits for stops only. */
  free: number;
  /** Every execution that the runner holds. What the server has given it beyond these got lost on its way, and is given again. */
  holding?: ExecutionId[] | null;
  runner: RunnerId;
  /** Executions that the runner stops already: they need not be named again. */
  stopping?: ExecutionId[];
  /** At most 60,000. */
  wait_ms: number;
}

export interface Claimed {
  assignments: Assignment[];
  /** Executions of this runner that people asked to stop. */
  stop: ExecutionId[];
}

/** Why a run is closed. */
export interface Close {
  /** One of the pipeline's `closing_reasons`; where it names none, one line of at most 200 characters. */
  reason: string;
}

/** Who closed a run by hand, why, and when. */
export interface ClosingView {
  at: number;
  /** As an actor: `user:ada`. */
  by: string;
  reason: string;
}

export interface CommitView {
  at: number;
  author: string;
  commit: string;
  email: string;
  /** The first line. */
  subject: string;
}

/** A token of one's own to make: it may what its owner may, or less. */
export interface CreateMyToken {
  /** Milliseconds until it expires; absent means that it does not. */
  expires_in_ms?: number | null;
  name: string;
  role?: Role | null;
  scopes?: Scope[] | null;
}

/** A token to make. */
export interface CreateToken {
  /** Milliseconds until it expires; absent means that it does not. */
  expires_in_ms?: number | null;
  name: string;
  role: Role;
  /** Absent: all that the role may. `run` makes a runner's token, which only an administrator of the installation may do. */
  scopes?: Scope[] | null;
}

/** An account to make. */
export interface CreateUser {
  administrator?: boolean;
  email?: string | null;
  name: string;
}

/** A person's decision. */
export interface Decide {
  /** At most 10,000 characters. */
  comment?: string | null;
  /** `approve`, `reject`, `request-changes`, or `revoke` to take back what was decided. */
  decision: string;
  /** The `digest` that the person saw. A gate that is bound to something else by now refuses the decision. */
  digest?: string | null;
  /** Answers to the gate's form, as its schema says; at most 64 KiB. */
  form?: Record<string, unknown> | null;
}

/** A decision with the token of a link. */
export interface DecideByLink {
  decision: Decide;
  token: string;
}

/** The conclusion for one job, stored with it and shown to whoever asks why. */
export interface Decision {
  reasons: Reason[];
  verdict: Verdict;
}

/** What somebody decided. */
export interface DecisionView {
  at: number;
  comment: string | null;
  decision: string;
  /** Answers to the gate's form. */
  form?: Record<string, unknown>;
  /** When it was taken back. */
  revoked_at: number | null;
  /** By whom: `user:ada`, or `andon` because what it was about has changed. */
  revoked_by: string | null;
  user: string;
}

/** A delivery with everything that was tried. */
export interface DeliveryDetails {
  delivery: DeliveryView;
  /** The newest 100, in order. */
  log: AttemptView[];
}

/** One notification on its way to one receiver. */
export type DeliveryId = string;

/** Where a delivery stands. */
export type DeliveryState = "pending" | "delivered" | "failed";

/** One notification for one receiver. */
export interface DeliveryView {
  /** What the receiver said last, or why it cannot be reached. */
  answer: string | null;
  attempts: number;
  created_at: number;
  ended_at: number | null;
  /** The event's word, or `test`. */
  event: string;
  id: DeliveryId;
  job_run: JobRunId | null;
  /** When the next attempt is due; absent where there is none. */
  next_at: number | null;
  state: DeliveryState;
  /** `email:ADDRESS` or `channel:NAME`. */
  target: string;
}

/** One deployment of an environment's history. */
export interface DeploymentEntry {
  actor: string;
  at: number;
  job: string;
  job_run: JobRunId;
  kind: PromotionKind | null;
  note: string | null;
  number: string;
  run: RunId;
  run_number: number;
  /** When the next one took its place; absent for what runs now. */
  until: number | null;
  values: Record<string, string>;
  version: VersionId;
}

export interface DeploymentView {
  by: string;
  /** The job run that put it there. */
  job_run: JobRunId;
  since: number;
  values: Record<string, string>;
}

/** One finding. Lines and columns count from 1; columns count Unicode scalar values. */
export interface Diagnostic {
  /** Stable, for tools: `unknown-key`, `unknown-resource`, `cycle`, … */
  code: string;
  column: number;
  file: string;
  /** How many columns the finding covers from `column` on, at least 1; never past the end of the line. */
  length: number;
  line: number;
  /** What is wrong. */
  message: string;
  /** Other places that belong to the finding: where the module that it lies in is used, nearest first, or what it goes against. */
  related?: RelatedPlace[];
  severity: Severity;
  /** The whole source line, without its line break (cut at 400 characters). */
  source: string;
  /** What would be right, where that is known: `did you mean "source"?` */
  suggestion: string | null;
}

/** Who wants a runner to take no more work. */
export interface DrainView {
  at: number;
  by: string;
}

/** What an edge does to the job at its end. */
export type EdgeKind = "trigger" | "passive" | "after" | "after-failed" | "output";

export interface Enable {
  enabled: boolean;
  reason?: string | null;
}

/** One environment with what could be brought there. */
export type EnvironmentDetail = EnvironmentView & {
  /** Newest first, at most 30. */
  candidates: CandidateView[];
};

/** What was delivered into an environment, and how well: computed from lineage. */
export interface EnvironmentFigures {
  /** From 0 to 1; absent without a change. */
  change_failure_rate: number | null;
  /** Attempts to deploy, successful or not, but for rollbacks. */
  changes: number;
  /** Those that succeeded, rollbacks included. */
  deployments: number;
  deployments_per_day: number;
  environment: string;
  /** Changes whose job run failed, behind which a job failed on what they had put there, or which a rollback took away. */
  failed_changes: number;
  /** Since when what runs there counts as failed, at the end of the time. */
  failing_since: number | null;
  /** From the commit until it first ran in the environment, of each commit that was delivered. */
  lead_time: LengthsView;
  /** Deployments in each piece of the time. */
  over_time: number[];
  pipeline: string;
  /** Deployments of older commits than were there. */
  rollbacks: number;
  /** From the first failed change to the next deployment that did not fail, of each incident that ended. */
  time_to_restore: LengthsView;
}

/** An environment: what runs there, since when, by whom, and how far behind it is. Times are milliseconds since 1970 UTC. */
export interface EnvironmentView {
  /** Who brought it there. */
  actor: string | null;
  /** When it was deployed last. */
  at: number | null;
  behind: BehindView;
  description: string | null;
  failed: UnderWayView | null;
  /** The gates before them. */
  gates: string[];
  job: string | null;
  job_run: JobRunId | null;
  /** The jobs that deploy to it, in the order of the file. */
  jobs: string[];
  kind: PromotionKind | null;
  last_good: ReachableDeployment | null;
  lock: LockView | null;
  name: string;
  note: string | null;
  /** `12`, or `12.1` for a rerun. */
  number: string | null;
  /** It has rules of its own, which every job that deploys to it has to pass. */
  own_rules: boolean;
  pipeline: string;
  run: RunId | null;
  run_number: number | null;
  /** Since when it runs without a break: deploying the same again is none. */
  since: number | null;
  /** What is on its way there. */
  under_way: UnderWayView[];
  /** Resource → the main value of the version that runs. */
  values: Record<string, string>;
  version: VersionId | null;
}

export type Event = {
  event: "workspace-created";
  name: string;
} | {
  event: "workspace-paused";
  name: string;
  paused: boolean;
  reason: string | null;
} | {
  event: "pipeline-set";
  name: string;
  pipeline: PipelineId;
  revision: number;
} | {
  commit: string;
  event: "pipeline-synced";
  file: string;
  pipeline: PipelineId;
  /** Of the built-in git server. */
  repository: string;
  revision: number;
} | {
  commit: string;
  /** The first twenty. */
  diagnostics: Diagnostic[];
  event: "sync-failed";
  file: string;
  pipeline: PipelineId | null;
  repository: string;
} | {
  event: "pipeline-paused";
  paused: boolean;
  pipeline: PipelineId;
  reason: string | null;
} | {
  event: "job-paused";
  job: JobId;
  paused: boolean;
  pipeline: PipelineId;
  reason: string | null;
} | {
  event: "version-created";
  made_by: JobRunId | null;
  order: number;
  pipeline: PipelineId;
  resource: ResourceId;
  values: Record<string, string>;
  version: VersionId;
} | {
  enabled: boolean;
  event: "version-enabled";
  reason: string | null;
  resource: ResourceId;
  version: VersionId;
} | {
  event: "versions-reordered";
  orders: unknown[][];
  resource: ResourceId;
} | {
  comment: string | null;
  event: "resource-pinned";
  resource: ResourceId;
  version: VersionId | null;
} | {
  error: string | null;
  event: "resource-checked";
  resource: ResourceId;
} | {
  cause: string;
  event: "run-created";
  number: number;
  pipeline: PipelineId;
  run: RunId;
} | {
  event: "run-ended";
  outcome: RunOutcome;
  pipeline: PipelineId;
  run: RunId;
} | {
  event: "run-reopened";
  pipeline: PipelineId;
  run: RunId;
} | {
  event: "run-renamed";
  name: string | null;
  pipeline: PipelineId;
  run: RunId;
} | {
  event: "run-deleted";
  pipeline: PipelineId;
  run: RunId;
} | {
  event: "run-closed";
  pipeline: PipelineId;
  reason: string;
  run: RunId;
} | {
  event: "rerun-planned";
  job_run: JobRunId;
  originals: JobRunId[];
  run: RunId;
} | (JobRunFacts & {
  event: "job-run-created";
}) | (JobRunFacts & {
  event: "job-run-superseded";
}) | {
  event: "job-run-moved";
  job: JobId;
  job_run: JobRunId;
  /** Versions it made; only with a terminal status. */
  outputs: VersionId[];
  pipeline: PipelineId;
  reason: string | null;
  run: RunId;
  status: JobRunStatus;
} | {
  event: "execution-queued";
  execution: ExecutionId;
  job_run: JobRunId;
} | {
  event: "execution-started";
  execution: ExecutionId;
  job_run: JobRunId;
  runner: RunnerId;
} | {
  event: "execution-ended";
  execution: ExecutionId;
  job_run: JobRunId;
} | {
  event: "gate-opened";
  gate: GateId;
  job_run: JobRunId;
  pipeline: PipelineId;
} | {
  decision: string;
  event: "gate-decided";
  gate: GateId;
  job_run: JobRunId;
  user: UserId | null;
} | {
  digest: string;
  event: "gate-rebound";
  gate: GateId;
  job_run: JobRunId;
} | {
  event: "gate-reminded";
  gate: GateId;
  job_run: JobRunId;
} | {
  event: "gate-escalated";
  gate: GateId;
  job_run: JobRunId;
} | {
  event: "gate-checked";
  gate: GateId;
  job_run: JobRunId;
  passed: boolean;
} | {
  event: "gate-claimed";
  gate: GateId;
  job_run: JobRunId;
  user: UserId | null;
} | {
  event: "gate-broken";
  gate: GateId;
  job_run: JobRunId;
  reason: string;
  user: UserId;
} | {
  event: "gate-reviewed";
  gate: GateId;
  job_run: JobRunId;
  user: UserId;
} | {
  event: "gate-closed";
  gate: GateId;
  job_run: JobRunId;
  status: GateStatus;
} | (TaskFacts & {
  event: "task-created";
}) | (TaskFacts & {
  event: "task-moved";
}) | (TaskFacts & {
  event: "task-assigned";
}) | (TaskFacts & {
  event: "task-claimed";
}) | (TaskFacts & {
  event: "task-noted";
}) | (TaskFacts & {
  event: "task-changed";
}) | (TaskFacts & {
  event: "task-due";
}) | (TaskFacts & {
  event: "task-overdue";
}) | {
  environment: ResourceId;
  event: "environment-deployed";
  job_run: JobRunId;
  pipeline: PipelineId;
  version: VersionId;
} | {
  environment: ResourceId;
  event: "environment-locked";
  locked: boolean;
  pipeline: PipelineId;
  reason: string | null;
  /** When it ends by itself, milliseconds since 1970 UTC. */
  until: number | null;
} | {
  environment: ResourceId;
  event: "promotion-opened";
  gates: JobRunId[];
  kind: string;
  pipeline: PipelineId;
  promotion: PromotionId;
} | {
  environment: ResourceId;
  event: "promotion-closed";
  job_run: JobRunId | null;
  outcome: string;
  pipeline: PipelineId;
  promotion: PromotionId;
} | {
  event: "runner-changed";
  name: string;
  runner: RunnerId;
  state: string;
} | {
  delivery: DeliveryId;
  event: "delivery-moved";
  state: string;
} | {
  channel: ChannelId;
  event: "channel-changed";
  name: string;
} | {
  event: "module-changed";
  name: string;
  removed: boolean;
  revision: number;
} | {
  channel: ChannelId;
  event: "channel-paused";
  name: string;
  paused: boolean;
  reason: string | null;
} | {
  event: "notifications-changed";
  rules: number;
} | {
  event: "preferences-changed";
  user: UserId;
} | {
  deleted: boolean;
  event: "secret-changed";
  name: string;
} | {
  event: "access-changed";
  what: string;
};

export interface EvidenceView {
  /** Whoever wrote a commit between. */
  authors: AuthorView[];
  /** Who may open it alone: `role:admin`. */
  break_glass: string[];
  broken: BreakGlassView | null;
  /** What would run, resource by resource, with what is there now. */
  changes: ChangeView[];
  /** When the checks were asked last. */
  checked_at: number | null;
  /** What the checks said last. */
  checks: CheckResult[];
  current: DeploymentView | null;
  /** The environment that is compared with; absent where nothing downstream is one. */
  environment: string | null;
  /** Whose approval does not count: name → why. */
  excluded: Record<string, string>;
  /** Everything that it stands on, nearest first. */
  lineage: UsedVersion[];
  /** Names of those who may still approve. */
  may_still_approve: string[];
  tests: UpstreamTests[];
  /** What it waits for, a sentence each. */
  waits_for: string[];
  window: WindowView;
}

/** What a runner executes: one cell of a job run's matrix (the only one where there is no matrix), one attempt. */
export type ExecutionId = string;

export interface ExecutionSteps {
  execution: ExecutionId;
  steps: StepReport[];
}

/** What a runner executes: one cell of the matrix. */
export interface ExecutionView {
  attempt: number;
  cell: string | null;
  detail: string | null;
  ended_at: number | null;
  id: ExecutionId;
  log_size: number;
  queued_at: number;
  reason: string | null;
  runner: string | null;
  started_at: number | null;
  /** `queued`, `running`, `replaced`, or the outcome once ended. */
  status: string;
  summary: string | null;
}

/** How an input's version becomes files. */
export type Fetch = {
  kind: "nothing";
} | {
  commit: string;
  /** For HTTP Basic or a bearer: `user:password`. */
  credentials: string | null;
  kind: "git";
  /** The ref that led to the commit (`refs/heads/main`), for servers that serve no bare commits. */
  reference: string;
  submodules: boolean;
  /** Without credentials. */
  url: string;
} | {
  digest: string;
  kind: "archive";
  size: number;
} | {
  archive: string | null;
  kind: "state";
  values: Record<string, string>;
} | {
  file: string;
  kind: "text";
  text: string;
};

/** How runs ended, and how long they took. */
export interface FiguresView {
  active: number;
  completed: number;
  /** From beginning to end, of the runs that ended. */
  duration: LengthsView;
  /** Through the platform's fault. */
  error: number;
  failed: number;
  /** From 0 to 1: `failed` and `error` among all that ended, but for stopped ones; absent where none did. */
  failure_rate: number | null;
  partial_success: number;
  /** Until a runner took it, of each execution that one took. */
  queue: LengthsView;
  runs: number;
  stopped: number;
}

/** Whose API a forge speaks. */
export type ForgeKind = "github" | "gitlab" | "gitea";

/** A gate, and what an approver has to know. */
export type GateDetail = GateView & {
  evidence: EvidenceView;
};

/** A gate that waits, or waited, for people. */
export type GateId = string;

export type GateStatus = "open" | "approved" | "rejected" | "expired" | "superseded" | "withdrawn";

/** A gate. */
export interface GateView {
  /** People have approved it; while it is open all the same it waits for a window or a check. */
  approved?: boolean;
  carried_from: GateId | null;
  /** Who looks after it. */
  claimed_by: string | null;
  closed_at: number | null;
  /** `people`, `timeout`, `break-glass`, `newer-set`, `stop`. */
  closed_how: string | null;
  /** When people's time runs out. */
  deadline_at: number | null;
  /** What was taken back included. */
  decisions: DecisionView[];
  /** What it is bound to. */
  digest: string;
  /** Since when more people may decide. */
  escalated_at: number | null;
  /** The JSON Schema of the answers that an approval needs; absent where there is no form. */
  form: Record<string, unknown> | null;
  id: GateId;
  /** What it lets through. */
  inputs: UsedVersion[];
  job: string;
  job_run: JobRunId;
  /** Whether the caller may approve. */
  may_decide: boolean;
  may_reject?: boolean;
  /** Whether the caller has a decision to take back. */
  may_revoke?: boolean;
  number: string;
  opened_at: number;
  pipeline: string;
  /** When those who may decide are told again. */
  remind_at: number | null;
  requirements: RequirementView[];
  run: RunId;
  run_number: number;
  status: GateStatus;
  /** Why not, where not. */
  why_not: string | null;
}

/** Why something is done. */
export interface GivenReason {
  /** 1 to 10,000 characters. */
  reason: string;
}

export interface GraphEdge {
  from: GraphEnd;
  kind: EdgeKind;
  /** The resources whose versions take this way; on an edge from or to a resource, that resource. */
  through: string[];
  to: GraphEnd;
}

/** One end of an edge. */
export type GraphEnd = {
  kind: "job";
  name: string;
} | {
  kind: "resource";
  name: string;
};

/** A group. */
export interface GroupView {
  /** The names of its members. */
  members: string[];
  name: string;
}

export interface HeldView {
  id: VersionId;
  input: string;
  reasons: Reason[];
  version: string;
}

/** A password or a secret in the body of a request. It serialises, because clients send it; servers turn it into a [`SecretString`] first of all. */
export type Hidden = string;

/** Why something is held. */
export interface Hold {
  reason?: string | null;
}

/** What came of a webhook. */
export interface HookAnswer {
  /** Why nothing came of it, where nothing did. */
  notes: string[];
  /** How many resources follow the repository. */
  resources: number;
  /** How many versions it made. */
  versions: number;
}

/** How much waits. */
export interface InboxCounts {
  claimed: number;
  groups: number;
  mine: number;
  /** There may be more: so many gates name the caller and leave somebody's approval out that not all of them were looked at. */
  more?: boolean;
  /** Of `mine`: those whose time has run out. */
  overdue: number;
}

/** A gate or a task. */
export interface InboxItem {
  /** Who looks after it. */
  claimed_by: string | null;
  /** When people's time runs out. */
  due_at: number | null;
  gate: GateView | null;
  /** Of the gate or the task. */
  id: string;
  job: string;
  job_run: JobRunId;
  kind: InboxKind;
  number: string;
  overdue: boolean;
  pipeline: string;
  run: RunId;
  run_number: number;
  /** Since when it waits; for what is done, since when it is. */
  since: number;
  task: TaskView | null;
  /** The gate's job, or what the task is about. */
  title: string;
}

/** What kind of work waits. */
export type InboxKind = "gate" | "task";

/** A run among those of all workspaces. */
export type InstallationRun = RunView & {
  /** The workspace's name. */
  workspace: string;
};

export interface JobChange {
  change: Change;
  name: string;
  /** Changed keys; empty unless changed. `kind` where a program became a gate or the other way round. */
  parts: string[];
  /** Its name until now, where that changes. Only with `changed`. */
  was: string | null;
}

/** The newest job runs of a job. */
export interface JobHistory {
  /** Newest first. */
  items: LineJobRun[];
  /** The versions that they name, by their identifiers. */
  versions: Record<string, LineVersion>;
}

/** A job of a pipeline. */
export type JobId = string;

export interface JobRunBefore {
  job_run: JobRunId;
  /** `12`, or `12.1` for a rerun. */
  number: string;
  run: RunId;
}

/** A job run with its steps and annotations. */
export type JobRunDetail = JobRunView & {
  annotations: Annotation[];
  /** The steps of each execution. */
  steps: ExecutionSteps[];
};

/** A job run as the scheduler sees it. */
export interface JobRunFacts {
  /** Made by the line itself, not by a person. */
  automatic: boolean;
  /** Upstream job runs that it follows. */
  follows: JobRunId[];
  /** Input name → version. */
  inputs: Record<string, VersionId>;
  job: JobId;
  job_run: JobRunId;
  /** `12`, or `12.1` for a rerun. */
  number: string;
  pipeline: PipelineId;
  rerun_of: JobRunId | null;
  run: RunId;
  /** Order among all job runs of the installation. */
  sequence: number;
}

/** One execution of one job on one exact set of versions. */
export type JobRunId = string;

export type JobRunStatus = "waiting" | "queued" | "running" | "awaiting" | "stopping" | "succeeded" | "failed" | "errored" | "stopped" | "skipped";

/** A job run. */
export interface JobRunView {
  actor: string;
  /** Why there is this job run, where its run does not say it: `rerun of build #12 by user:ada`. */
  cause: string | null;
  created_at: number;
  detail: string | null;
  ended_at: number | null;
  executions: ExecutionView[];
  /** Upstream job runs that it followed. */
  follows: JobRunId[];
  gate: GateView | null;
  id: JobRunId;
  inputs: UsedVersion[];
  job: string;
  /** `12`, or `12.1` for a rerun. */
  number: string;
  outputs: UsedVersion[];
  pipeline: string;
  reason: string | null;
  revision: number;
  run: RunId;
  started_at: number | null;
  state: Record<string, string>;
  status: JobRunStatus;
  superseded: number;
  tasks: Progress | null;
}

/** A job of a pipeline. */
export interface JobView {
  decided_at: number | null;
  decision: Decision | null;
  id: JobId;
  name: string;
  paused: PauseView | null;
  /** Its last good key-values. */
  state: Record<string, string>;
}

/** Nearest-rank percentiles, in milliseconds; absent without anything to measure. */
export interface LengthsView {
  /** Of how many. */
  count: number;
  p50_ms: number | null;
  p90_ms: number | null;
  p99_ms: number | null;
}

/** What comes with the server. */
export interface Library {
  modules: LibraryModule[];
  pipelines: LibraryPipeline[];
}

export interface LibraryModule {
  meaning: ModuleMeaning;
  name: string;
  /** YAML. */
  text: string;
  /** What `uses` says: `library/NAME`. */
  uses: string;
}

/** A pipeline to begin from. */
export interface LibraryPipeline {
  description: string | null;
  name: string;
  /** YAML. */
  text: string;
}

export interface Limits {
  /** Between TERM and KILL. */
  grace_ms: number;
  /** All hooks together. */
  hooks_ms: number;
  /** Past this many bytes the log is cut with a line that says so, and the execution fails with `log-limit`. */
  log_bytes: number;
  /** One output or artifact, packed. */
  output_bytes: number;
  /** From the first step's start to the last step's end. */
  timeout_ms: number;
  /** The workspace's size on disk; past it the execution fails with `disk-limit`. */
  workspace_bytes: number;
}

/** A line as a picture. */
export interface LineGraph {
  edges: GraphEdge[];
  /** In the order of the file. */
  jobs: LineJob[];
  /** The revision in force. */
  newest_revision: number;
  paused: PauseView | null;
  pipeline: string;
  resources: LineResource[];
  /** The revision that is shown. */
  revision: number;
  run: RunId | null;
  /** The versions that the rest names, by their identifiers. */
  versions: Record<string, LineVersion>;
}

/** A job of the line. */
export interface LineJob {
  /** How many of its job runs have not ended. */
  active: number;
  /** Its first reason, and the smallest thing that would unblock it. */
  cause: string | null;
  description: string | null;
  /** The environment that it writes. */
  environment: string | null;
  kind: StationKind;
  latest: LineJobRun | null;
  name: string;
  /** Resource → the version that its newest good run took or made. */
  passed: Record<string, VersionId>;
  passed_run: JobRunId | null;
  paused: PauseView | null;
  unblock: string | null;
  /** The median of its last good durations, milliseconds. */
  usual_ms: number | null;
  verdict: Verdict | null;
}

/** A job run in the picture. */
export interface LineJobRun {
  approvals: ApprovalCount | null;
  created_at: number;
  detail: string | null;
  ended_at: number | null;
  id: JobRunId;
  /** `12`, or `12.1` for a rerun. */
  number: string;
  reason: string | null;
  run: RunId;
  /** Where its time went; only in the picture of a run. */
  spans: Span[];
  started_at: number | null;
  status: JobRunStatus;
  /** Resource → the version that it took or made. */
  versions: Record<string, VersionId>;
}

/** A resource that stands in the picture by itself. */
export interface LineResource {
  check_error: string | null;
  /** The word in the file's `type`. */
  kind: string;
  name: string;
  newest: VersionId | null;
  pinned: boolean;
}

export interface LineVersion {
  created_at: number;
  made_by: JobRunId | null;
  resource: string;
  values: Record<string, string>;
}

/** A job run as it stood at that instant. */
export interface LineageRun {
  created_at: number;
  /** Absent where it had not ended. */
  ended_at: number | null;
  /** Job runs that it followed. */
  follows: JobRunId[];
  id: JobRunId;
  inputs: LineageVersion[];
  job: string;
  /** `12`, or `12.1` for a rerun. */
  number: string;
  /** What it had made by then. */
  outputs: LineageVersion[];
  pipeline: string;
  reason: string | null;
  status: JobRunStatus;
}

export interface LineageVersion {
  id: VersionId;
  pipeline: string;
  resource: string;
  values: Record<string, string>;
}

/** The job runs on one side of a version. */
export interface LineageView {
  environments: ReachedEnvironment[];
  /** In the order they were made. */
  job_runs: LineageRun[];
  /** There are more job runs than are listed: only the newest are. */
  truncated: boolean;
}

/** Where a link leads. */
export interface LinkView {
  expires_at: number;
  gate: GateId;
  run: RunId;
  workspace: string;
}

/** Why nothing is to be deployed there. */
export interface LockEnvironment {
  /** 1 to 10,000 characters. */
  reason: string;
  /** When it ends by itself, milliseconds since 1970 UTC; absent until somebody unlocks it. */
  until?: number | null;
}

/** Nothing is deployed to the environment until then. */
export interface LockView {
  by: string;
  reason: string;
  since: number;
  /** When it ends by itself; absent where somebody has to unlock it. */
  until: number | null;
}

/** From this byte on, a log was written at this moment or later. */
export interface LogMark {
  /** Milliseconds since 1970 UTC, by the runner's clock. */
  at: number;
  /** Bytes of the log before it. */
  offset: number;
}

/** One event of a followed log. */
export interface LogPiece {
  /** The offset of what follows, in bytes of the log. */
  next: number;
  text: string;
}

/** Who is asking. */
export interface Me {
  /** As it stands in events: `user:ada`, `token:ci`. */
  actor: string;
  /** Administers the whole installation. */
  administrator: boolean;
  /** What a token is narrowed to; absent for all that the roles allow. */
  scopes: Scope[] | null;
  user: MyAccount | null;
  workspaces: MyWorkspace[];
}

/** A member of a workspace. */
export interface MemberView {
  groups: string[];
  name: string;
  role: Role;
}

/** What a module may be used for. */
export type ModuleKind = "steps" | "job";

/** How a module is used. */
export interface ModuleMeaning {
  description: string | null;
  kind: ModuleKind;
  /** By name: `{kind, description, default, options}`; without a default, `with` has to give it. */
  params: Record<string, unknown>;
}

/** What came of setting a module. */
export interface ModuleSet {
  /** False when the very same text was in force already. */
  changed: boolean;
  name: string;
  revision: number;
}

/** A module of a workspace. */
export interface ModuleView {
  actor: string;
  /** Milliseconds since 1970 UTC: when this revision was set. */
  created_at: number;
  meaning: ModuleMeaning | null;
  message: string | null;
  name: string;
  revision: number;
  /** YAML. */
  text: string;
  /** What `uses` says: `workspace/NAME`. */
  uses: string;
}

/** Figures of the runs that began in a stretch of time, and of what was delivered in it. */
export interface MonitorView {
  /** Those in force, by pipeline and name. */
  environments: EnvironmentFigures[];
  from: number;
  /** From the first piece to the last one. */
  over_time: PieceView[];
  /** How long each piece of `over_time` is; the last one may be shorter. */
  piece_ms: number;
  /** Those with runs, by name. */
  pipelines: PipelineFigures[];
  to: number;
  whole: FiguresView;
}

export interface MyAccount {
  id: UserId;
  name: string;
}

export interface MyWorkspace {
  name: string;
  role: Role;
}

/** A new token, shown this once. */
export type NewTokenView = TokenView & {
  /** What to send as `Authorization: Bearer …`. */
  secret: Hidden;
};

export interface NoLonger {
  job: string;
  reasons: Reason[];
}

/** A workspace's own rules. */
export interface NotificationRules {
  /** What the text means. */
  rules: Record<string, unknown>[];
  /** As somebody wrote them: YAML with the `notify` section of a pipeline. Empty where there never were any. */
  text: string;
  updated_at: number | null;
  updated_by: string | null;
}

export type NotifyEvent = "started" | "succeeded" | "failed" | "fixed" | "broken" | "stopped" | "errored" | "awaiting-approval" | "approved" | "rejected" | "expired" | "reminded" | "task-assigned" | "task-due" | "task-overdue" | "version-published" | "paused";

/** The token of a link. It stands in the body, because addresses are written into logs. */
export interface OpenLink {
  token: string;
}

export type Outcome = "succeeded" | "failed" | "errored" | "stopped";

/** What the runner makes of the output's folder. */
export type OutputKind = {
  kind: "archive";
} | {
  kind: "values";
} | {
  kind: "number";
} | {
  kind: "state";
} | {
  branch: string;
  credentials: string | null;
  kind: "git";
  /** The folder of the checkout, relative to the workspace. */
  path: string;
  url: string;
} | {
  kind: "environment";
};

/** A page of a list. */
export interface PageOfArtifactView {
  items: ArtifactView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfAuditEntry {
  items: AuditEntry[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfChannelView {
  items: ChannelView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfDeliveryView {
  items: DeliveryView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfDeploymentEntry {
  items: DeploymentEntry[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfEnvironmentView {
  items: EnvironmentView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfGateView {
  items: GateView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfGroupView {
  items: GroupView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfInboxItem {
  items: InboxItem[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfInstallationRun {
  items: (RunView & {
  /** The workspace's name. */
  workspace: string;
})[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfLogMark {
  items: LogMark[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfMemberView {
  items: MemberView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfModuleView {
  items: ModuleView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfPastTestView {
  items: PastTestView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfPipelineView {
  items: PipelineView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfResourceView {
  items: ResourceView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfRevisionView {
  items: RevisionView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfRunView {
  items: RunView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfRunnerView {
  items: RunnerView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfSecretView {
  items: SecretView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfTaskView {
  items: TaskView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfTemplateSample {
  items: TemplateSample[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfTestView {
  items: (TestCase & {
  /** Lately it has passed and failed on the same versions. */
  flaky?: boolean;
  suite: string;
})[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfTokenView {
  items: TokenView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfUserView {
  items: UserView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** A page of a list. */
export interface PageOfVersionView {
  items: VersionView[];
  /** What `after` is for the next page; absent on the last one. */
  next: string | null;
}

/** How a test went once. */
export interface PastTestView {
  /** 0 for the first try of the cell, 1 for the first retry. */
  attempt: number;
  /** The matrix cell as people read it. */
  cell: string | null;
  created_at: number;
  duration_ms: number | null;
  job_run: JobRunId;
  /** `12`, or `12.1` for a rerun. */
  number: string;
  run: RunId;
  status: TestStatus;
}

/** What is to be different about a task; what is absent stays, and null takes away. */
export interface PatchTask {
  /** `user:NAME`, `group:NAME` or a member's name; null for nobody. */
  assignee?: string | null;
  /** Whether the caller looks after it. */
  claim?: boolean | null;
  /** At most 10,000 characters; null for none. */
  description?: string | null;
  /** A moment (RFC 3339), a date, or a duration from now such as `4h`; null for never. */
  due?: string | null;
  /** What the caller says, at most 10,000 characters; with `skipped` it is the reason. */
  note?: string | null;
  /** `open`, `in-progress`, `on-hold`, `done` or `skipped`. */
  status?: string | null;
  /** One line of at most 200 characters. */
  title?: string | null;
  /** The version that the caller saw, as in the header `If-Match`; a task that has changed since refuses. */
  version?: number | null;
}

/** Why a channel is paused. */
export interface PauseChannel {
  /** At most 500 characters. */
  reason?: string | null;
}

/** Who holds the line, why, and since when. */
export interface PauseView {
  /** Milliseconds since 1970 UTC, as all times here. */
  at: number;
  by: string;
  reason: string | null;
}

export type Phase = "fetch" | "step" | "on-success" | "on-failure" | "on-stop" | "always";

export type PieceView = FiguresView & {
  from: number;
  to: number;
};

export interface Pin {
  comment?: string | null;
  /** The version's identifier, or the beginning of its main value. */
  version: string;
}

export interface PinView {
  by: string | null;
  comment: string | null;
  version: VersionId;
}

/** A pipeline with its text and its jobs. */
export type PipelineDetail = PipelineView & {
  job_list: JobView[];
  text: string;
};

export type PipelineFigures = FiguresView & {
  pipeline: string;
  project: string | null;
};

/** A pipeline inside a workspace. */
export type PipelineId = string;

/** A pipeline in a list. */
export interface PipelineView {
  description: string | null;
  id: PipelineId;
  /** How many jobs its newest revision has. */
  jobs: number;
  last_run: RunView | null;
  name: string;
  paused: PauseView | null;
  project: string | null;
  revision: number;
  /** What was wrong with the file at the last push. */
  sync_error: string | null;
  /** The push that sets it, as `repository:path`. */
  synced_from: string | null;
}

/** What setting a new text of a pipeline would change. */
export interface Plan {
  /** In the order of the new file, removed ones last. */
  jobs: JobChange[];
  /** The pipeline is not there yet. */
  new: boolean;
  /** The notification rules differ. */
  notify: boolean;
  pipeline: string;
  /** In the order of the new file, removed ones last. */
  resources: ResourceChange[];
  /** Changed keys of the pipeline itself: `description`, `project`, `params`. */
  settings: string[];
  /** What else people should know before they go on: a consumer in another pipeline that loses something, a `was` without effect. */
  warnings?: string[];
}

/** What setting a text would change. */
export interface Planned {
  plan: Plan;
  /** The revision in force; absent for a new pipeline. */
  revision: number | null;
  /** What would follow, on the history as it is. */
  simulation: Simulated;
  /** Jobs that would start by themselves at once. */
  starts: string[];
  /** What is not wrong, and should be known: other limits for a concurrency group elsewhere in the workspace. */
  warnings?: string[];
}

/** A person's preferences. They hold for everything that goes to the person: what they ask for here, and what rules send to them by `user:`, `group:`, `approvers`, `initiator` and `authors`. What a rule sends to an address is not theirs to change. */
export interface Preferences {
  /** `quiet-hours`: what falls in them comes as one mail at their end. A duration such as `4h`: everything comes so, that often. */
  digest?: string | null;
  /** Told of these by mail without any rule, in every workspace of theirs. */
  events?: NotifyEvent[];
  /** Never told of these, whatever a rule says. */
  muted?: NotifyEvent[];
  /** … but only where they started the run or wrote what it carries. True by default. */
  only_mine?: boolean;
  quiet_hours?: QuietHours | null;
}

export interface PretendedVersion {
  /** False for one that exists already: nothing starts by that. */
  new: boolean;
  resource: string;
  version: string;
}

/** What bringing something there would do. */
export interface PreviewView {
  changes: ChangeView[];
  /** The gates that people decide first. */
  gates: string[];
  /** The job that would deploy. */
  job: string;
  /** Why it cannot be done now. */
  refused: string | null;
  /** What would run. */
  values: Record<string, string>;
}

/** The body of every error (RFC 9457). */
export type Problem = (Stale | null) & {
  /** What happened, what was kept, what to do. */
  detail: string;
  /** For documents: everything that is wrong with them. */
  diagnostics?: Diagnostic[];
  /** The id under which the server's log knows this request; set by the outermost layer. */
  request_id?: string | null;
  status: number;
  title: string;
  /** A stable name of the kind of error, relative to the API: `not-found`, `forbidden`, … */
  type: string;
};

/** How many tasks there are, and how many are left. */
export interface Progress {
  done: number;
  /** Required ones that are neither done nor skipped. */
  required_left: number;
  skipped: number;
  total: number;
}

/** What to bring into an environment. */
export interface Promote {
  /** The job that deploys, where several do. */
  job?: string | null;
  /** At most 10,000 characters. */
  note?: string | null;
  /** A version of the set, by its identifier or the beginning of its main value; the newest set when absent. */
  version?: string | null;
}

/** That somebody asked to bring versions into an environment. */
export type PromotionId = string;

export type PromotionKind = "promote" | "rollback";

/** A version from outside. */
export interface Publish {
  version: Record<string, string>;
}

export interface PublishWish {
  resource: string;
  /** In place of `version`: its main value, as a commit. */
  value?: string | null;
  version?: Record<string, string>;
}

export interface Published {
  id: VersionId;
  /** False when the resource had the version already; then nothing starts. */
  new: boolean;
}

/** From one time of day to another, which may lie on the next day. */
export interface QuietHours {
  /** `22:00` */
  from: string;
  /** An IANA name such as `Europe/Berlin`. */
  timezone: string;
  /** `07:00` */
  to: string;
}

/** A deployment that can be gone back to. */
export interface ReachableDeployment {
  at: number;
  job_run: JobRunId;
  values: Record<string, string>;
}

/** An environment that ran the version, or what was made of it. */
export interface ReachedEnvironment {
  actor: string;
  job_run: JobRunId;
  name: string;
  pipeline: string;
  since_at: number;
  /** Absent where it still ran that. */
  until_at: number | null;
  version: VersionId;
}

/** One branch of the explanation. */
export interface Reason {
  /** Why it is so: what stands behind it, further up the line. Empty in what is stored with the job. */
  children?: Reason[];
  /** The command that does that, where there is one. */
  command: string | null;
  input: string | null;
  /** Machine-readable: `no-version`, `no-passed-run`, `paused`, … */
  kind: string;
  text: string;
  /** The smallest thing that would unblock it, where there is one. */
  unblock: string | null;
}

/** An event with its place in the order. */
export type Recorded = Event & {
  /** Who did it: `user:ada`, `token:ci`, `runner:eu-1`, `push:ada`, or `andon` for the server itself. */
  actor: string;
  /** Milliseconds since 1970 UTC, by the server's clock. */
  at: number;
  sequence: number;
  workspace: WorkspaceId | null;
};

/** What somebody with a link chooses. */
export interface RedeemLink {
  /** The first administrator chooses it; for everybody else it is their account's name and may be left out. */
  name?: string | null;
  password: Hidden;
}

export interface Registered {
  /** Report at least this often, milliseconds. */
  heartbeat_ms: number;
  /** Without a report for this long the runner counts as lost, milliseconds. */
  lease_ms: number;
  runner: RunnerId;
}

/** `POST /api/v1/runner/register`. */
export interface Registration {
  /** `host`, `dummy`, … */
  executor: string;
  /** `bubblewrap` or `none`: what separates an execution from the machine. */
  isolation: string;
  labels: string[];
  /** Unique among runners; registering a known name again takes its identity over. */
  name: string;
  /** What people should know: why `auto` found no isolation, for example. */
  notice?: string | null;
  /** How many executions it takes at once, at least 1. */
  slots: number;
  /** The runner's program version. */
  version: string;
}

/** A further place of a finding, in the same file or in another one. */
export interface RelatedPlace {
  column: number;
  file: string;
  line: number;
  /** `used here`, `declared here`. */
  note: string;
}

/** What somebody has to say. */
export interface Remark {
  /** At most 10,000 characters. */
  comment?: string | null;
}

/** What a run is to be called. */
export interface Rename {
  /** At most 200 characters on one line; absent or empty takes the name away. */
  name?: string | null;
}

export interface Report {
  /** The runner's clock, milliseconds since 1970 UTC. */
  at: number;
  body: ReportBody;
  execution: ExecutionId;
  /** 1, 2, 3, … within the execution. The server takes each once, in order, and ignores what it has already taken. */
  sequence: number;
}

/** The server's answer to a batch. */
export interface ReportAnswer {
  /** Executions that are not this runner's (any more): end them, report nothing further. */
  abandon: ExecutionId[];
  /** For each execution named in the batch: the highest sequence the server has on disk. The runner forgets those. */
  acknowledged: Acknowledgement[];
  /** Work for slots that the batch offered. */
  assignments?: Assignment[];
  /** Executions that people asked to stop. */
  stop: ExecutionId[];
}

/** `POST /api/v1/runner/report`. Also the heartbeat: an empty list of reports renews the leases of `running`. */
export interface ReportBatch {
  /** The runner takes no further work and leaves when what it holds has ended. */
  draining: boolean;
  /** In order of `sequence` within each execution. */
  reports: Report[];
  runner: RunnerId;
  /** Every execution that the runner holds. */
  running: ExecutionId[];
  /** So many executions the answer may bring: for the slots of those that end with this batch, which no claim has offered, and, while jobs are brief, a few that wait in the runner until a slot is free. */
  takes?: number;
}

export type ReportBody = {
  kind: "started";
} | {
  kind: "steps-begun";
} | {
  bytes: string;
  kind: "log";
  offset: number;
} | (StepReport & {
  kind: "step";
}) | {
  archive?: Blob | null;
  kind: "output";
  resource: string;
  values: Record<string, string>;
} | {
  kind: "state";
  values: Record<string, string>;
} | {
  kind: "summary";
  markdown: string;
} | {
  blob: Blob;
  kind: "artifact";
  path: string;
  size: number;
} | {
  kind: "tests";
  suites: TestSuite[];
} | (Annotation & {
  kind: "annotation";
}) | {
  kind: "returned";
} | {
  /** One sentence for people. */
  detail?: string | null;
  kind: "finished";
  outcome: Outcome;
  /** Machine-readable: `exit-code`, `timed-out`, `log-limit`, `disk-limit`, `output-limit`, `fetch-failed`, `hook-failed`, `stopped`, `runner-stopped`, … */
  reason?: string | null;
};

/** What came of a pipeline's file in a commit. */
export interface ReportView {
  at: number;
  /** What was wrong, with the lines of the file; or which revision it is. */
  detail: string | null;
  file: string;
  /** The file could be used. */
  ok: boolean;
  pipeline: string | null;
}

/** What a rule of a gate asks for, and who fulfils it so far. */
export interface RequirementView {
  /** `user:ada`, `group:release`, `role:admin`. */
  from: string[];
  /** Names. */
  have: string[];
  needed: number;
}

/** How much of a run is run again. */
export interface Rerun {
  /** Only what has failed; else everything that the run began with. */
  failed?: boolean;
}

/** The job run that takes another one's place. */
export interface RerunJobRun {
  /** The job runs that are run again behind it: `deploy #3`. */
  downstream?: string[];
  job_run: JobRunId;
}

/** What a rerun takes along. */
export interface RerunOptions {
  /** Also every job run of the same run that stood on it, each once what it stands on has passed again, on what came of that. */
  downstream?: boolean;
}

/** What a rerun made. */
export interface Rerunning {
  job_runs: JobRunId[];
}

export interface ResourceChange {
  change: Change;
  /** `git`, `cron`, …: of the new file, or of the old one where the resource goes. */
  kind: string;
  name: string;
  /** The resource is found in another way now, so its versions begin anew. Only with `changed`. */
  new_history: boolean;
  /** Changed keys; empty unless changed. */
  parts: string[];
  /** Its name until now, where that changes. Only with `changed`. */
  was: string | null;
}

/** A resource of a pipeline. */
export type ResourceId = string;

/** A resource of a pipeline. */
export interface ResourceView {
  /** When it is polled next, for what is polled. */
  check_at: number | null;
  check_error: string | null;
  checked_at: number | null;
  /** The word in the file's `type`. */
  kind: string;
  name: string;
  newest: VersionView | null;
  pin: PinView | null;
}

/** The text of a revision. */
export interface RevisionDetail {
  number: number;
  text: string;
}

/** What changed from one revision to another. */
export interface RevisionDiff {
  /** The texts in the unified form; empty where they are the same. */
  diff: string;
  from: number;
  /** What it meant for the line. */
  plan: Plan;
  to: number;
}

export interface RevisionView {
  actor: string;
  created_at: number;
  message: string | null;
  number: number;
}

/** What a member of a workspace may do; each includes those before it. */
export type Role = "viewer" | "operator" | "editor" | "admin";

/** Where to go back to. */
export interface RollBack {
  /** The job that deploys; the one that did then when absent. */
  job?: string | null;
  /** At most 10,000 characters. */
  note?: string | null;
  to?: JobRunId | null;
}

/** A run with its job runs. */
export type RunDetail = RunView & {
  /** From which whoever closes it by hand chooses one; empty means any words. */
  closing_reasons?: string[];
  /** In the order they were made. */
  job_run_list: JobRunView[];
};

/** A run: one wave through a pipeline. */
export type RunId = string;

/** How an ended run ended. */
export type RunOutcome = "completed" | "partial-success" | "failed" | "stopped" | "error";

/** A run in a list. */
export interface RunView {
  actor: string;
  author: string | null;
  cause: string;
  cause_detail: string | null;
  closing: ClosingView | null;
  created_at: number;
  ended_at: number | null;
  id: RunId;
  /** Job runs by status, and `total`. */
  job_runs: Record<string, number>;
  name: string | null;
  note: string | null;
  number: number;
  pipeline: string;
  pipeline_id: PipelineId;
  revision: number;
  /** `scheduled`, `pending`, `running`, `awaiting`, `stopping`, or how it ended: `completed`, `partial-success`, `failed`, `stopped`, `error`. */
  status: string;
}

/** A runner. */
export type RunnerId = string;

/** A runner. */
export interface RunnerView {
  address: string | null;
  /** How many of them are taken. */
  busy: number;
  drained: DrainView | null;
  executor: string;
  id: RunnerId;
  isolation: string;
  labels: string[];
  last_seen_at: number;
  name: string;
  /** What people should know about it: why it isolates nothing, for example. */
  notice: string | null;
  registered_at: number;
  slots: number;
  /** `active`, `draining` or `lost`. */
  state: string;
  version: string;
}

/** What a token is narrowed to. A scope never gives more than the token's role; a token without scopes has all of its role. `admin` includes `edit`, that includes `operate`, and each but `run` includes `view`. */
export type Scope = "view" | "decide" | "operate" | "edit" | "admin" | "run";

/** What may be shown of a secret. */
export interface SecretView {
  name: string;
  updated_at: number;
  updated_by: string;
}

/** Everybody who is in a group. */
export interface SetGroup {
  /** Names of members of the workspace. */
  members: string[];
}

/** The role to give. */
export interface SetMember {
  role: Role;
}

/** What came of setting a text. */
export interface SetPipeline {
  /** False when the very same text was in force already. */
  changed: boolean;
  pipeline: string;
  plan: Plan;
  revision: number;
  /** What is not wrong, and should be known: other limits for a concurrency group elsewhere in the workspace. */
  warnings?: string[];
}

/** The value to keep. */
export interface SetSecret {
  /** 1 byte to 64 KiB of text. */
  value: Hidden;
}

export interface SetView {
  /** Upstream job runs, as `lint #4`. */
  follows: string[];
  /** The job has had it: a run of it would be a repetition. */
  had: boolean;
  inputs: ChosenView[];
}

/** The sets of versions that a job may be run on by hand. */
export interface Sets {
  decision: Decision | null;
  /** Newer versions that are not in the first set, and what keeps them away. */
  held: HeldView[];
  job: string;
  pipeline: string;
  /** Newest first. */
  sets: SetView[];
}

export type Severity = "error" | "warning" | "note";

/** A name and a password. */
export interface SignIn {
  name: string;
  password: Hidden;
}

/** Versions that do not exist yet, and a text that is not in force. */
export interface Simulate {
  publish?: PublishWish[];
  /** YAML; absent for the text in force. */
  text?: string | null;
}

/** What would happen on the line if everything that starts succeeded. */
export interface Simulated {
  /** Jobs of the pipeline that would not start, and why. */
  idle: SimulatedIdle[];
  /** Jobs that run now and would not with the edited text. */
  no_longer: NoLonger[];
  /** The versions that it began with. */
  published: PretendedVersion[];
  /** In the order in which they would start. */
  starts: SimulatedStart[];
  /** It would go on for longer than this was followed. */
  truncated: boolean;
}

export interface SimulatedIdle {
  decision: Decision;
  job: string;
}

export interface SimulatedInput {
  name: string;
  /** It does not exist yet. */
  pretended: boolean;
  /** `source@3f2a1c9`, or `app@(new, by build)`. */
  version: string;
}

export interface SimulatedStart {
  /** For a gate: what its rules ask for, as `2 of group:release`. It is taken as approved. */
  gate: string[] | null;
  inputs: SimulatedInput[];
  job: string;
  pipeline: string;
  /** The job run that waits now, and whose place it would take. */
  replaces: string | null;
  /** All slots of its group would be taken; it would start when one is free. */
  waits_for_slot: boolean;
  /** From 1: what starts in one wave waits for something of the wave before. */
  wave: number;
  /** It would be skipped where this does not hold; it is taken as true. */
  when: string | null;
}

/** A job run beside its job's run before. */
export interface SinceBeforeView {
  before: JobRunBefore | null;
  /** What the job run took or inherited in another version, with the commits between. */
  changes: ChangeView[];
}

/** A stretch of time, milliseconds since 1970 UTC. */
export interface Span {
  from: number;
  kind: SpanKind;
  /** Absent while it lasts. */
  to: number | null;
}

/** What a job run did for a while. */
export type SpanKind = "waiting" | "queued" | "fetching" | "running" | "awaiting";

/** What happened to a pipeline since the revision that a text was based on. */
export interface Stale {
  /** The revision that the text was based on. */
  base: number;
  /** The revision in force; absent where there is no such pipeline. */
  current: number | null;
  /** From the text of the base to the text in force, in the unified form. */
  diff: string | null;
  plan: Plan | null;
}

/** A job to be run by hand. */
export interface StartJob {
  /** Take the named versions even where `passed` is not satisfied. */
  force?: boolean;
  /** Input → a version: its identifier, or the beginning of its main value. Others take the newest that satisfy. */
  inputs?: Record<string, string>;
  note?: string | null;
  params?: Record<string, unknown>;
}

export interface Started {
  job_run: JobRunId;
  run: RunId;
  /** How far it had come when this was answered. */
  status: JobRunStatus;
}

export interface StartedJobRun {
  id: JobRunId;
  job: string;
  number: string;
  run: RunId;
  status: JobRunStatus;
}

/** What a job is, from its body. */
export type StationKind = "steps" | "gate" | "tasks";

export interface StepReport {
  attempt: number;
  ended_at?: number | null;
  exit_code?: number | null;
  /** Position in the order of execution, from 0: fetches, steps (a parallel block's children each have one), hooks. */
  index: number;
  log_end?: number | null;
  /** Where its lines begin and, once ended, end in the log, bytes. */
  log_start?: number | null;
  name: string;
  phase: Phase;
  reason?: string | null;
  started_at?: number | null;
  status: StepStatus;
}

export type StepStatus = "running" | "succeeded" | "failed" | "stopped" | "skipped";

/** Why something is stopped. */
export interface Stop {
  reason?: string | null;
}

/** A task with what happened to it. */
export type TaskDetail = TaskView & {
  /** Oldest first. */
  history: TaskEntryView[];
};

/** Something that happened to a task. */
export interface TaskEntryView {
  /** `user:ada`, `token:ci`, or `andon`. */
  actor: string;
  at: number;
  before: string | null;
  /** `created`, `status`, `assigned`, `claimed`, `released`, `note`, `title`, `description`, `due`. */
  kind: string;
  note: string | null;
  now: string | null;
}

/** A task, and whom it concerns. */
export interface TaskFacts {
  /** Groups whose task it is, or was until now, by name. */
  groups: string[];
  job_run: JobRunId;
  pipeline: PipelineId;
  run: RunId;
  status: TaskStatus;
  task: TaskId;
  /** Whose task it is, or was until now, and who looks after it. */
  users: UserId[];
}

/** A task of a people's checklist. */
export type TaskId = string;

export type TaskStatus = "open" | "in-progress" | "on-hold" | "done" | "skipped";

/** A task of a people's checklist. */
export interface TaskView {
  /** Somebody added it to the checklist. */
  added: boolean;
  added_by: string | null;
  /** Names of the tasks before it. */
  after: string[];
  /** `user:NAME` or `group:NAME`; absent where it is nobody's. */
  assignee: string | null;
  /** Why it is nobody's although the file names somebody. */
  assignee_problem: string | null;
  /** Titles of those before it that are neither done nor skipped. */
  blocked_by: string[];
  claimed_at: number | null;
  /** Who looks after it. */
  claimed_by: string | null;
  closed_at: number | null;
  /** Who did or skipped it: `user:ada`. */
  closed_by: string | null;
  created_at: number;
  description: string | null;
  /** While it is due after another task that is not closed: that task's name, and so many milliseconds after. */
  due_after: string | null;
  due_after_ms: number | null;
  /** Milliseconds since 1970 UTC. */
  due_at: number | null;
  id: TaskId;
  job: string;
  job_run: JobRunId;
  /** Whether the caller may give it a status, a note or somebody else. */
  may_change: boolean;
  /** Whether the caller may change what it says and when it is due. */
  may_edit: boolean;
  /** Whether it is the caller's: given to them or a group of theirs, or looked after by them. */
  mine: boolean;
  /** What other tasks of the checklist call it. */
  name: string;
  number: string;
  /** Its checklist goes on: it can be changed, and opened again. */
  open_checklist: boolean;
  optional: boolean;
  overdue: boolean;
  pipeline: string;
  /** Its place in the checklist. */
  position: number;
  /** Why it was skipped, or is on hold. */
  reason: string | null;
  /** Skipping it needs a note. */
  reason_required: boolean;
  run: RunId;
  run_number: number;
  status: TaskStatus;
  title: string;
  /** One more with every change; a change that names another one is refused. */
  version: number;
  /** Why the caller may not change it. */
  why_not: string | null;
}

/** How a channel's messages read. What is absent keeps its built-in form. */
export interface Template {
  /** The text; for a signed webhook, its JSON. */
  body?: string | null;
  /** The HTML of a mail; absent: made from the text, if that has a template. */
  html?: string | null;
  /** The subject of a mail, or the headline of a chat message. */
  subject?: string | null;
}

/** What a template makes of a message. Parts that it leaves out have the built-in form. */
export interface TemplateSample {
  body: string | null;
  /** What the message would tell. */
  event: string;
  html: string | null;
  subject: string | null;
}

export interface TestCase {
  class?: string | null;
  /** The failure's message and trace, at most 64 KiB. */
  detail?: string | null;
  duration_ms?: number | null;
  name: string;
  status: TestStatus;
}

export type TestStatus = "passed" | "failed" | "errored" | "skipped";

export interface TestSuite {
  cases: TestCase[];
  name: string;
}

/** A test's result. */
export type TestView = TestCase & {
  /** Lately it has passed and failed on the same versions. */
  flaky?: boolean;
  suite: string;
};

/** An API token. */
export type TokenId = string;

/** What may be shown of a token. */
export interface TokenView {
  created_at: number;
  created_by: string;
  expires_at: number | null;
  /** Its last characters. */
  hint: string;
  id: TokenId;
  name: string;
  role: Role;
  /** Absent: all that the role may. */
  scopes: Scope[] | null;
  /** To within a minute. */
  used_at: number | null;
}

/** The lineage of a version as of an instant. */
export interface TraceView {
  /** Milliseconds since 1970 UTC. */
  at: number;
  down: LineageView | null;
  pipeline: string;
  resource: string;
  up: LineageView | null;
  version: VersionView;
}

/** A job run on the way to an environment. */
export interface UnderWayView {
  created_at: number;
  ended_at: number | null;
  gate: GateId | null;
  job: string;
  job_run: JobRunId;
  number: string;
  reason: string | null;
  run: RunId;
  status: JobRunStatus;
}

/** Why it is free again. */
export interface UnlockEnvironment {
  /** At most 10,000 characters. */
  reason?: string | null;
}

/** The test results of one upstream job run. */
export interface UpstreamTests {
  failed: number;
  /** At most 20 names. */
  failing: string[];
  job: string;
  job_run: JobRunId;
  number: string;
  passed: number;
  skipped: number;
}

/** A version that a job run consumed or made. */
export interface UsedVersion {
  /** The input's name; for an output, the resource's. */
  name: string;
  /** `pipeline/name` for one of another pipeline. */
  resource: string;
  version: VersionView;
}

/** A person with an account. */
export type UserId = string;

/** An account. */
export interface UserView {
  /** Admin of every workspace. */
  administrator: boolean;
  created_at: number;
  disabled: boolean;
  email?: string | null;
  id: UserId;
  link?: Hidden | null;
  name: string;
}

export type Verdict = "started" | "up-to-date" | "waiting" | "blocked";

/** One version of a resource. */
export type VersionId = string;

/** A version of a resource. */
export interface VersionView {
  actor: string;
  created_at: number;
  disabled_reason: string | null;
  enabled: boolean;
  id: VersionId;
  made_by: JobRunId | null;
  /** For people: author, message, date. */
  metadata: Record<string, string>;
  order: number;
  origin: string;
  /** For a commit of a built-in repository: what came of the pipeline files in it. Only in lists of versions. */
  reports?: ReportView[];
  /** What makes it the one it is. */
  values: Record<string, string>;
}

/** Why a job, or a version on its way to the job, stands where it does: as things are now. */
export interface Why {
  /** When the scheduler came to the conclusion about the job that stands, milliseconds since 1970 UTC. */
  decided_at: number | null;
  decision: Decision | null;
  job: string;
  pipeline: string;
  version: VersionId | null;
}

/** Whether its windows let it release something now. */
export interface WindowView {
  open: boolean;
  /** When they do next; absent while they do, and where they do not within 400 days. */
  opens_at: number | null;
}

/** A workspace. */
export type WorkspaceId = string;

/** A workspace. */
export interface WorkspaceView {
  name: string;
  paused: PauseView | null;
}
