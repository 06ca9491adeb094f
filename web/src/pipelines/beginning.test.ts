import { expect, test } from "vitest";
import { beginningOf } from "./beginning";

test("a text to begin with counts only while its revision is in force", () => {
  expect(beginningOf({ begin: "pipeline: x\n", on: 0 }, 0)).toBe("pipeline: x\n");
  expect(beginningOf({ begin: "pipeline: x\n", on: 0 }, 1)).toBeNull();
  expect(beginningOf(null, 0)).toBeNull();
  expect(beginningOf({ from: "/elsewhere" }, 0)).toBeNull();
});
