import { expect, test } from "vitest";
import type { Pipeline } from "../api/types";
import { groupByProject } from "./pipelineList";

function pipeline(name: string, project: string | null): Pipeline {
  return { id: name, name, project, description: null, revision: 1, paused: false, jobs: 0, last_run: null };
}

test("pipelines stand by project and name, those without a project first", () => {
  const groups = groupByProject([pipeline("z", "web"), pipeline("b", null), pipeline("a", "web"), pipeline("c", "app")]);
  expect(groups.map(({ project, items }) => [project, items.map(({ name }) => name)])).toEqual([
    [null, ["b"]],
    ["app", ["c"]],
    ["web", ["a", "z"]],
  ]);
});
