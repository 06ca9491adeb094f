import type { JobRun, Runner } from "../api/types";

export interface UsedRunner {
  name: string;
  /** Where it reported from last; null where that is not known. */
  address: string | null;
  jobs: string[];
}

/** The runners that took something of these job runs, by name, with the jobs they took. */
export function listUsedRunners(jobRuns: readonly Pick<JobRun, "job" | "executions">[], runners: readonly Pick<Runner, "id" | "name" | "address">[]): UsedRunner[] {
  const used = new Map<string, Set<string>>();
  for (const { job, executions } of jobRuns) {
    for (const { runner } of executions) {
      if (runner === null) continue;
      used.set(runner, (used.get(runner) ?? new Set()).add(job));
    }
  }
  return [...used]
    .map(([who, jobs]) => {
      const known = runners.find(({ id, name }) => id === who || name === who);
      return { name: known?.name ?? who, address: known?.address ?? null, jobs: [...jobs] };
    })
    .toSorted((one, other) => one.name.localeCompare(other.name));
}
