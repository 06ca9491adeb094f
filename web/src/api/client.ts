// Made from server/openapi.json by `npm run client`. Edit neither this file nor its order: a check compares them.

import { getJson, queryText, segment, write, writeText } from "./request";
import type {
  AddTask,
  AskedFor,
  AuditCheck,
  BatchTasks,
  Batched,
  ChangeUser,
  ChannelSettings,
  ChannelView,
  CheckView,
  Checked,
  Close,
  CreateMyToken,
  CreateToken,
  CreateUser,
  Decide,
  DecideByLink,
  DeliveryDetails,
  DeliveryState,
  DeliveryView,
  Enable,
  EnvironmentDetail,
  GateDetail,
  GateView,
  GivenReason,
  Hold,
  InboxCounts,
  JobHistory,
  JobRunDetail,
  Library,
  LineGraph,
  LinkView,
  LockEnvironment,
  Me,
  ModuleSet,
  ModuleView,
  MonitorView,
  NewTokenView,
  NotificationRules,
  OpenLink,
  PageOfArtifactView,
  PageOfAuditEntry,
  PageOfChannelView,
  PageOfDeliveryView,
  PageOfDeploymentEntry,
  PageOfEnvironmentView,
  PageOfGateView,
  PageOfGroupView,
  PageOfInboxItem,
  PageOfInstallationRun,
  PageOfLogMark,
  PageOfMemberView,
  PageOfModuleView,
  PageOfPastTestView,
  PageOfPipelineView,
  PageOfResourceView,
  PageOfRevisionView,
  PageOfRunView,
  PageOfRunnerView,
  PageOfSecretView,
  PageOfTaskView,
  PageOfTemplateSample,
  PageOfTestView,
  PageOfTokenView,
  PageOfUserView,
  PageOfVersionView,
  PatchTask,
  PauseChannel,
  Pin,
  PipelineDetail,
  Planned,
  Preferences,
  PreviewView,
  Promote,
  Publish,
  Published,
  RedeemLink,
  Remark,
  Rename,
  Rerun,
  RerunJobRun,
  RerunOptions,
  Rerunning,
  RevisionDetail,
  RevisionDiff,
  RollBack,
  RunDetail,
  SetGroup,
  SetMember,
  SetPipeline,
  SetSecret,
  Sets,
  SignIn,
  Simulate,
  Simulated,
  SinceBeforeView,
  StartJob,
  Started,
  Stop,
  TaskDetail,
  TaskView,
  Template,
  TraceView,
  UnlockEnvironment,
  UserView,
  Why,
  WorkspaceView,
} from "./schema";

/** Walks a stretch of the whole installation's trail, from its beginning or from `after` on, and says where it is broken. */
export function verifyAudit(query: { after?: number | null } = {}, signal?: AbortSignal): Promise<AuditCheck> {
  return getJson<AuditCheck>(`/audit/verify${queryText(query)}`, signal);
}

/** Checks a text. The body is YAML. With a `workspace`, what it uses of its modules and of other pipelines is checked too; else the first are unknown, and the second is noted as unchecked. */
export function check(text: string, query: { workspace?: string | null } = {}): Promise<Checked> {
  return writeText<Checked>("POST", `/check${queryText(query)}`, text);
}

/** Decides at the gate that a link leads to: only its person, once, on what the mail was about, before it expires. */
export function decideByGateLink(body: DecideByLink): Promise<GateView> {
  return write<GateView>("POST", `/gate-links/decide`, body);
}

/** Where a link leads, for the person for whom it was made. Does not use it up. */
export function openGateLink(body: OpenLink): Promise<LinkView> {
  return write<LinkView>("POST", `/gate-links/open`, body);
}

/** What comes with the server: modules for `uses: library/NAME`, and pipelines to begin from. */
export function getLibrary(signal?: AbortSignal): Promise<Library> {
  return getJson<Library>(`/library`, signal);
}

/** Who is asking, and what they may do where. */
export function getMe(signal?: AbortSignal): Promise<Me> {
  return getJson<Me>(`/me`, signal);
}

/** What the caller wants to be told, and when. */
export function getMyNotifications(signal?: AbortSignal): Promise<Preferences> {
  return getJson<Preferences>(`/me/notifications`, signal);
}

/** Sets what the caller wants to be told, and when. */
export function setMyNotifications(body: Preferences): Promise<Preferences> {
  return write<Preferences>("PUT", `/me/notifications`, body);
}

/** The caller's own tokens. */
export function listMyTokens(signal?: AbortSignal): Promise<PageOfTokenView> {
  return getJson<PageOfTokenView>(`/me/tokens`, signal);
}

/** Makes a token that belongs to the caller. It is shown in this answer and never again. */
export function createMyToken(body: CreateMyToken): Promise<NewTokenView> {
  return write<NewTokenView>("POST", `/me/tokens`, body);
}

/** Ends a token of the caller's. */
export function revokeMyToken(at: { id: string }): Promise<null> {
  return write<null>("DELETE", `/me/tokens/${segment(at.id)}`);
}

/** A page of the runs of every workspace that the caller is a member of. A pipeline is named within a workspace, so none is taken here. */
export function listAllRuns(query: { status?: string | null; pipeline?: string | null; project?: string | null; cause?: string | null; author?: string | null; from?: number | null; to?: number | null; lasting_ms?: number | null; queued_ms?: number | null; environment?: string | null; change?: string | null; sort?: string | null; after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfInstallationRun> {
  return getJson<PageOfInstallationRun>(`/runs${queryText(query)}`, signal);
}

/** The JSON Schema (2020-12) of a pipeline's file, made from the same declarations as the reader. */
export function getSchema(signal?: AbortSignal): Promise<Record<string, unknown>> {
  return getJson<Record<string, unknown>>(`/schema`, signal);
}

/** Signs in with name and password; the answer sets the session's cookies. */
export function signIn(body: SignIn): Promise<Me> {
  return write<Me>("POST", `/session`, body);
}

/** Signs out: ends the session with which it is asked and takes the cookies away, or ends the person's token with which it is asked. */
export function signOut(): Promise<null> {
  return write<null>("DELETE", `/session`);
}

/** Uses up a one-time link: makes the first administrator, or gives an account its password, and signs in. */
export function redeemSigninLink(at: { token: string }, body: RedeemLink): Promise<Me> {
  return write<Me>("POST", `/signin-links/${segment(at.token)}`, body);
}

/** The accounts of the installation, by name. */
export function listUsers(query: { after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfUserView> {
  return getJson<PageOfUserView>(`/users${queryText(query)}`, signal);
}

/** Makes an account and the link with which its owner sets a password. */
export function createUser(body: CreateUser): Promise<UserView> {
  return write<UserView>("POST", `/users`, body);
}

/** Changes an account, closes or opens it, or makes a link for a new password. The account is named by its identifier or its name. */
export function changeUser(at: { id: string }, body: ChangeUser): Promise<UserView> {
  return write<UserView>("PATCH", `/users/${segment(at.id)}`, body);
}

/** A workspace, and whether it is held. */
export function getWorkspace(at: { workspace: string }, signal?: AbortSignal): Promise<WorkspaceView> {
  return getJson<WorkspaceView>(`/workspaces/${segment(at.workspace)}`, signal);
}

/** Who did what, newest first. Administrators of the installation also see what belongs to no workspace. `Accept: text/csv` or `format=csv` answers everything that fits as CSV. */
export function listAudit(at: { workspace: string }, query: { actor?: string | null; action?: string | null; object?: string | null; from?: string | null; to?: string | null; format?: string | null; after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfAuditEntry> {
  return getJson<PageOfAuditEntry>(`/workspaces/${segment(at.workspace)}/audit${queryText(query)}`, signal);
}

/** The channels of a workspace, by name. */
export function listChannels(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfChannelView> {
  return getJson<PageOfChannelView>(`/workspaces/${segment(at.workspace)}/channels`, signal);
}

/** Sets a channel. A signed webhook without a secret gets one, which this answer shows once. */
export function setChannel(at: { workspace: string; name: string }, body: ChannelSettings): Promise<ChannelView> {
  return write<ChannelView>("PUT", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}`, body);
}

/** Takes a channel away. */
export function deleteChannel(at: { workspace: string; name: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}`);
}

/** Holds everything that is told to a channel, until it is resumed or a test succeeds. */
export function pauseChannel(at: { workspace: string; name: string }, body: PauseChannel): Promise<ChannelView> {
  return write<ChannelView>("POST", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}/pause`, body);
}

/** Lets a paused channel go on with what was held. */
export function resumeChannel(at: { workspace: string; name: string }): Promise<ChannelView> {
  return write<ChannelView>("POST", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}/resume`);
}

/** Sets how a channel's messages read: a template in the Jinja form for the subject, the text and, for mails, the HTML. */
export function setChannelTemplate(at: { workspace: string; name: string }, body: Template): Promise<ChannelView> {
  return write<ChannelView>("PUT", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}/template`, body);
}

/** Takes a channel's template away: its messages have the built-in form again. */
export function deleteChannelTemplate(at: { workspace: string; name: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}/template`);
}

/** Shows what a template would make of messages of every shape, and sends and keeps nothing. */
export function previewChannelTemplate(at: { workspace: string; name: string }, body: Template): Promise<PageOfTemplateSample> {
  return write<PageOfTemplateSample>("POST", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}/template/preview`, body);
}

/** Sends a test to a channel. What came of it shows in the list of deliveries. */
export function testChannel(at: { workspace: string; name: string }): Promise<DeliveryView> {
  return write<DeliveryView>("POST", `/workspaces/${segment(at.workspace)}/channels/${segment(at.name)}/test`);
}

/** The deliveries of a workspace, newest first. */
export function listDeliveries(at: { workspace: string }, query: { after?: string | null; limit?: number | null; state?: DeliveryState | null; target?: string | null } = {}, signal?: AbortSignal): Promise<PageOfDeliveryView> {
  return getJson<PageOfDeliveryView>(`/workspaces/${segment(at.workspace)}/deliveries${queryText(query)}`, signal);
}

/** A delivery with its attempts: what was sent, and what was answered. */
export function getDelivery(at: { workspace: string; id: string }, signal?: AbortSignal): Promise<DeliveryDetails> {
  return getJson<DeliveryDetails>(`/workspaces/${segment(at.workspace)}/deliveries/${segment(at.id)}`, signal);
}

/** Sends a delivery that has ended once more. */
export function replayDelivery(at: { workspace: string; id: string }): Promise<DeliveryView> {
  return write<DeliveryView>("POST", `/workspaces/${segment(at.workspace)}/deliveries/${segment(at.id)}/replay`);
}

/** What runs where, since when, by whom; how far behind it is, and what is on its way. */
export function listEnvironments(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfEnvironmentView> {
  return getJson<PageOfEnvironmentView>(`/workspaces/${segment(at.workspace)}/environments`, signal);
}

/** An environment, with the sets of versions that could be brought there. */
export function getEnvironment(at: { workspace: string; pipeline: string; environment: string }, signal?: AbortSignal): Promise<EnvironmentDetail> {
  return getJson<EnvironmentDetail>(`/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}`, signal);
}

/** Everything that was deployed to an environment, the newest first. */
export function getEnvironmentHistory(at: { workspace: string; pipeline: string; environment: string }, query: { after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfDeploymentEntry> {
  return getJson<PageOfDeploymentEntry>(`/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}/history${queryText(query)}`, signal);
}

/** Keeps everything away from an environment. What is queued for a runner, or runs already, goes on. */
export function lockEnvironment(at: { workspace: string; pipeline: string; environment: string }, body: LockEnvironment): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}/lock`, body);
}

/** What a promotion or a roll back would change. Changes nothing. */
export function previewPromotion(at: { workspace: string; pipeline: string; environment: string }, query: { kind?: string | null; version?: string | null; job?: string | null } = {}, signal?: AbortSignal): Promise<PreviewView> {
  return getJson<PreviewView>(`/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}/preview${queryText(query)}`, signal);
}

/** Brings a set of versions into an environment: through the gates before it, or at once where there are none. */
export function promote(at: { workspace: string; pipeline: string; environment: string }, body: Promote): Promise<AskedFor> {
  return write<AskedFor>("POST", `/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}/promote`, body);
}

/** Brings the set of the last good deployment back, through the same gates. */
export function rollBack(at: { workspace: string; pipeline: string; environment: string }, body: RollBack): Promise<AskedFor> {
  return write<AskedFor>("POST", `/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}/rollback`, body);
}

/** Lets an environment go: what waited for it goes on. */
export function unlockEnvironment(at: { workspace: string; pipeline: string; environment: string }, body: UnlockEnvironment): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/environments/${segment(at.pipeline)}/${segment(at.environment)}/unlock`, body);
}

/** The open gates of the workspace, or those whose break-glass waits for a review. */
export function listGates(at: { workspace: string }, query: { status?: string | null; after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfGateView> {
  return getJson<PageOfGateView>(`/workspaces/${segment(at.workspace)}/gates${queryText(query)}`, signal);
}

/** A gate with the evidence: what would change and who wrote it, tests, lineage, checks, who decided what, who may still decide, and whether the caller may. */
export function getGate(at: { workspace: string; gate: string }, signal?: AbortSignal): Promise<GateDetail> {
  return getJson<GateDetail>(`/workspaces/${segment(at.workspace)}/gates/${segment(at.gate)}`, signal);
}

/** Opens a gate alone, in an emergency; somebody else reviews it later. */
export function breakGate(at: { workspace: string; gate: string }, body: GivenReason): Promise<GateView> {
  return write<GateView>("POST", `/workspaces/${segment(at.workspace)}/gates/${segment(at.gate)}/break-glass`, body);
}

/** Says that the caller looks after the gate. */
export function claimGate(at: { workspace: string; gate: string }): Promise<GateView> {
  return write<GateView>("POST", `/workspaces/${segment(at.workspace)}/gates/${segment(at.gate)}/claim`);
}

/** Approves, rejects, asks for changes, or takes that back. */
export function decideGate(at: { workspace: string; gate: string }, body: Decide): Promise<GateView> {
  return write<GateView>("POST", `/workspaces/${segment(at.workspace)}/gates/${segment(at.gate)}/decisions`, body);
}

/** Notes that the caller has looked at why a gate was opened alone. */
export function reviewGate(at: { workspace: string; gate: string }, body: Remark): Promise<GateView> {
  return write<GateView>("POST", `/workspaces/${segment(at.workspace)}/gates/${segment(at.gate)}/review`, body);
}

/** Says that nobody looks after the gate any more. */
export function unclaimGate(at: { workspace: string; gate: string }): Promise<GateView> {
  return write<GateView>("POST", `/workspaces/${segment(at.workspace)}/gates/${segment(at.gate)}/unclaim`);
}

/** The groups of a workspace, by name. */
export function listGroups(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfGroupView> {
  return getJson<PageOfGroupView>(`/workspaces/${segment(at.workspace)}/groups`, signal);
}

/** Makes a group, or replaces its members. */
export function setGroup(at: { workspace: string; name: string }, body: SetGroup): Promise<null> {
  return write<null>("PUT", `/workspaces/${segment(at.workspace)}/groups/${segment(at.name)}`, body);
}

/** Takes a group away. Gates that name it then find nobody in it. */
export function deleteGroup(at: { workspace: string; name: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/groups/${segment(at.name)}`);
}

/** What waits for the caller: gates and tasks, those that are due first on top. */
export function getInbox(at: { workspace: string }, query: { scope?: string | null; kind?: string | null; after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfInboxItem> {
  return getJson<PageOfInboxItem>(`/workspaces/${segment(at.workspace)}/inbox${queryText(query)}`, signal);
}

/** How much waits for the caller. Events of gates and tasks say when to ask again; those of tasks name whom they concern. */
export function countInbox(at: { workspace: string }, signal?: AbortSignal): Promise<InboxCounts> {
  return getJson<InboxCounts>(`/workspaces/${segment(at.workspace)}/inbox/counts`, signal);
}

/** A job run. The identifier, or `PIPELINE:JOB:NUMBER`. */
export function getJobRun(at: { workspace: string; job_run: string }, signal?: AbortSignal): Promise<JobRunDetail> {
  return getJson<JobRunDetail>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}`, signal);
}

/** The files that a job run kept. */
export function listArtifacts(at: { workspace: string; job_run: string }, signal?: AbortSignal): Promise<PageOfArtifactView> {
  return getJson<PageOfArtifactView>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/artifacts`, signal);
}

/** What changed since the job ran last, with the commits between the two versions of each repository. */
export function getJobRunChanges(at: { workspace: string; job_run: string }, signal?: AbortSignal): Promise<SinceBeforeView> {
  return getJson<SinceBeforeView>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/changes`, signal);
}

/** When a log was written: marks in order, at least a second apart. */
export function listLogTimes(at: { workspace: string; job_run: string }, query: { execution?: string | null } = {}, signal?: AbortSignal): Promise<PageOfLogMark> {
  return getJson<PageOfLogMark>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/log/times${queryText(query)}`, signal);
}

/** Runs a job run again, on the same versions. */
export function rerunJobRun(at: { workspace: string; job_run: string }, body: RerunOptions | null): Promise<RerunJobRun> {
  return write<RerunJobRun>("POST", `/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/rerun`, body);
}

/** Stops a job run. */
export function stopJobRun(at: { workspace: string; job_run: string }, body: Stop): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/stop`, body);
}

/** The tasks of a job run's checklist, in order; empty where it has none. */
export function listChecklist(at: { workspace: string; job_run: string }, signal?: AbortSignal): Promise<PageOfTaskView> {
  return getJson<PageOfTaskView>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/tasks`, signal);
}

/** Adds a task to the checklist of a job run that goes on. */
export function addTask(at: { workspace: string; job_run: string }, body: AddTask): Promise<TaskView> {
  return write<TaskView>("POST", `/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/tasks`, body);
}

/** The test results of a job run, failed ones first. */
export function listTests(at: { workspace: string; job_run: string }, signal?: AbortSignal): Promise<PageOfTestView> {
  return getJson<PageOfTestView>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/tests`, signal);
}

/** How one test went in this job run and in the job's runs before it, newest first. */
export function listTestHistory(at: { workspace: string; job_run: string }, query: { suite?: string | null; name?: string | null; class?: string | null } = {}, signal?: AbortSignal): Promise<PageOfPastTestView> {
  return getJson<PageOfPastTestView>(`/workspaces/${segment(at.workspace)}/job-runs/${segment(at.job_run)}/tests/history${queryText(query)}`, signal);
}

/** The members of a workspace, by name. */
export function listMembers(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfMemberView> {
  return getJson<PageOfMemberView>(`/workspaces/${segment(at.workspace)}/members`, signal);
}

/** Gives somebody who has an account a role in the workspace. */
export function setMember(at: { workspace: string; user: string }, body: SetMember): Promise<null> {
  return write<null>("PUT", `/workspaces/${segment(at.workspace)}/members/${segment(at.user)}`, body);
}

/** Takes somebody out of the workspace and its groups. */
export function removeMember(at: { workspace: string; user: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/members/${segment(at.user)}`);
}

/** The modules of a workspace, by name. */
export function listModules(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfModuleView> {
  return getJson<PageOfModuleView>(`/workspaces/${segment(at.workspace)}/modules`, signal);
}

/** A module with its text. */
export function getModule(at: { workspace: string; name: string }, signal?: AbortSignal): Promise<ModuleView> {
  return getJson<ModuleView>(`/workspaces/${segment(at.workspace)}/modules/${segment(at.name)}`, signal);
}

/** Sets the next revision of a module, or makes the module. The body is the YAML text. Pipelines take it up when they are set again. */
export function setModule(at: { workspace: string; name: string }, text: string, query: { message?: string | null; expect?: number | null } = {}): Promise<ModuleSet> {
  return writeText<ModuleSet>("PUT", `/workspaces/${segment(at.workspace)}/modules/${segment(at.name)}${queryText(query)}`, text);
}

/** Takes a module away. Pipelines that use it go on with what they were set with. */
export function removeModule(at: { workspace: string; name: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/modules/${segment(at.name)}`);
}

/** The revisions of a module, newest first, also of a removed one. */
export function listModuleRevisions(at: { workspace: string; name: string }, signal?: AbortSignal): Promise<PageOfModuleView> {
  return getJson<PageOfModuleView>(`/workspaces/${segment(at.workspace)}/modules/${segment(at.name)}/revisions`, signal);
}

/** Totals, durations, failures and queueing of runs, and delivery metrics of environments. */
export function getMonitor(at: { workspace: string }, query: { from?: number | null; to?: number | null; pipeline?: string | null; project?: string | null } = {}, signal?: AbortSignal): Promise<MonitorView> {
  return getJson<MonitorView>(`/workspaces/${segment(at.workspace)}/monitor${queryText(query)}`, signal);
}

/** The rules that hold for every pipeline of a workspace. */
export function getNotifications(at: { workspace: string }, signal?: AbortSignal): Promise<NotificationRules> {
  return getJson<NotificationRules>(`/workspaces/${segment(at.workspace)}/notifications`, signal);
}

/** Sets the rules that hold for every pipeline of a workspace, beside the pipelines' own. The body is YAML: `notify:` with the same rules as in a pipeline; `pipelines: [NAME]` narrows one. `notify: []` takes all away. */
export function setNotifications(at: { workspace: string }, text: string): Promise<NotificationRules> {
  return writeText<NotificationRules>("PUT", `/workspaces/${segment(at.workspace)}/notifications`, text);
}

/** Holds everything in a workspace: nothing starts, nothing is lost, and what is queued or runs already goes on. */
export function pauseWorkspace(at: { workspace: string }, body: Hold): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/pause`, body);
}

/** The pipelines of a workspace. */
export function listPipelines(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfPipelineView> {
  return getJson<PageOfPipelineView>(`/workspaces/${segment(at.workspace)}/pipelines`, signal);
}

/** A pipeline with its text and its jobs. */
export function getPipeline(at: { workspace: string; pipeline: string }, signal?: AbortSignal): Promise<PipelineDetail> {
  return getJson<PipelineDetail>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}`, signal);
}

/** Sets the next revision of a pipeline, or makes the pipeline. The body is the YAML text. */
export function setPipeline(at: { workspace: string; pipeline: string }, text: string, query: { message?: string | null; expect?: number | null } = {}): Promise<SetPipeline> {
  return writeText<SetPipeline>("PUT", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}${queryText(query)}`, text);
}

/** The line as a picture, as it stands now. */
export function getGraph(at: { workspace: string; pipeline: string }, query: { revision?: number | null } = {}, signal?: AbortSignal): Promise<LineGraph> {
  return getJson<LineGraph>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/graph${queryText(query)}`, signal);
}

/** Holds one job. */
export function pauseJob(at: { workspace: string; pipeline: string; job: string }, body: Hold): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/jobs/${segment(at.job)}/pause`, body);
}

/** Lets one job go on. */
export function resumeJob(at: { workspace: string; pipeline: string; job: string }, body: Hold): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/jobs/${segment(at.job)}/resume`, body);
}

/** The newest job runs of a job, newest first. */
export function listJobRuns(at: { workspace: string; pipeline: string; job: string }, query: { limit?: number | null } = {}, signal?: AbortSignal): Promise<JobHistory> {
  return getJson<JobHistory>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/jobs/${segment(at.job)}/runs${queryText(query)}`, signal);
}

/** Starts a job by hand, and waits for its end if asked to. */
export function startJob(at: { workspace: string; pipeline: string; job: string }, body: StartJob, query: { wait?: number | null } = {}): Promise<Started> {
  return write<Started>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/jobs/${segment(at.job)}/runs${queryText(query)}`, body);
}

/** The sets of versions that a job may be run on, newest first, and what keeps newer versions away. */
export function listSets(at: { workspace: string; pipeline: string; job: string }, query: { limit?: number | null } = {}, signal?: AbortSignal): Promise<Sets> {
  return getJson<Sets>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/jobs/${segment(at.job)}/sets${queryText(query)}`, signal);
}

/** Why a job did or did not run; with `version`, why that version has or has not got to the job. */
export function explainJob(at: { workspace: string; pipeline: string; job: string }, query: { version?: string | null } = {}, signal?: AbortSignal): Promise<Why> {
  return getJson<Why>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/jobs/${segment(at.job)}/why${queryText(query)}`, signal);
}

/** Holds a pipeline: nothing of it starts, nothing is lost. */
export function pausePipeline(at: { workspace: string; pipeline: string }, body: Hold): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/pause`, body);
}

/** What setting a text would change. Changes nothing. */
export function planPipeline(at: { workspace: string; pipeline: string }, text: string): Promise<Planned> {
  return writeText<Planned>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/plan`, text);
}

/** Lets a pipeline go on: the newest set of each job runs. */
export function resumePipeline(at: { workspace: string; pipeline: string }, body: Hold): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/resume`, body);
}

/** The revisions of a pipeline, newest first. */
export function listRevisions(at: { workspace: string; pipeline: string }, signal?: AbortSignal): Promise<PageOfRevisionView> {
  return getJson<PageOfRevisionView>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/revisions`, signal);
}

/** The text of a revision. */
export function getRevision(at: { workspace: string; pipeline: string; number: string }, signal?: AbortSignal): Promise<RevisionDetail> {
  return getJson<RevisionDetail>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/revisions/${segment(at.number)}`, signal);
}

/** What changed from one revision (`number`) to another (`other`). */
export function diffRevisions(at: { workspace: string; pipeline: string; number: string; other: string }, signal?: AbortSignal): Promise<RevisionDiff> {
  return getJson<RevisionDiff>(`/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/revisions/${segment(at.number)}/diff/${segment(at.other)}`, signal);
}

/** Sets the text of an earlier revision as the next one. */
export function restoreRevision(at: { workspace: string; pipeline: string; number: string }): Promise<SetPipeline> {
  return write<SetPipeline>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/revisions/${segment(at.number)}/restore`);
}

/** What would start, on what, which gates it would meet, and what would not run. Changes nothing. */
export function simulatePipeline(at: { workspace: string; pipeline: string }, body: Simulate): Promise<Simulated> {
  return write<Simulated>("POST", `/workspaces/${segment(at.workspace)}/pipelines/${segment(at.pipeline)}/simulate`, body);
}

/** The resources of a pipeline. */
export function listResources(at: { workspace: string; pipeline: string }, signal?: AbortSignal): Promise<PageOfResourceView> {
  return getJson<PageOfResourceView>(`/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}`, signal);
}

/** Looks for new versions now, and answers what was found. */
export function checkResource(at: { workspace: string; pipeline: string; resource: string }): Promise<CheckView> {
  return write<CheckView>("POST", `/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}/${segment(at.resource)}/check`);
}

/** Pins the resource to a version: every job takes this one. */
export function pinResource(at: { workspace: string; pipeline: string; resource: string }, body: Pin): Promise<null> {
  return write<null>("PUT", `/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}/${segment(at.resource)}/pin`, body);
}

/** Lets a pinned resource go. */
export function unpinResource(at: { workspace: string; pipeline: string; resource: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}/${segment(at.resource)}/pin`);
}

/** The versions of a resource, newest first. */
export function listVersions(at: { workspace: string; pipeline: string; resource: string }, query: { after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfVersionView> {
  return getJson<PageOfVersionView>(`/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}/${segment(at.resource)}/versions${queryText(query)}`, signal);
}

/** Publishes a version from outside: its map as JSON, or a file's content (a tar archive compressed with zstd) as `application/octet-stream`. */
export function publishVersion(at: { workspace: string; pipeline: string; resource: string }, body: Publish): Promise<Published> {
  return write<Published>("POST", `/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}/${segment(at.resource)}/versions`, body);
}

/** Allows a version to be chosen automatically, or forbids it. */
export function enableVersion(at: { workspace: string; pipeline: string; resource: string; version: string }, body: Enable): Promise<null> {
  return write<null>("PATCH", `/workspaces/${segment(at.workspace)}/resources/${segment(at.pipeline)}/${segment(at.resource)}/versions/${segment(at.version)}`, body);
}

/** Lets a workspace go on: the newest set of each job runs. */
export function resumeWorkspace(at: { workspace: string }, body: Hold): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/resume`, body);
}

/** The runners of the installation, by name. */
export function listRunners(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfRunnerView> {
  return getJson<PageOfRunnerView>(`/workspaces/${segment(at.workspace)}/runners`, signal);
}

/** Lets a runner end what it holds and take nothing new, also after it comes back. Runners are the installation's, and so is this. */
export function drainRunner(at: { workspace: string; runner: string }): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/runners/${segment(at.runner)}/drain`);
}

/** Lets a drained runner take work again. */
export function resumeRunner(at: { workspace: string; runner: string }): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/runners/${segment(at.runner)}/resume`);
}

/** A page of the workspace's runs. */
export function listRuns(at: { workspace: string }, query: { status?: string | null; pipeline?: string | null; project?: string | null; cause?: string | null; author?: string | null; from?: number | null; to?: number | null; lasting_ms?: number | null; queued_ms?: number | null; environment?: string | null; change?: string | null; sort?: string | null; after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfRunView> {
  return getJson<PageOfRunView>(`/workspaces/${segment(at.workspace)}/runs${queryText(query)}`, signal);
}

/** A run with its job runs. The identifier, or `PIPELINE#NUMBER` with the `#` as `%23`. */
export function getRun(at: { workspace: string; run: string }, signal?: AbortSignal): Promise<RunDetail> {
  return getJson<RunDetail>(`/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}`, signal);
}

/** Takes a run that has ended out of sight, with its logs and artifacts. Its versions stay where they have got to. */
export function deleteRun(at: { workspace: string; run: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}`);
}

/** Closes a run by hand: stops what is active of it, and keeps the reason. */
export function closeRun(at: { workspace: string; run: string }, body: Close): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}/close`, body);
}

/** The line as a picture, on the revision that ran, with the states of one run. The identifier, or `PIPELINE#NUMBER`. */
export function getRunGraph(at: { workspace: string; run: string }, signal?: AbortSignal): Promise<LineGraph> {
  return getJson<LineGraph>(`/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}/graph`, signal);
}

/** Gives a run a name. */
export function renameRun(at: { workspace: string; run: string }, body: Rename): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}/rename`, body);
}

/** Runs the failed job runs again, or the whole run on the same versions. */
export function rerunRun(at: { workspace: string; run: string }, body: Rerun): Promise<Rerunning> {
  return write<Rerunning>("POST", `/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}/rerun`, body);
}

/** Stops everything of the run that has not ended. */
export function stopRun(at: { workspace: string; run: string }, body: Stop): Promise<null> {
  return write<null>("POST", `/workspaces/${segment(at.workspace)}/runs/${segment(at.run)}/stop`, body);
}

/** The names of a workspace's secrets. */
export function listSecrets(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfSecretView> {
  return getJson<PageOfSecretView>(`/workspaces/${segment(at.workspace)}/secrets`, signal);
}

/** Sets a secret; jobs that start from now on get the new value. */
export function setSecret(at: { workspace: string; name: string }, body: SetSecret): Promise<null> {
  return write<null>("PUT", `/workspaces/${segment(at.workspace)}/secrets/${segment(at.name)}`, body);
}

/** Takes a secret away. */
export function deleteSecret(at: { workspace: string; name: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/secrets/${segment(at.name)}`);
}

/** Every task of the workspace that is neither done nor skipped, those that are due first on top. */
export function listTasks(at: { workspace: string }, query: { after?: string | null; limit?: number | null } = {}, signal?: AbortSignal): Promise<PageOfTaskView> {
  return getJson<PageOfTaskView>(`/workspaces/${segment(at.workspace)}/tasks${queryText(query)}`, signal);
}

/** A task with what happened to it: who did what, when, and what they said. */
export function getTask(at: { workspace: string; task: string }, signal?: AbortSignal): Promise<TaskDetail> {
  return getJson<TaskDetail>(`/workspaces/${segment(at.workspace)}/tasks/${segment(at.task)}`, signal);
}

/** Changes a task: its status, whose it is, who looks after it, when it is due, what it says; or adds a note. */
export function changeTask(at: { workspace: string; task: string }, body: PatchTask): Promise<TaskView> {
  return write<TaskView>("PATCH", `/workspaces/${segment(at.workspace)}/tasks/${segment(at.task)}`, body);
}

/** Makes one change to several tasks. Each is changed by itself: what is refused says why, and the others are changed all the same. */
export function changeTasks(at: { workspace: string }, body: BatchTasks): Promise<Batched> {
  return write<Batched>("POST", `/workspaces/${segment(at.workspace)}/tasks:batch`, body);
}

/** The tokens of a workspace. */
export function listTokens(at: { workspace: string }, signal?: AbortSignal): Promise<PageOfTokenView> {
  return getJson<PageOfTokenView>(`/workspaces/${segment(at.workspace)}/tokens`, signal);
}

/** Makes a token that belongs to the workspace. It is shown in this answer and never again. */
export function createToken(at: { workspace: string }, body: CreateToken): Promise<NewTokenView> {
  return write<NewTokenView>("POST", `/workspaces/${segment(at.workspace)}/tokens`, body);
}

/** Ends a token, at once. */
export function revokeToken(at: { workspace: string; id: string }): Promise<null> {
  return write<null>("DELETE", `/workspaces/${segment(at.workspace)}/tokens/${segment(at.id)}`);
}

/** Where a version came from and where it had got to, as of any instant. It is named by its identifier, or as `PIPELINE:RESOURCE:BEGINNING` of its main value. */
export function traceVersion(at: { workspace: string; version: string }, query: { direction?: string | null; at?: string | null } = {}, signal?: AbortSignal): Promise<TraceView> {
  return getJson<TraceView>(`/workspaces/${segment(at.workspace)}/versions/${segment(at.version)}/trace${queryText(query)}`, signal);
}
