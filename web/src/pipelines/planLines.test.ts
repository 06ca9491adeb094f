import { expect, test } from "vitest";
import { planLines } from "./planLines";

test("a plan is told line by line", () => {
  const plan = {
    pipeline: "shop",
    new: false,
    settings: ["project"],
    resources: [{ name: "source", was: null, kind: "git", change: "changed" as const, parts: ["branch"], new_history: true }],
    jobs: [
      { name: "compile", was: "build", change: "changed" as const, parts: ["steps"] },
      { name: "lint", was: null, change: "removed" as const, parts: [] },
    ],
    notify: true,
  };
  expect(planLines(plan).map(({ change, words }) => `${change}: ${words}`)).toEqual([
    "changed: The pipeline's project",
    "changed: Resource source (branch); its versions begin anew",
    "changed: Job compile, until now build (steps)",
    "removed: Job lint",
    "changed: Who is told of what",
  ]);
  expect(planLines({ ...plan, new: true, settings: [], resources: [], jobs: [], notify: false })).toEqual([{ change: "added", words: "Pipeline shop" }]);
});
