// Which lines of a log are on screen, and where things are among them.

import type { Block, Group, Line } from "./lines";

/** Groups that somebody opened or closed; the others follow the rule. */
export type Toggled = ReadonlyMap<number, boolean>;

/** A group is open while it grows, and where it failed; otherwise it is closed. */
export function isOpen(group: number, groups: ReadonlyMap<number, Group>, toggled: Toggled): boolean {
  const known = groups.get(group);
  return toggled.get(group) ?? (known === undefined || !known.closed || known.failed);
}

/** The lines outside closed groups, in order. */
export function visibleRows(blocks: readonly Block[], groups: ReadonlyMap<number, Group>, toggled: Toggled): Line[] {
  const rows: Line[] = [];
  const open = new Map([...groups.keys()].map((group) => [group, isOpen(group, groups, toggled)]));
  for (const { lines } of blocks) {
    for (const line of lines) if (line.group === null || open.get(line.group) !== false) rows.push(line);
  }
  return rows;
}

/** The numbers of the lines that hold a text, whatever its case. */
export function findHits(blocks: readonly Block[], wanted: string): number[] {
  if (wanted === "") return [];
  const text = wanted.toLowerCase();
  return blocks.flatMap(({ lines }) => lines.filter((line) => line.text.toLowerCase().includes(text)).map(({ number }) => number));
}

const TELLS_ERROR = /\b(error|failed|failure|panicked|exception|fatal)\b/i;

/** The first line that says it is an error; where none does, the first that reads like one; null for neither. */
export function findFirstError(blocks: readonly Block[]): number | null {
  let like: number | null = null;
  for (const { lines } of blocks) {
    for (const line of lines) {
      if (line.kind === "error") return line.number;
      if (like === null && TELLS_ERROR.test(line.text)) like = line.number;
    }
  }
  return like;
}

/** The place of a line among the rows; of one that is not shown, the place of the next. */
export function placeOf(rows: readonly Line[], number: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.number ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `#L120` → 120. */
export function lineOfHash(hash: string): number | null {
  const found = /^#L(\d{1,9})$/.exec(hash);
  return found ? Number(found[1]) : null;
}
