import { expect, test } from "vitest";
import { versionBefore } from "./history";

test("the run before says which version it had", () => {
  const runs = [
    { id: "three", versions: { source: "c" } },
    { id: "two", versions: { source: "b" } },
    { id: "one", versions: { notes: "x" } },
  ];
  expect(versionBefore(runs, "three", "source")).toBe("b");
  expect(versionBefore(runs, "two", "source")).toBeNull();
  expect(versionBefore(runs, "one", "source")).toBeNull();
  expect(versionBefore(runs, "none", "source")).toBeNull();
});
