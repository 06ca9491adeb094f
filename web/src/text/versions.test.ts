import { expect, test } from "vitest";
import { formatVersion, truncateMiddle } from "./versions";

test("a version shows its telling key", () => {
  expect(formatVersion({ ref: "refs/heads/main", commit: "3f2a1c9944aa" })).toBe("3f2a1c99");
  expect(formatVersion({ digest: "sha256:9f3e00112233", size: "4" })).toBe("9f3e0011");
  expect(formatVersion({ number: "1.4.0" })).toBe("1.4.0");
  expect(formatVersion({ REGION: "eu-1", LEVEL: "2" })).toBe("REGION=eu-1 LEVEL=2");
  expect(formatVersion({})).toBe("empty");
});

test("a long name loses its middle and keeps its length", () => {
  expect(truncateMiddle("short", 10)).toBe("short");
  expect(truncateMiddle("abcdefghijklmnop", 9)).toBe("abcd…mnop");
  expect(truncateMiddle("abcdefghijklmnop", 8)).toHaveLength(8);
});
