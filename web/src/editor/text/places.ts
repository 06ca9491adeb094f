// Between the server's lines and columns and positions in the text.

import type { Diagnostic } from "../../api/schema";

/** The file that is edited, as the server calls it. */
const FILE = "andon.yml";

/** A finding of a module lies where the file uses that module. */
export function inThisFile(finding: Diagnostic): Diagnostic {
  if (finding.file === FILE) return finding;
  const used = finding.related?.find(({ file }) => file === FILE);
  const words = `${finding.file}, line ${finding.line}: ${finding.message}`;
  return { ...finding, message: words, line: used?.line ?? 1, column: used?.column ?? 1, length: 1, file: FILE };
}

interface Line {
  from: number;
  to: number;
  text: string;
}

/** Where a finding lies. The server counts characters, a text in the browser has units of 16 bits. */
export function placeOf({ line, column, length }: Diagnostic, lineAt: (line: number) => Line): { from: number; to: number } {
  const { from, to, text } = lineAt(Math.max(1, line));
  const characters = [...text];
  const begin = characters.slice(0, column - 1).join("").length;
  const covered = characters.slice(column - 1, column - 1 + length).join("").length;
  return { from: Math.min(from + begin, to), to: Math.min(from + begin + covered, to) };
}

export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** What has to be replaced to make one text another; null where they are the same. Cursor and undo go by what truly changes. */
export function changeBetween(before: string, after: string): Change | null {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}
