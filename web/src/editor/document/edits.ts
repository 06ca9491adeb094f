// Edits of a pipeline's text. Each answers the whole new text, in which only what was meant differs: comments, blank lines, quotes
// and indentation elsewhere stay as they were written.

import { isAlias, isMap, isScalar, type Node, Scalar } from "yaml";
import { blockText, inlineText, isBlockText, itemText, needsLines, pairText, scalarText, STEP, valueText } from "./render";
import { EditRefused, endOf, entriesOf, follow, indexIn, isCollection, isNothing, readTree, startOf, type Collection, type Entry, type Path } from "./tree";

/** Puts a value at a place; what the way there lacks is made. */
export function setValue(text: string, path: Path, value: unknown): string {
  const { holder, depth, entry } = follow(readTree(text), path);
  const rest = nest(path.slice(depth + 1), value);
  const step = path[depth] ?? "";
  if (holder === null) return proven(appendLines(text, text.length, pairText(String(path[0]), rest, 0)));
  if (entry !== null) return proven(replaceValue(text, holder, entry, rest));
  if (holder.items.length === 0 && depth > 0) return setValue(text, path.slice(0, depth), nest([step], rest));
  return proven(holder.flow === true ? insertInline(text, holder, step, rest) : insertLines(text, holder, step, rest));
}

/** Adds to the end of a list, which is made where there is none. */
export function appendItem(text: string, path: Path, value: unknown): string {
  const { depth, entry } = follow(readTree(text), path);
  const list = depth === path.length - 1 ? entry?.value : null;
  if (isNothing(list)) return setValue(text, path, [value]);
  if (!isCollection(list) || isMap(list)) throw new EditRefused(`${path.join(".")} is no list of its own; edit it in the text.`);
  return setValue(text, [...path, list.items.length], value);
}

/** Takes a key or an item away, and with the last one what held it. */
export function removeValue(text: string, path: Path): string {
  const { holder, depth, entry } = follow(readTree(text), path);
  if (holder === null || entry === null || depth < path.length - 1) return text;
  if (holder.items.length === 1 && depth > 0) return removeValue(text, path.slice(0, -1));
  const at = indexIn(holder, path[depth] ?? "");
  return proven(holder.flow === true ? cutInline(text, holder, at) : cutLines(text, holder, at));
}

/** Calls a key otherwise. */
export function renameKey(text: string, path: Path, name: string): string {
  const { holder, depth, entry } = follow(readTree(text), path);
  if (holder === null || !entry?.key || depth < path.length - 1) throw new EditRefused(`${path.join(".")} is not in the file.`);
  if (indexIn(holder, name) >= 0) throw new EditRefused(`There is ${name} already.`);
  return proven(splice(text, startOf(entry.key), endOf(entry.key), scalarText(name, holder.flow === true)));
}

/** An edit that would leave a text which cannot be read is a fault of ours: it is refused, and nothing is lost. */
function proven(text: string): string {
  readTree(text);
  return text;
}

function nest(path: Path, value: unknown): unknown {
  return path.reduceRight((inner, step) => (typeof step === "number" ? [inner] : { [step]: inner }), value);
}

function splice(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by.replaceAll("\n", text.includes("\r\n") ? "\r\n" : "\n") + text.slice(to);
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

const columnOf = (text: string, at: number): number => at - lineStart(text, at);

/** Adds whole lines after the line in which a part ends. */
function appendLines(text: string, end: number, lines: string): string {
  if (end === 0 || text[end - 1] === "\n") return splice(text, end, end, `${lines}\n`);
  const next = text.indexOf("\n", end);
  return next < 0 ? splice(text, text.length, text.length, `\n${lines}\n`) : splice(text, next + 1, next + 1, `${lines}\n`);
}

function replaceValue(text: string, holder: Collection, { key, value }: Entry, by: unknown): string {
  const inFlow = holder.flow === true;
  if (value !== null && isScalar(value) && typeof by === "string" && isBlockScalar(value) && !inFlow) {
    const indent = columnOf(text, startOf(key ?? value)) + STEP;
    const lines = isBlockText(by) ? `${blockText(by, indentOfBlock(text, value) ?? indent)}\n` : `${scalarText(by, false)}\n`;
    return splice(text, startOf(value), endOf(value), lines);
  }
  const inline = inFlow || !needsLines(by);
  const wasInline = value === null || isAlias(value) || (isScalar(value) ? !isBlockScalar(value) : isCollection(value) && value.flow === true);
  if (value !== null && inline && wasInline && endOf(value) > startOf(value)) {
    const quotes = isScalar(value) && typeof by === "string" ? (value.type as Scalar.Type | undefined) : undefined;
    return splice(text, startOf(value), endOf(value), quotes === undefined ? inlineText(by, inFlow) : scalarText(by, inFlow, quotes));
  }
  const [from, end, lines] = whereLines(text, { key, value }, by, inline);
  return spliceLines(text, [from, end], inline ? (key === null ? "" : " ") + inlineText(by, inFlow) : lines);
}

/** The place of an entry's value with what leads to it, and how the value is written there on lines of its own. */
function whereLines(text: string, { key, value }: Entry, by: unknown, inline: boolean): [number, number, string] {
  const end = value === null ? endOf(key as Node) : endOf(value);
  if (key === null) {
    const from = value === null ? end : startOf(value);
    return [from, end, inline ? "" : itemText(by, columnOf(text, from) - STEP).trimStart().replace(/^- /, "")];
  }
  const colon = text.indexOf(":", endOf(key)) + 1;
  return [colon, Math.max(colon, end), inline ? "" : valueText(by, columnOf(text, startOf(key)))];
}

/** Puts lines in the place of others. The comment on the first line stays there. */
function spliceLines(text: string, [from, end]: [number, number], by: string): string {
  const breaks = text[end - 1] === "\n" ? "\n" : "";
  const [first = "", ...others] = by.split("\n");
  const old = text.slice(from, end).split("\n");
  const within = old.length > 1 ? (/(?:^|\s)\s*#[^"']*$/.exec(old[0] ?? "")?.[0] ?? "") : "";
  const behind = others.length > 0 && breaks === "" ? (/^[ \t]+#[^\n\r]*/.exec(text.slice(end))?.[0] ?? "") : "";
  return splice(text, from, end + behind.length, [first + within + behind, ...others].join("\n") + breaks);
}

function isBlockScalar(value: Scalar): boolean {
  return value.type === Scalar.BLOCK_LITERAL || value.type === Scalar.BLOCK_FOLDED;
}

/** How far the lines of a block text are indented. */
function indentOfBlock(text: string, value: Scalar): number | null {
  const body = text.slice(startOf(value), endOf(value)).split("\n").slice(1);
  const first = body.find((line) => line.trim() !== "");
  return first === undefined ? null : first.length - first.trimStart().length;
}

function insertInline(text: string, holder: Collection, step: string | number, value: unknown): string {
  const added = isMap(holder) ? `${scalarText(String(step), true)}: ${inlineText(value, true)}` : inlineText(value, true);
  const last = entriesOf(holder).at(-1);
  if (last === undefined) return splice(text, startOf(holder) + 1, startOf(holder) + 1, isMap(holder) ? ` ${added} ` : added);
  const end = entryEnd(last);
  const comma = /^\s*,/.exec(text.slice(end, endOf(holder)));
  return comma === null ? splice(text, end, end, `, ${added}`) : splice(text, end + comma[0].length, end + comma[0].length, ` ${added}`);
}

function insertLines(text: string, holder: Collection, step: string | number, value: unknown): string {
  const indent = columnOf(text, startOf(holder));
  const lines = isMap(holder) ? pairText(String(step), value, indent) : itemText(value, indent);
  return appendLines(text, endOf(holder), (isAiry(text, holder) ? "\n" : "") + lines);
}

/** Whether a blank line stands between the last two entries. */
function isAiry(text: string, holder: Collection): boolean {
  const [before, last] = entriesOf(holder).slice(-2);
  if (before === undefined || last === undefined) return false;
  return /\n[ \t]*\r?\n/.test(text.slice(entryEnd(before) - 1, entryStart(text, last)));
}

/** Where an entry begins: its key, or the dash of its item. */
function entryStart(text: string, { key, value }: Entry): number {
  if (key !== null) return startOf(key);
  return value === null ? 0 : text.lastIndexOf("-", startOf(value) - 1);
}

function entryEnd({ key, value }: Entry): number {
  const [keyEnd, valueEnd] = [key === null ? 0 : endOf(key), value === null ? 0 : endOf(value)];
  return Math.max(keyEnd, valueEnd);
}

function cutInline(text: string, holder: Collection, at: number): string {
  const entries = entriesOf(holder);
  const [before, own, next] = [entries[at - 1], entries[at], entries[at + 1]];
  if (own === undefined) return text;
  const begin = (entry: Entry): number => startOf((entry.key ?? entry.value) as Node);
  const hasComment = (from: number, to: number): boolean => text.slice(from, to).includes("#");
  if (next !== undefined && !hasComment(entryEnd(own), begin(next))) return splice(text, begin(own), begin(next), "");
  if (next !== undefined) return splice(text, begin(own), text.indexOf(",", entryEnd(own)) + 1, "");
  if (before !== undefined && !hasComment(entryEnd(before), begin(own))) return splice(text, entryEnd(before), entryEnd(own), "");
  return splice(text, begin(own), entryEnd(own), "");
}

function cutLines(text: string, holder: Collection, at: number): string {
  const entries = entriesOf(holder);
  const [own, next] = [entries[at], entries[at + 1]];
  if (own === undefined) return text;
  const [from, end] = [entryStart(text, own), entryEnd(own)];
  const line = lineStart(text, from);
  if (text.slice(line, from).trim() !== "") {
    // It shares its line with the dash of a list: what follows it takes its place.
    const to = next === undefined ? end : entryStart(text, next);
    return splice(text, from, text.slice(end, to).includes("#") ? end : to, "");
  }
  const following = text[end - 1] === "\n" ? end : text.indexOf("\n", end) + 1 || text.length;
  return splice(text, withoutDoubleBlank(text, line, following), following, "");
}

/** Of the blank lines around what is cut, one stays. */
function withoutDoubleBlank(text: string, from: number, to: number): number {
  const above = lineStart(text, Math.max(0, from - 1));
  const blankAbove = from > 0 && text.slice(above, from).trim() === "";
  const [below = ""] = text.slice(to).split("\n", 1);
  return blankAbove && below.trim() === "" ? above : from;
}
