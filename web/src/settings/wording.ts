// The parts of a channel's messages that may be worded anew.

import type { Template } from "../api/schema";

export type WordingPart = "subject" | "body" | "html";
export type Wording = Record<WordingPart, string>;

/** A signed webhook has only a body, and only mails have HTML. */
export function partsOf(kind: string): readonly { part: WordingPart; title: string }[] {
  if (kind === "webhook") return [{ part: "body", title: "Body, as JSON" }];
  const both = [
    { part: "subject", title: kind === "email" ? "Subject" : "Headline" },
    { part: "body", title: "Text" },
  ] as const;
  return kind === "email" ? [...both, { part: "html", title: "HTML" }] : both;
}

/** What is to be stored; null where every part is empty, which is the built-in form. */
export function templateOf(kind: string, wording: Wording): Template | null {
  const given = partsOf(kind).flatMap(({ part }) => (wording[part].trim() === "" ? [] : [[part, wording[part]] as const]));
  return given.length === 0 ? null : (Object.fromEntries(given) as Template);
}
