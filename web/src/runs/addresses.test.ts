import { expect, test } from "vitest";
import type { Execution } from "../api/types";
import { listUsedRunners } from "./addresses";

const execution = (runner: string | null): Execution => ({
  id: "e",
  cell: null,
  attempt: 1,
  status: "succeeded",
  reason: null,
  detail: null,
  runner,
  log_size: 0,
  summary: null,
  queued_at: 0,
  started_at: null,
  ended_at: null,
});

test("each runner stands once, with its address and the jobs it took", () => {
  const jobRuns = [
    { job: "build", executions: [execution("r2"), execution("r1")] },
    { job: "test", executions: [execution("r2"), execution("r2"), execution(null)] },
  ];
  const runners = [{ id: "r2", name: "eu-2", address: "192.0.2.2" }];
  expect(listUsedRunners(jobRuns, runners)).toEqual([
    { name: "eu-2", address: "192.0.2.2", jobs: ["build", "test"] },
    { name: "r1", address: null, jobs: ["build"] },
  ]);
});
