import { expect, test } from "vitest";
import { readPress, SEQUENCE_MS } from "./keyboard";

test("a key after g is read with it, for a while", () => {
  expect(readPress({ key: "r", at: 100 }, { key: "g", at: 0 })).toBe("g r");
  expect(readPress({ key: "r", at: SEQUENCE_MS + 1 }, { key: "g", at: 0 })).toBe("r");
  expect(readPress({ key: "?", at: 100 }, { key: "x", at: 0 })).toBe("?");
  expect(readPress({ key: "/", at: 100 }, null)).toBe("/");
});
