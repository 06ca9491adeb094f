import { expect, test } from "vitest";
import { elapsed, formatAge, formatDuration } from "./time";

test.each([
  [-5, "0 s"],
  [28, "28 ms"],
  [420, "0.4 s"],
  [9_949, "9.9 s"],
  [9_950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [3_599_600, "1 h 00 min"],
  [7_620_000, "2 h 07 min"],
  [273_600_000, "3 d 4 h"],
])("%d ms reads as %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [-3_000, "just now"],
  [9_000, "just now"],
  [45_000, "45 s ago"],
  [240_000, "4 min ago"],
  [10_800_000, "3 h ago"],
  [200_000_000, "2 d ago"],
])("an age of %d ms reads as %s", (age, text) => {
  expect(formatAge(1_000_000_000 - age, 1_000_000_000)).toBe(text);
});

test("what has not begun has no length; what goes on is measured until now", () => {
  expect(elapsed(null, null, 50)).toBeNull();
  expect(elapsed(10, null, 50)).toBe(40);
  expect(elapsed(10, 30, 50)).toBe(20);
});
