import { expect, test } from "vitest";
import { retryDelayMs } from "./stream";

test("waiting for the server grows and stays bounded", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 60].map(retryDelayMs)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});
