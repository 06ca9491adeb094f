// The one line under a job's name that says why it stands as it does.

import type { LineJob, LineVersion } from "../api/schema";
import { isActiveJobRun, jobRunLook, PAUSED_LOOK, reasonWords, type Look } from "../status/status";
import { actorWords } from "../text/actors";
import { formatVersion, truncateMiddle } from "../text/versions";

const NEVER_RAN: Look = { shape: "ring", tone: "waiting", word: "Has not run" };

/** How a job looks: a pause stands over what it did last, unless something of it is still under way. */
export function jobLook({ paused, latest }: Pick<LineJob, "paused" | "latest">): Look {
  if (paused && !(latest && isActiveJobRun(latest.status))) return PAUSED_LOOK;
  return latest ? jobRunLook(latest.status) : NEVER_RAN;
}

/** At most one line of cause; empty where there is nothing to say. */
export function causeOf(job: LineJob, pausedLine: boolean): string {
  const { latest, paused } = job;
  if (latest?.status === "awaiting") {
    const { approvals } = latest;
    return approvals ? `${approvals.have} of ${approvals.needed} ${approvals.needed === 1 ? "approval" : "approvals"}` : "awaits people";
  }
  if (latest && isActiveJobRun(latest.status)) return latest.detail ?? reasonWords(latest.reason);
  if (paused) return paused.reason ? `${actorWords(paused.by)}: ${paused.reason}` : `paused by ${actorWords(paused.by)}`;
  if (pausedLine) return "the pipeline is paused";
  if (latest && (latest.status === "failed" || latest.status === "errored" || latest.status === "stopped")) {
    return latest.detail ?? reasonWords(latest.reason);
  }
  return job.verdict === "waiting" || job.verdict === "blocked" ? (job.cause ?? "") : "";
}

/** A version in the few characters of a pill; empty where there is none. */
export function versionText(version: LineVersion | undefined): string {
  return version === undefined ? "" : truncateMiddle(formatVersion(version.values), 22);
}

/** How far a running job has come against its usual time, 0 to 1; null where nothing is known. */
export function progressOf({ latest, usual_ms: usual }: Pick<LineJob, "latest" | "usual_ms">, now: number): number | null {
  if (!latest?.started_at || !usual) return null;
  return Math.min(1, Math.max(0, ((latest.ended_at ?? now) - latest.started_at) / usual));
}
