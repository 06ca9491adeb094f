// Every call that the page makes.

import { address, getBytes, getJson, inWorkspace, queryText, write } from "./request";
import type { DecisionKind, GateLink, Me, Page, Pipeline, Run, RunDetail, Runner } from "./types";

export const RUN_PAGE_SIZE = 50;

/** What `listRuns` can be narrowed to: what is active, or one way to end. */
export type RunFilter = "active" | "completed" | "partial-success" | "failed" | "error" | "stopped";

export function getMe(signal?: AbortSignal): Promise<Me> {
  return getJson<Me>("/me", signal);
}

export async function signIn(name: string, password: string): Promise<void> {
  await write("POST", "/session", { name, password });
}

export async function signOut(): Promise<void> {
  await write("DELETE", "/session");
}

/** Uses up a one-time link and signs in. The first administrator's needs a name; an account that exists keeps its own. */
export async function redeemSignInLink(token: string, name: string | null, password: string): Promise<void> {
  await write("POST", `/signin-links/${encodeURIComponent(token)}`, { name, password });
}

export async function listPipelines(workspace: string, signal?: AbortSignal): Promise<Pipeline[]> {
  return (await getJson<{ items: Pipeline[] }>(inWorkspace(workspace, "pipelines"), signal)).items;
}

/** Newest first; without a filter, every run. */
export function listRuns(workspace: string, status: RunFilter | null, after: string | null, signal?: AbortSignal): Promise<Page<Run>> {
  const query = queryText({ status, after, limit: RUN_PAGE_SIZE });
  return getJson<Page<Run>>(inWorkspace(workspace, "runs") + query, signal);
}

export function getRun(workspace: string, run: string, signal?: AbortSignal): Promise<RunDetail> {
  return getJson<RunDetail>(inWorkspace(workspace, "runs", run), signal);
}

export async function stopRun(workspace: string, run: string, reason: string): Promise<void> {
  await write("POST", inWorkspace(workspace, "runs", run, "stop"), { reason: reason === "" ? null : reason });
}

/** Runs the same versions again; with `failed`, only from the jobs that failed. */
export async function rerunRun(workspace: string, run: string, failed: boolean): Promise<void> {
  await write("POST", inWorkspace(workspace, "runs", run, "rerun"), { failed });
}

export async function decideGate(workspace: string, gate: string, decision: DecisionKind, comment: string): Promise<void> {
  await write("POST", inWorkspace(workspace, "gates", gate, "decisions"), { decision, comment: comment === "" ? null : comment });
}

/** Where a mail's link leads. Does not use it up. */
export async function openGateLink(token: string): Promise<GateLink> {
  const link = await write<GateLink>("POST", "/gate-links/open", { token });
  if (link === null) throw new Error("The server gave no answer.");
  return link;
}

/** The same decision with the token of a mail's link, which works once, and only on what the mail was about. */
export async function decideByGateLink(token: string, decision: DecisionKind, comment: string): Promise<void> {
  await write("POST", "/gate-links/decide", { token, decision: { decision, comment: comment === "" ? null : comment } });
}

export async function listRunners(workspace: string, signal?: AbortSignal): Promise<Runner[]> {
  return (await getJson<{ items: Runner[] }>(inWorkspace(workspace, "runners"), signal)).items;
}

/** Whose log: a job run's, or that of one cell of its matrix. */
export interface LogSource {
  workspace: string;
  jobRun: string;
  execution: string | null;
}

function logPath({ workspace, jobRun, execution }: LogSource, offset: number): string {
  return inWorkspace(workspace, "job-runs", jobRun, "log") + queryText({ offset, execution });
}

/** The log as it is stored so far, from a byte offset on. */
export function getLog(source: LogSource, offset: number, signal?: AbortSignal): Promise<Uint8Array> {
  return getBytes(logPath(source, offset), signal);
}

export function logAddress(source: LogSource, offset: number): string {
  return address(logPath(source, offset));
}

/** The installation's events after a sequence; from the present on where there is none. */
export function eventsAddress(after: number | null): string {
  return address(`/events${queryText({ after })}`);
}
