import { expect, test } from "vitest";
import type { ListedRun } from "../api/calls";
import { firstCursor, joinPages, knownRuns } from "./runPages";

const run = (created_at: number): ListedRun => ({
  workspace: "main",
  id: String(created_at),
  number: created_at,
  name: null,
  pipeline: "shop",
  pipeline_id: "p",
  revision: 1,
  status: "failed",
  cause: "push",
  cause_detail: null,
  author: null,
  actor: "push:ada",
  note: null,
  created_at,
  ended_at: created_at,
  closing: null, job_runs: { total: 1 },
});
const times = (runs: readonly ListedRun[]) => runs.map(({ created_at }) => created_at);

test("two questions become one list without gaps", () => {
  const asked = firstCursor(["failed", "error"]);
  const first = joinPages(asked, [
    { items: [run(9), run(7)], next: "seven" },
    { items: [run(8), run(2)], next: null },
  ]);
  expect(first.next).toEqual([{ filter: "failed", after: "seven" }]);
  expect(times(knownRuns([first]))).toEqual([9, 7, 8]);

  const second = joinPages(first.next ?? [], [{ items: [run(5), run(3)], next: null }]);
  expect(second.next).toBeNull();
  expect(times(knownRuns([first, second]))).toEqual([9, 7, 8, 2, 5, 3]);
});

test("one question keeps all that it has", () => {
  const page = joinPages(firstCursor([null]), [{ items: [run(2), run(1)], next: "one" }]);
  expect(times(knownRuns([page]))).toEqual([2, 1]);
  expect(knownRuns([])).toEqual([]);
});

test("oldest first, the list ends where the slower question stands", () => {
  const page = joinPages(firstCursor(["failed", "error"]), [
    { items: [run(1), run(4)], next: "four" },
    { items: [run(2), run(9)], next: null },
  ]);
  expect(times(knownRuns([page], true))).toEqual([1, 4, 2]);
});
