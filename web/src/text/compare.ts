// Where two texts differ.

import { diffLines } from "diff";

export interface DiffLine {
  kind: "same" | "added" | "removed" | "left-out";
  text: string;
}

/** Two texts line by line, with so many lines around each change; what lies between is one line that counts it. */
export function compareTexts(before: string, after: string, around: number): DiffLine[] {
  const all = diffLines(before, after).flatMap(({ value, added, removed }): DiffLine[] =>
    value.replace(/\n$/, "").split("\n").map((text) => ({ kind: added ? "added" : removed ? "removed" : "same", text })),
  );
  const near = all.map(() => false);
  for (const [at, { kind }] of all.entries()) {
    if (kind !== "same") near.fill(true, Math.max(0, at - around), at + around + 1);
  }
  const shown: DiffLine[] = [];
  let hidden = 0;
  for (const [at, line] of all.entries()) {
    if (near[at]) {
      if (hidden > 0) shown.push({ kind: "left-out", text: `${hidden} unchanged ${hidden === 1 ? "line" : "lines"}` });
      hidden = 0;
      shown.push(line);
    } else hidden += 1;
  }
  return shown;
}
