import type { Change, Plan } from "../api/schema";

export interface PlanLine {
  change: Change;
  words: string;
}

const listed = (parts: readonly string[]): string => (parts.length === 0 ? "" : ` (${parts.join(", ")})`);

/** A plan in words, in the order of the file. */
export function planLines(plan: Plan): PlanLine[] {
  const resources = plan.resources.map(({ name, was, kind, change, parts, new_history }): PlanLine => {
    const renamed = was ? `, until now ${was}` : "";
    const anew = new_history ? "; its versions begin anew" : "";
    return { change, words: `Resource ${name}${renamed}${change === "changed" ? listed(parts) : ` (${kind})`}${anew}` };
  });
  const jobs = plan.jobs.map(({ name, was, change, parts }): PlanLine => ({ change, words: `Job ${name}${was ? `, until now ${was}` : ""}${listed(parts)}` }));
  const settings: PlanLine[] = plan.settings.length === 0 ? [] : [{ change: "changed", words: `The pipeline's ${plan.settings.join(", ")}` }];
  const notify: PlanLine[] = plan.notify ? [{ change: "changed", words: "Who is told of what" }] : [];
  const made: PlanLine[] = plan.new ? [{ change: "added", words: `Pipeline ${plan.pipeline}` }] : [];
  return [...made, ...settings, ...resources, ...jobs, ...notify];
}
