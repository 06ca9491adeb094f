import { expect, test } from "vitest";
import { asked, dayStart, isNarrowed, readQuestion, withPart } from "./question";

test("both days of a span are included", () => {
  const question = readQuestion(new URLSearchParams("from=2026-11-21&to=2026-11-21&actor=ada"));
  const { from, to } = asked(question);
  expect(new Date(Number(from)).getDate()).toBe(21);
  expect(new Date(Number(to)).getDate()).toBe(22);
  expect(new Date(Number(to)).getHours()).toBe(0);
  expect(isNarrowed(question)).toBe(true);
});

test("what is no day asks for nothing", () => {
  expect(dayStart("")).toBe("");
  expect(dayStart("yesterday")).toBe("");
});

test("another filter closes the open entry", () => {
  expect(withPart(new URLSearchParams("entry=4&actor=ada"), "action", "secret.set").toString()).toBe("actor=ada&action=secret.set");
  expect(withPart(new URLSearchParams("entry=4&actor=ada"), "entry", "").toString()).toBe("actor=ada");
});
