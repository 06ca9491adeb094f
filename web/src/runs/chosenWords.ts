// The filters that come from a figure of the monitor, in words.

import { formatDuration, formatMoment } from "../text/time";
import type { FilterName, Question } from "./question";

const CHANGES: Record<string, string> = {
  deployed: "Deployed into",
  failed: "Failed changes of",
  rollback: "Rollbacks of",
  restored: "Ended an incident of",
};

export interface Chosen {
  part: FilterName;
  words: string;
}

export function chosenWords({ from, to, lasting, queued, environment, change }: Question): Chosen[] {
  const what = environment === "" ? "Began" : "Delivered";
  const parts: [FilterName, string, string][] = [
    ["environment", environment, `${CHANGES[change] ?? "Tried to deploy into"} ${environment}`],
    ["from", from, `${what} since ${formatMoment(Number(from))}`],
    ["to", to, `${what} before ${formatMoment(Number(to))}`],
    ["lasting", lasting, `Took at least ${formatDuration(Number(lasting))}`],
    ["queued", queued, `Waited at least ${formatDuration(Number(queued))} for a runner`],
  ];
  return parts.flatMap(([part, value, words]) => (value === "" ? [] : [{ part, words }]));
}
