import { expect, test } from "vitest";
import type { Pipeline } from "../api/types";
import { groupByProject, pauseWords } from "./pipelineList";

function pipeline(name: string, project: string | null): Pipeline {
  return { id: name, name, project, description: null, revision: 1, paused: null, jobs: 0, synced_from: null, sync_error: null, last_run: null };
}

test("pipelines stand by project and name, those without a project first", () => {
  const groups = groupByProject([pipeline("z", "web"), pipeline("b", null), pipeline("a", "web"), pipeline("c", "app")]);
  expect(groups.map(({ project, items }) => [project, items.map(({ name }) => name)])).toEqual([
    [null, ["b"]],
    ["app", ["c"]],
    ["web", ["a", "z"]],
  ]);
});

test("who holds a pipeline is named, with the reason where there is one", () => {
  expect(pauseWords({ by: "user:ada", reason: "the database moves", at: 0 })).toBe("Held by ada: the database moves");
  expect(pauseWords({ by: "token:ci", reason: null, at: 0 })).toBe("Held by token ci");
});
