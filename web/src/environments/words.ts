// What an environment says in words.

import type { BehindView, EnvironmentView } from "../api/schema";
import { truncateMiddle } from "../text/versions";

/** A main value in few characters: hashes cut to eight. */
export function shortValue(value: string): string {
  const bare = value.replace(/^sha256:/, "");
  return /^[0-9a-f]{40,}$/.test(bare) ? bare.slice(0, 8) : truncateMiddle(value, 40);
}

/** `source 3f2a1c9e, settings LEVEL=one`. */
export function valuesWords(values: Record<string, string>): string {
  const words = Object.entries(values).map(([name, value]) => `${name} ${shortValue(value)}`);
  return words.length === 0 ? "nothing" : words.join(", ");
}

function count(number: number, one: string): string {
  return `${number} ${number === 1 ? one : `${one}s`}`;
}

/** How far behind it is; null while it runs the newest. */
export function behindWords(behind: BehindView): string | null {
  if (behind.sets === 0) return null;
  const sets = behind.more ? `at least ${count(behind.sets, "set")}` : count(behind.sets, "set");
  return behind.commits === null ? `${sets} behind` : `${sets}, ${count(behind.commits, "commit")} behind`;
}

/** The environments of each pipeline, as the server orders them: what comes first on the line comes first. */
export function byPipeline(environments: readonly EnvironmentView[]): [string, EnvironmentView[]][] {
  const groups = new Map<string, EnvironmentView[]>();
  for (const environment of environments) {
    const group = groups.get(environment.pipeline);
    if (group) group.push(environment);
    else groups.set(environment.pipeline, [environment]);
  }
  return [...groups];
}

/** Moments to come that a lock may end at. */
export const LOCK_ENDS = [
  { name: "until somebody unlocks it", ms: null },
  { name: "for an hour", ms: 3_600_000 },
  { name: "for four hours", ms: 14_400_000 },
  { name: "for a day", ms: 86_400_000 },
  { name: "for a week", ms: 604_800_000 },
] as const;
