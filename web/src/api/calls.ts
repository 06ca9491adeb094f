// What the page asks beside the generated `client.ts`: addresses for links and event sources, and questions with the page's own words.

import * as client from "./client";
import { address, getBytes, inWorkspace, queryText } from "./request";
import type { RunPageAnswer } from "./types";

export const RUN_PAGE_SIZE = 50;

/** What `listRuns` can be narrowed to: what is active, or one way to end. */
export type RunFilter = "active" | "completed" | "partial-success" | "failed" | "error" | "stopped";

/** Newest first; without a filter, every run. */
export function listRuns(workspace: string, status: RunFilter | null, after: string | null, signal?: AbortSignal): Promise<RunPageAnswer> {
  return client.listRuns({ workspace }, { status, after, limit: RUN_PAGE_SIZE }, signal);
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

/** A kept file of a job run. */
export function artifactAddress(workspace: string, jobRun: string, digest: string): string {
  return address(inWorkspace(workspace, "job-runs", jobRun, "artifacts", digest));
}
