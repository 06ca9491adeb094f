import { expect, test } from "vitest";
import { isSafeAddress, nestHeadings, readInline, readMarkdown } from "./markdownTree";

test("blocks are told apart", () => {
  const kinds = readMarkdown("# Title\n\nSome text\nthat goes on\n\n- one\n- two\n\n```\n<b>\n```\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n").map(({ kind }) => kind);
  expect(kinds).toEqual(["heading", "paragraph", "list", "code", "quote", "table", "rule"]);
});

test("headings begin below the screen's own and skip no level", () => {
  const levels = nestHeadings(readMarkdown("## a\n\n#### b\n\n### c\n\n## d")).map((block) => (block.kind === "heading" ? block.level : 0));
  expect(levels).toEqual([2, 3, 3, 2]);
});

test("markup stays text", () => {
  expect(readMarkdown("<script>alert(1)</script>")).toEqual([{ kind: "paragraph", children: [{ kind: "text", text: "<script>alert(1)</script>" }] }]);
});

test("a link leads to a page, never to a script", () => {
  expect(readInline("see [it](https://example.org/a)")[1]).toEqual({ kind: "link", href: "https://example.org/a", children: [{ kind: "text", text: "it" }] });
  expect(readInline("[it](javascript:alert)")).toEqual([{ kind: "text", text: "[it](javascript:alert)" }]);
  expect(["https://a", "#x", "/w/main", "//evil", "data:text/html,x", "JAVASCRIPT:x"].map(isSafeAddress)).toEqual([true, true, true, false, false, false]);
});

test("emphasis, code and what looks like it", () => {
  expect(readInline("**a** `b*c` d_e_f").map(({ kind }) => kind)).toEqual(["strong", "text", "code", "text"]);
});

test("a fence that never ends takes the rest", () => {
  expect(readMarkdown("```\none\n\ntwo")).toEqual([{ kind: "code", text: "one\n\ntwo" }]);
});

test("lists keep their kind and end with a blank line", () => {
  expect(readMarkdown("1. a\n2. b\n\nafter")[0]).toMatchObject({ kind: "list", ordered: true, items: [[{ text: "a" }], [{ text: "b" }]] });
});
