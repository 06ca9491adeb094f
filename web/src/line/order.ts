// The line as a list: upstream first, each job with what it follows.

import type { LineGraph, LineJob } from "../api/schema";

export interface ListedJob {
  job: LineJob;
  /** Names of the jobs and resources directly before it. */
  from: string[];
}

/** Every job behind those that it follows, otherwise in the order of the file. Loops end where they close. */
export function orderJobs(graph: Pick<LineGraph, "jobs" | "edges">): ListedJob[] {
  const byName = new Map(graph.jobs.map((job) => [job.name, job]));
  const before = new Map<string, { kind: string; name: string }[]>();
  for (const { from, to } of graph.edges) {
    if (to.kind === "job") before.set(to.name, [...(before.get(to.name) ?? []), from]);
  }
  const listed: ListedJob[] = [];
  const seen = new Set<string>();
  for (const root of graph.jobs) {
    const open = [{ name: root.name, ready: false }];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const job = byName.get(at.name);
      if (job === undefined) continue;
      const from = before.get(at.name) ?? [];
      if (at.ready) {
        listed.push({ job, from: [...new Set(from.map(({ name }) => name))] });
      } else if (!seen.has(at.name)) {
        seen.add(at.name);
        open.push({ name: at.name, ready: true });
        for (const { kind, name } of from.toReversed()) if (kind === "job" && !seen.has(name)) open.push({ name, ready: false });
      }
    }
  }
  return listed;
}
