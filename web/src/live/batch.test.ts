import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBatch } from "./batch";
import type { Key } from "./changes";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("many events within one interval become one pass", async () => {
  const passes: Key[][] = [];
  const batch = createBatch(250, async (touched) => void passes.push(touched));
  batch.add([["runs"], ["run", "a"]]);
  batch.add([["runs"]]);
  await vi.advanceTimersByTimeAsync(249);
  expect(passes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(passes).toEqual([[["runs"], ["run", "a"]]]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(passes).toHaveLength(1);
});

test("a slow pass is not overtaken, and what came meanwhile follows it", async () => {
  const endings: (() => void)[] = [];
  const passes: Key[][] = [];
  const batch = createBatch(250, (touched) => {
    passes.push(touched);
    return new Promise<void>((resolve) => void endings.push(resolve));
  });
  batch.add([["runs"]]);
  await vi.advanceTimersByTimeAsync(250);
  batch.add([["pipelines"]]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(passes).toEqual([[["runs"]]]);
  endings[0]?.();
  await vi.advanceTimersByTimeAsync(250);
  expect(passes).toEqual([[["runs"]], [["pipelines"]]]);
});

test("a closed batch passes nothing on", async () => {
  const passes: Key[][] = [];
  const batch = createBatch(250, async (touched) => void passes.push(touched));
  batch.add([["runs"]]);
  batch.close();
  batch.add([["pipelines"]]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(passes).toEqual([]);
});
