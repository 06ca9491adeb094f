import type { LineJobRun } from "../api/schema";

/** The version of a resource in the job's run before this one; null where there was none. `runs` are newest first. */
export function versionBefore(runs: readonly Pick<LineJobRun, "id" | "versions">[], jobRun: string, resource: string): string | null {
  const at = runs.findIndex(({ id }) => id === jobRun);
  const before = at < 0 ? undefined : runs[at + 1];
  return before?.versions[resource] ?? null;
}
