import { expect, test } from "vitest";
import type { JobRunStatus, RunStatus } from "../api/types";
import { isActiveJobRun, isActiveRun, jobRunLook, reasonWords, runLook } from "./status";

const JOB_RUN_STATUSES: JobRunStatus[] = [
  "waiting",
  "queued",
  "running",
  "awaiting",
  "stopping",
  "succeeded",
  "failed",
  "errored",
  "stopped",
  "skipped",
];
const RUN_STATUSES: RunStatus[] = [
  "scheduled",
  "pending",
  "running",
  "awaiting",
  "stopping",
  "completed",
  "partial-success",
  "failed",
  "stopped",
  "error",
];

test("no two states of a job run look alike without their colour", () => {
  const looks = JOB_RUN_STATUSES.map((status) => `${jobRunLook(status).shape} ${jobRunLook(status).word}`);
  expect(new Set(looks).size).toBe(JOB_RUN_STATUSES.length);
});

test("a run is active until it has ended", () => {
  expect(RUN_STATUSES.filter(isActiveRun)).toEqual(["scheduled", "pending", "running", "awaiting", "stopping"]);
  expect(JOB_RUN_STATUSES.filter(isActiveJobRun)).toEqual(["waiting", "queued", "running", "awaiting", "stopping"]);
});

test("success, partial success, failure and the platform's fault are four shapes", () => {
  const shapes = (["completed", "partial-success", "failed", "error"] as const).map((status) => runLook(status).shape);
  expect(shapes).toEqual(["tick", "half-tick", "cross", "bolt"]);
});

test("a state that this page does not know keeps its word", () => {
  expect(runLook("hibernating" as RunStatus).word).toBe("hibernating");
});

test("reasons read as words", () => {
  expect(reasonWords("runner-lost")).toBe("runner lost");
  expect(reasonWords(null)).toBe("");
});
