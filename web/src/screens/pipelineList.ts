import { actorWords } from "../text/actors";
import type { Pause, Pipeline } from "../api/types";

/** Projects by name, each with its pipelines by name; those without a project come first. */
export function groupByProject(pipelines: readonly Pipeline[]): { project: string | null; items: Pipeline[] }[] {
  const groups = new Map<string, Pipeline[]>();
  for (const pipeline of pipelines.toSorted((one, other) => one.name.localeCompare(other.name))) {
    const project = pipeline.project ?? "";
    groups.set(project, [...(groups.get(project) ?? []), pipeline]);
  }
  return [...groups.entries()]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([project, items]) => ({ project: project === "" ? null : project, items }));
}

/** `Held by ada: the database moves`. */
export function pauseWords({ by, reason }: Pause): string {
  return reason === null ? `Held by ${actorWords(by)}` : `Held by ${actorWords(by)}: ${reason}`;
}
