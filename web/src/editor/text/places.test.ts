import { expect, test } from "vitest";
import type { Diagnostic } from "../../api/schema";
import { changeBetween, inThisFile, placeOf } from "./places";

const finding = (over: Partial<Diagnostic>): Diagnostic => ({
  severity: "error",
  code: "unknown-key",
  file: "andon.yml",
  line: 1,
  column: 1,
  length: 1,
  source: "",
  message: "unknown key",
  suggestion: null,
  related: [],
  ...over,
});

test("a finding lies where its characters are, also behind one of two units", () => {
  const line = { from: 10, to: 22, text: "name: 🚦 stop" };
  expect(placeOf(finding({ column: 9, length: 4 }), () => line)).toEqual({ from: 19, to: 22 });
  expect(placeOf(finding({ column: 7, length: 1 }), () => line)).toEqual({ from: 16, to: 18 });
  expect(placeOf(finding({ column: 90, length: 9 }), () => line)).toEqual({ from: 22, to: 22 });
});

test("a module's finding lies where it is used, and says where it is written", () => {
  const inModule = finding({ file: "library/git-tag", line: 4, related: [{ file: "andon.yml", line: 7, column: 3, note: "used here" }] });
  expect(inThisFile(inModule)).toMatchObject({ file: "andon.yml", line: 7, column: 3, message: "library/git-tag, line 4: unknown key" });
  expect(inThisFile(finding({ line: 3 }))).toMatchObject({ line: 3, message: "unknown key" });
});

test("a change is the part that differs", () => {
  expect(changeBetween("after: [a]\nb", "after: [a, c]\nb")).toEqual({ from: 9, to: 9, insert: ", c" });
  expect(changeBetween("aaa", "aa")).toEqual({ from: 2, to: 3, insert: "" });
  expect(changeBetween("same", "same")).toBeNull();
});
