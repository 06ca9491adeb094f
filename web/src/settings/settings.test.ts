import { expect, test } from "vitest";
import { NAME_PATTERN, readAddresses } from "./parts";

test("addresses stand on lines or between commas", () => {
  expect(readAddresses("ada@example.org, bo@example.org\n\n cy@example.org;")).toEqual(["ada@example.org", "bo@example.org", "cy@example.org"]);
  expect(readAddresses(" \n")).toEqual([]);
});

test("names are those that the server takes", () => {
  const takes = (name: string) => new RegExp(`^(?:${NAME_PATTERN})$`, "v").test(name);
  expect(["ada", "0", "ada.l@example.org", "a_b-c", "x".repeat(64)].map(takes)).toEqual([true, true, true, true, true]);
  expect(["", "-a", "A", "a b", "a/b", "x".repeat(65)].map(takes)).toEqual([false, false, false, false, false, false]);
});
