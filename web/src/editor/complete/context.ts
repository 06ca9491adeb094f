// Where in a file the cursor stands, from the lines before it alone: the text may be broken while one types.

import type { Path } from "../document/tree";

export interface Context {
  /** The place that is written: for a key, the mapping that gets it; for a value, the place of the value. */
  path: Path;
  /** `either`: an item of a list may become a value or the first key of a mapping. */
  kind: "key" | "value" | "either";
  /** Where what is completed begins in the text. */
  from: number;
}

interface Level {
  column: number;
  step: string | number;
}

const KEY = /^("[^"]*"|'[^']*'|[^\s#:{}[\],&*!|>'"%@`][^:#]*?)\s*:(?=\s|$)/;
const bare = (text: string): string => text.replace(/^["']|["']$/g, "");

interface Reading {
  levels: Level[];
  /** The column of the key whose text in `|` or `>` goes on. */
  block: number | null;
  /** What `{` and `[` are open, over several lines. */
  flow: Flow[];
}

interface Flow {
  open: "{" | "[";
  /** The key or the position that is written now. */
  step: string | number | null;
  /** Where the present word begins in its line. */
  word: number;
}

/** Null where nothing can be completed: in a comment or a script. */
export function contextAt(text: string, at: number): Context | null {
  const lines = text.slice(0, at).split("\n");
  const last = lines.pop() ?? "";
  const reading: Reading = { levels: [], block: null, flow: [] };
  for (const line of lines) readLine(reading, line);
  return contextIn(reading, last, at - last.length);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Whether the line belongs to a text in `|`. */
function inBlock(reading: Reading, line: string): boolean {
  if (reading.block === null) return false;
  if (line.trim() === "" || indentOf(line) > reading.block) return true;
  reading.block = null;
  return false;
}

function readLine(reading: Reading, line: string): void {
  if (reading.flow.length > 0) return readFlow(reading.flow, line, 0);
  if (inBlock(reading, line) || /^\s*(#|$)/.test(line)) return;
  const rest = enter(reading, line);
  const value = line.slice(rest);
  const start = value.search(/\S/);
  if (/^\s*[|>][+\-0-9]*\s*(#.*)?$/.test(value)) reading.block = reading.levels.at(-1)?.column ?? 0;
  else if (start >= 0 && /[{[]/.test(value[start] ?? "")) readFlow(reading.flow, line, rest + start);
}

/** Takes the dashes and the key of a line; answers where its value begins. */
function enter({ levels }: Reading, line: string): number {
  let column = indentOf(line);
  for (let dash = /^-(\s+|$)/.exec(line.slice(column)); dash !== null; dash = /^-(\s+|$)/.exec(line.slice(column))) {
    while ((levels.at(-1)?.column ?? -1) > column) levels.pop();
    const top = levels.at(-1);
    if (top !== undefined && top.column === column && typeof top.step === "number") top.step += 1;
    else levels.push({ column, step: 0 });
    column += Math.max(2, dash[0].length);
  }
  const key = KEY.exec(line.slice(column));
  if (key === null) return column;
  while ((levels.at(-1)?.column ?? -1) >= column) levels.pop();
  levels.push({ column, step: bare(key[1] ?? "") });
  return column + key[0].length;
}

/** Reads `{ }` and `[ ]` from a column of a line on. */
function readFlow(flow: Flow[], line: string, from: number): void {
  for (const top of flow) top.word = from;
  let quote: string | null = null;
  for (let at = from; at < line.length; at += 1) {
    const sign = line[at] ?? "";
    const top = flow.at(-1);
    if (quote !== null) quote = sign === quote ? null : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === "#" && /\s/.test(line[at - 1] ?? " ")) return;
    else if (sign === "{" || sign === "[") flow.push({ open: sign, step: sign === "[" ? 0 : null, word: at + 1 });
    else if (sign === "}" || sign === "]") flow.pop();
    else if (top !== undefined && sign === ",") {
      top.step = typeof top.step === "number" ? top.step + 1 : null;
      top.word = at + 1;
    } else if (top?.open === "{" && top.step === null && sign === ":") {
      top.step = bare(line.slice(top.word, at).trim());
      top.word = at + 1;
    }
  }
}

function contextIn(reading: Reading, line: string, start: number): Context | null {
  const wordAt = (column: number): number => start + column + indentOf(line.slice(column)) + (/^\s*["']/.test(line.slice(column)) ? 1 : 0);
  if (/(^|\s)#/.test(line)) return null;
  if (reading.flow.length === 0) {
    if (line.trim() !== "" && inBlock(reading, line)) return null;
    if (line.trim() === "" && reading.block !== null && line.length > reading.block) return null;
    const column = enter(reading, line);
    while (KEY.exec(line.slice(indentOf(line))) === null && !/-\s+\S*:\s/.test(line) && (reading.levels.at(-1)?.column ?? -1) >= column) reading.levels.pop();
    const begin = line.slice(column).search(/\S/);
    if (begin < 0 || !/[{[]/.test(line[column + begin] ?? "")) return blockContext(reading.levels, line, column, wordAt(column));
    readFlow(reading.flow, line, column + begin);
  } else readFlow(reading.flow, line, 0);
  const top = reading.flow.at(-1);
  if (top === undefined) return null;
  const steps = reading.flow.flatMap(({ step }) => (step === null ? [] : [step]));
  const kind = top.open === "[" ? "either" : top.step === null ? "key" : "value";
  // A mapping does not begin in the middle of `[ ]`.
  return { path: [...reading.levels.map(({ step }) => step), ...steps], kind: kind === "either" ? "value" : kind, from: wordAt(top.word) };
}

function blockContext(levels: readonly Level[], line: string, column: number, from: number): Context | null {
  const path = levels.map(({ step }) => step);
  const before = line.slice(0, column).trimEnd();
  if (before.endsWith(":")) return column < line.length ? { path, kind: "value", from } : null;
  return { path, kind: before.endsWith("-") ? "either" : "key", from };
}
