// The text of a pipeline as a tree whose nodes know their places, so that an edit touches nothing but what it changes.

import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";

/** From the file's root: keys and positions in lists. */
export type Path = readonly (string | number)[];

/** Why an edit cannot be made. The message is a sentence for people; the text stays as it is. */
export class EditRefused extends Error {
  override readonly name = "EditRefused";
}

export type Collection = YAMLMap<Node, Node | null> | YAMLSeq<Node | null>;

/** The tree of a text, or a refusal that names the first line that cannot be read. */
export function readTree(text: string): Document.Parsed {
  const document = parseDocument(text, { merge: true, version: "1.2", logLevel: "silent" });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line;
    throw new EditRefused(`The text cannot be read as YAML${line === undefined ? "" : ` at line ${line}`}; mend it there first.`);
  }
  return document;
}

/** What the text says, as plain values; null where it cannot be read. */
export function readValues(text: string): Record<string, unknown> | null {
  try {
    const values: unknown = readTree(text).toJS({ maxAliasCount: 100 });
    return isRecord(values) ? values : {};
  } catch {
    return null;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function keyOf(pair: Pair<Node, Node | null>): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

export function isCollection(node: Node | null | undefined): node is Collection {
  return isMap(node) || isSeq(node);
}

/** Whether nothing stands where a value could. */
export function isNothing(node: Node | null | undefined): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

export interface Entry {
  /** Null for an item of a list. */
  key: Node | null;
  value: Node | null;
}

/** The entries of a mapping or a list, in the order of the file. */
export function entriesOf(collection: Collection): Entry[] {
  return isMap(collection) ? collection.items.map(({ key, value }) => ({ key, value })) : collection.items.map((value) => ({ key: null, value }));
}

/** Where a key or a position stands among a collection's entries; -1 where it does not. */
export function indexIn(collection: Collection, step: string | number): number {
  if (isMap(collection)) return collection.items.findIndex((pair) => keyOf(pair) === String(step));
  return typeof step === "number" && step < collection.items.length ? step : -1;
}

export interface Found {
  /** The innermost collection on the way that exists; null where the text holds nothing. */
  holder: Collection | null;
  /** How many steps of the path lead to `holder`. */
  depth: number;
  /** The entry of `holder` that the next step names; absent where it has none. */
  entry: Entry | null;
}

/** Follows a path as far as the tree goes. Refuses to go on through an alias: what stands there belongs to another place. */
export function follow(document: Document.Parsed, path: Path): Found {
  const root = document.contents as Node | null;
  if (isNothing(root)) return { holder: null, depth: 0, entry: null };
  let node: Node | null = root;
  for (const [depth, step] of path.entries()) {
    if (!isCollection(node)) throw new EditRefused(`${wordsOf(path.slice(0, depth))} is no mapping and no list; edit it in the text.`);
    const entry: Entry | undefined = entriesOf(node)[indexIn(node, step)];
    const last = depth === path.length - 1;
    if (entry === undefined || last || isNothing(entry.value)) return { holder: node, depth, entry: entry ?? null };
    if (isAlias(entry.value)) throw new EditRefused(`${wordsOf(path.slice(0, depth + 1))} repeats another part of the file (${String(entry.value)}); edit that part, or the text.`);
    node = entry.value;
  }
  throw new EditRefused("The whole file cannot be replaced so.");
}

function wordsOf(path: Path): string {
  return path.length === 0 ? "The file" : path.join(".");
}

/** Where a node's own text begins. */
export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Where it ends, without the comment and the blank lines behind it. A block text ends after its last line break. */
export function endOf(node: Node): number {
  if (isCollection(node) && node.flow !== true) {
    const last = entriesOf(node).at(-1);
    const end = last === undefined ? undefined : (last.value ?? last.key);
    if (end !== null && end !== undefined) return endOf(end);
  }
  return node.range?.[1] ?? 0;
}
