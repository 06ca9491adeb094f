// New parts of a file: a value as it is written on one line, or on lines of its own.

import { Document, Scalar, stringify, type YAMLSeq } from "yaml";
import { isRecord } from "./tree";

/** Spaces per level where the file does not say otherwise. */
export const STEP = 2;

/** A scalar as it is written. In `{ }` and `[ ]` more texts need quotes. `type` keeps the quotes that stood there. */
export function scalarText(value: unknown, inFlow: boolean, type?: Scalar.Type): string {
  const scalar = new Scalar(value);
  if (type !== undefined && typeof value === "string") scalar.type = type;
  const several = typeof value === "string" && value.includes("\n");
  if (several) scalar.type = Scalar.QUOTE_DOUBLE;
  if (!inFlow) return stringify(scalar, { lineWidth: 0 }).trimEnd();
  const list = new Document([scalar]);
  (list.contents as unknown as YAMLSeq).flow = true;
  return list.toString({ lineWidth: 0, flowCollectionPadding: false }).trim().slice(1, -1);
}

/** A value on one line. */
export function inlineText(value: unknown, inFlow: boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => inlineText(item, true)).join(", ")}]`;
  if (!isRecord(value)) return scalarText(value ?? null, inFlow);
  const pairs = Object.entries(value).map(([key, item]) => `${scalarText(key, true)}: ${inlineText(item, true)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** Whether a value stands on lines of its own, outside `{ }` and `[ ]`. */
export function needsLines(value: unknown): boolean {
  if (typeof value === "string") return isBlockText(value);
  if (Array.isArray(value)) return value.some((item) => isRecord(item) || needsLines(item));
  return isRecord(value) && Object.keys(value).length > 0;
}

/** A text of several lines that can be written as `|`: a first line that begins with a space would change its meaning. */
export function isBlockText(value: string): boolean {
  return value.trimEnd().includes("\n") && !/^\s/.test(value) && !/[\t ]\n|\r/.test(value);
}

/** What follows `key:`, from the blank or the line break on, without a line break at its end. `indent` is the key's own. */
export function valueText(value: unknown, indent: number): string {
  if (!needsLines(value)) return ` ${inlineText(value, false)}`;
  const inner = indent + STEP;
  if (typeof value === "string") return ` ${blockText(value, inner)}`;
  return `\n${Array.isArray(value) ? itemsText(value, inner) : pairsText(value as Record<string, unknown>, inner)}`;
}

/** `|` and its lines. */
export function blockText(value: string, indent: number): string {
  const end = value.endsWith("\n\n") ? "+" : value.endsWith("\n") ? "" : "-";
  const lines = value.replace(/\n$/, "").split("\n");
  return `|${end}\n${lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line)).join("\n")}`;
}

/** `key: value` with its indentation. */
export function pairText(key: string, value: unknown, indent: number): string {
  return `${" ".repeat(indent)}${scalarText(key, false)}:${valueText(value, indent)}`;
}

function pairsText(value: Record<string, unknown>, indent: number): string {
  return Object.entries(value)
    .map(([key, item]) => pairText(key, item, indent))
    .join("\n");
}

/** `- value` with its indentation. */
export function itemText(value: unknown, indent: number): string {
  const dash = `${" ".repeat(indent)}- `;
  if (!needsLines(value)) return dash + inlineText(value, false);
  if (typeof value === "string") return dash + blockText(value, indent + STEP);
  if (Array.isArray(value)) return dash + inlineText(value, false);
  return dash + pairsText(value as Record<string, unknown>, indent + STEP).trimStart();
}

function itemsText(values: readonly unknown[], indent: number): string {
  return values.map((value) => itemText(value, indent)).join("\n");
}
