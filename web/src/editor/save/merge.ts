// What happened on the server while somebody edited, brought into their text.

import { applyPatch, createPatch } from "diff";

/** The text with what led from its base to the newest revision; null where both changed the same lines. */
export function bringIn(base: string, newest: string, text: string): string | null {
  const patched = applyPatch(text, createPatch("andon.yml", base, newest, "", "", { context: 1 }), { fuzzFactor: 0 });
  return patched === false ? null : patched;
}
