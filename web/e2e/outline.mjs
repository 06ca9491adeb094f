// What a screen reader is told of a screen, held against what is on file: e2e/outlines/NAME.txt. A changed outline is written anew with
// ANDON_OUTLINES=write; read it before you keep it.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What differs from run to run, and what stands for it. */
const CHANGING = [
  [/\b[A-Z][a-z]{2} \d{1,2}, \d{4},? (?:at )?\d{1,2}:\d{2}(?::\d{2})?(?:[  ][AP]M)?/g, "MOMENT"],
  [/\b\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/g, "MOMENT"],
  [/\bjust now\b|\b\d+ (?:s|min|h|d) ago\b/g, "AGO"],
  [/\b\d+(?:\.\d+)? m?s\b|\b\d+ min \d{2} s\b/g, "DURATION"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "ID"],
  [/\b[0-9a-f]{7,64}\b/g, "HASH"],
  [/127\.0\.0\.1:\d+/g, "SERVER"],
];

/** Holds the outline of a part of the page against the one on file. */
export async function checkOutline(part, name) {
  let text = await part.ariaSnapshot();
  for (const [pattern, word] of CHANGING) text = text.replace(pattern, word);
  const path = fileURLToPath(new URL(`outlines/${name}.txt`, import.meta.url));
  if (process.env.ANDON_OUTLINES === "write") writeFileSync(path, `${text}\n`);
  assert.ok(existsSync(path), `there is no ${path}; make it with ANDON_OUTLINES=write`);
  assert.equal(`${text}\n`, readFileSync(path, "utf8"), `the outline of ${name} has changed`);
}
