// What the page asks beside the generated `client.ts`: addresses for links and event sources, and questions with the page's own words.

import * as client from "./client";
import { address, getBytes, inWorkspace, queryText } from "./request";
import type { Page, Run } from "./types";

export const RUN_PAGE_SIZE = 50;

/** What `listRuns` can be narrowed to: what is active, or one way to end. */
export type RunFilter = "active" | "completed" | "partial-success" | "failed" | "error" | "stopped";

/** A run with the name of its workspace. */
export type ListedRun = Run & { workspace: string };

export interface RunQuestion {
  /** Absent: every workspace that the reader is a member of. */
  workspace: string | null;
  /** Absent: active and ended ones. */
  status: RunFilter | null;
  pipeline?: string;
  project?: string;
  cause?: string;
  author?: string;
  /** Milliseconds, or empty. */
  from?: string;
  to?: string;
  lasting?: string;
  queued?: string;
  environment?: string;
  change?: string;
  oldestFirst?: boolean;
}

const numberOf = (text = ""): number | null => (text === "" ? null : Number(text));

/** A page of runs, newest first unless asked otherwise. */
export async function listRuns(question: RunQuestion, after: string | null, signal?: AbortSignal): Promise<Page<ListedRun>> {
  const { workspace, pipeline = null, project = null, cause = null, author = null, status, oldestFirst = false } = question;
  const times = { from: numberOf(question.from), to: numberOf(question.to), lasting_ms: numberOf(question.lasting), queued_ms: numberOf(question.queued) };
  const query = { status, project, cause, author, ...times, sort: oldestFirst ? "oldest" : null, after, limit: RUN_PAGE_SIZE };
  if (workspace === null) return client.listAllRuns(query, signal);
  const delivered = { environment: question.environment || null, change: question.change || null };
  const { items, next } = await client.listRuns({ workspace }, { ...query, ...delivered, pipeline }, signal);
  return { items: items.map((run) => Object.assign(run, { workspace })), next };
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

/** Everything of the audit trail that fits, as a file. */
export function auditCsvAddress(workspace: string, filters: Record<string, string>): string {
  return address(inWorkspace(workspace, "audit") + queryText({ ...filters, format: "csv" }));
}

/** The installation's events after a sequence; from the present on where there is none. */
export function eventsAddress(after: number | null): string {
  return address(`/events${queryText({ after })}`);
}

/** A kept file of a job run. */
export function artifactAddress(workspace: string, jobRun: string, digest: string): string {
  return address(inWorkspace(workspace, "job-runs", jobRun, "artifacts", digest));
}
