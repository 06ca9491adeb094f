import { expect, test } from "vitest";
import { formatBytes } from "./bytes";

test("sizes are short", () => {
  expect([0, 312, 4100, 12_000_000, 3_400_000_000_000].map(formatBytes)).toEqual(["0 B", "312 B", "4.1 kB", "12 MB", "3400 GB"]);
});
