import { expect, test } from "vitest";
import { graph, job, jobRun, SHOP } from "../line/testing";
import { compareTexts } from "../text/compare";
import { differsInStructure } from "./compare";
import { withOwnVersions } from "./ownVersions";
import { layTimeline } from "./timeline";

test("states do not make another structure, a station or a way does", () => {
  const ran = { ...SHOP, jobs: SHOP.jobs.map((each) => ({ ...each, latest: jobRun("x") })) };
  expect(differsInStructure(SHOP, ran)).toBe(false);
  expect(differsInStructure(SHOP, { ...SHOP, jobs: SHOP.jobs.toReversed() })).toBe(false);
  expect(differsInStructure(SHOP, { ...SHOP, jobs: [...SHOP.jobs, job("more")] })).toBe(true);
  expect(differsInStructure(SHOP, { ...SHOP, edges: SHOP.edges.slice(1) })).toBe(true);
});

test("a run's picture shows the versions of the run", () => {
  const ran = { ...SHOP, jobs: [job("build", { latest: jobRun("b", { versions: { source: "v0", production: "p0" } }) })] };
  expect(withOwnVersions(ran).resources.map(({ newest }) => newest)).toEqual(["v0", "p0"]);
  expect(withOwnVersions(SHOP).resources.map(({ newest }) => newest)).toEqual(["v1", null]);
});

test("a difference shows what changed and counts what lies between", () => {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const shown = compareTexts(lines.join("\n"), lines.with(10, "other").join("\n"), 1);
  expect(shown.map(({ kind, text }) => `${kind} ${text}`)).toEqual(["left-out 9 unchanged lines", "same line 9", "removed line 10", "added other", "same line 11"]);
  expect(compareTexts("a\n", "a\n", 3)).toEqual([]);
});

test("a timeline has one row per job that has begun, on one scale", () => {
  const ran = graph({
    jobs: [
      job("later", { latest: jobRun("b", { spans: [{ kind: "running", from: 150, to: null }] }) }),
      job("first", { latest: jobRun("a", { spans: [{ kind: "queued", from: 100, to: 110 }, { kind: "running", from: 110, to: 150 }] }) }),
      job("never"),
    ],
  });
  const timeline = layTimeline(ran, 200);
  expect(timeline?.milliseconds).toBe(100);
  expect(timeline?.rows.map((row) => row.job)).toEqual(["first", "later"]);
  expect(timeline?.rows[0]?.bars.map(({ from, width }) => [from, width])).toEqual([[0, 0.1], [0.1, 0.4]]);
  expect(timeline?.rows[1]?.bars).toEqual([{ kind: "running", from: 0.5, width: 0.5, milliseconds: 50 }]);
  expect(layTimeline(graph({ jobs: [job("never")] }), 0)).toBeNull();
});
