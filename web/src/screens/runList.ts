import type { Run } from "../api/types";
import { isActiveRun } from "../status/status";

/** Active runs first, then the rest; newest first in each, or oldest. A run that both lists hold is taken from `pinned`, the fresher one. */
export function orderRuns<T extends Run>(listed: readonly T[], pinned: readonly T[], oldestFirst = false): T[] {
  const byId = new Map([...listed, ...pinned].map((run) => [run.id, run]));
  const direction = oldestFirst ? -1 : 1;
  return [...byId.values()].toSorted((one, other) => {
    const rank = Number(isActiveRun(other.status)) - Number(isActiveRun(one.status));
    return rank || direction * (other.created_at - one.created_at || (one.id < other.id ? 1 : -1));
  });
}

export function runTitle(run: Pick<Run, "name" | "pipeline" | "number">): string {
  const numbered = `${run.pipeline} #${run.number}`;
  return run.name ? `${numbered} ${run.name}` : numbered;
}

/** The server's word for why a run began, as a person reads it. */
export function causeWords(cause: string): string {
  const words = cause.replaceAll("-", " ");
  return words === "api" ? "API" : words.charAt(0).toUpperCase() + words.slice(1);
}
