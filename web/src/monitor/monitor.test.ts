import { expect, test } from "vitest";
import { formatRate, formatShare, runsAddress } from "./links";
import { boundsOf, dateText, readTime } from "./time";

const ground = { workspace: "main", from: 100, to: 200, pipeline: "shop", project: "" };

test("the address says which time is looked at", () => {
  expect(readTime(new URLSearchParams("days=7"))).toEqual({ kind: "last", days: 7 });
  expect(readTime(new URLSearchParams("days=8&from=2026-02-30"))).toEqual({ kind: "last", days: 30 });
  expect(readTime(new URLSearchParams("from=2026-02-01&until=2026-02-03"))).toEqual({ kind: "between", from: "2026-02-01", until: "2026-02-03" });
  expect(readTime(new URLSearchParams("from=2026-02-04&until=2026-02-03")).kind).toBe("last");
});

test("days end with the running minute, dates include their last day", () => {
  expect(boundsOf({ kind: "last", days: 1 }, 86_400_000 * 3 + 61_000)).toEqual({ from: 86_400_000 * 2 + 120_000, to: 86_400_000 * 3 + 120_000 });
  const { from, to } = boundsOf({ kind: "between", from: "2026-02-01", until: "2026-02-03" }, 0);
  expect([dateText(from), dateText(to - 1), dateText(to)]).toEqual(["2026-02-01", "2026-02-03", "2026-02-04"]);
});

test("a figure leads to what it counts", () => {
  expect(runsAddress(ground)).toBe("/w/main/runs?pipeline=shop&from=100&to=200");
  expect(runsAddress(ground, { tab: "failed", from: 150, lasting: 7 })).toBe("/w/main/runs?tab=failed&pipeline=shop&from=150&to=200&lasting=7");
  expect(runsAddress({ ...ground, project: "x" }, { environment: "shop/live", change: "failed" })).toBe(
    "/w/main/runs?from=100&to=200&environment=shop%2Flive&change=failed",
  );
});

test("shares and rates are rounded honestly", () => {
  expect([0, 0.004, 0.126, 0.995, 1].map(formatShare)).toEqual(["0 %", "< 1 %", "13 %", "> 99 %", "100 %"]);
  expect([4.21, 0.5, 0.05].map(formatRate)).toEqual(["4.2 a day", "3.5 a week", "1.5 in 30 days"]);
});
