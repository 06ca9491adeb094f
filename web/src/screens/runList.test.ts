import { expect, test } from "vitest";
import type { Run, RunStatus } from "../api/types";
import { causeWords, orderRuns, runTitle } from "./runList";

function run(id: string, status: RunStatus, created_at: number): Run {
  return {
    id,
    number: 1,
    name: null,
    pipeline: "shop",
    pipeline_id: "p",
    revision: 1,
    status,
    cause: "push",
    cause_detail: null,
    author: null,
    actor: "push:ada",
    note: null,
    created_at,
    ended_at: null,
    closing: null, job_runs: { total: 0 },
  };
}

test("active runs stay on top, newest first in each part", () => {
  const listed = [run("d", "completed", 40), run("c", "failed", 30), run("b", "running", 20)];
  const pinned = [run("b", "awaiting", 20), run("a", "awaiting", 10)];
  const ordered = orderRuns(listed, pinned);
  expect(ordered.map(({ id }) => id)).toEqual(["b", "a", "d", "c"]);
  expect(ordered[0]?.status).toBe("awaiting");
});

test("runs of the same instant keep one order", () => {
  const pair = [run("a", "completed", 5), run("b", "completed", 5)];
  expect(orderRuns(pair, []).map(({ id }) => id)).toEqual(["b", "a"]);
  expect(orderRuns(pair.toReversed(), []).map(({ id }) => id)).toEqual(["b", "a"]);
});

test("oldest first turns each part round, and active ones stay on top", () => {
  const listed = [run("a", "completed", 1), run("b", "failed", 2), run("c", "running", 3), run("d", "running", 4)];
  expect(orderRuns(listed, [], true).map(({ id }) => id)).toEqual(["c", "d", "a", "b"]);
});

test("a run is named by pipeline, number and its own name", () => {
  expect(runTitle({ pipeline: "shop", number: 7, name: null })).toBe("shop #7");
  expect(runTitle({ pipeline: "shop", number: 7, name: "hotfix" })).toBe("shop #7 hotfix");
});

test("causes read as words", () => {
  expect([causeWords("push"), causeWords("upstream-run"), causeWords("api")]).toEqual(["Push", "Upstream run", "API"]);
});
