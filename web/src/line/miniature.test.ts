import { expect, test } from "vitest";
import { drawLine } from "./drawing";
import { layOut } from "./layout";
import { boundsOf, outsideOf, silhouettes, windowOf } from "./miniature";
import { jobRun, SHOP } from "./testing";

const drawing = drawLine(SHOP);
const layout = layOut(drawing);
const FRAME = { width: 200, height: 150 };

test("the small picture holds the whole line in the shape of its frame", () => {
  for (const size of [layout, { width: 10_000, height: 100 }, { width: 40, height: 30 }]) {
    const bounds = boundsOf(size, FRAME);
    expect(bounds.width / bounds.height).toBeCloseTo(4 / 3);
    expect(bounds.x).toBeLessThan(0);
    expect(bounds.y).toBeLessThan(0);
    expect(bounds.x + bounds.width).toBeGreaterThan(size.width);
    expect(bounds.y + bounds.height).toBeGreaterThan(size.height);
  }
});

test("stations of one look are one path", () => {
  const [build, unit, ...rest] = SHOP.jobs;
  if (build === undefined || unit === undefined) throw new Error("the line has jobs");
  const jobs = [{ ...build, latest: jobRun("a", { status: "failed" }) }, { ...unit, latest: jobRun("b", { status: "failed" }) }, ...rest];
  const paths = silhouettes({ jobs }, drawing, layout);
  expect([...paths.keys()].toSorted()).toEqual(["failed", "other", "waiting"]);
  expect(paths.get("failed")?.match(/M/g)).toHaveLength(2);
  expect(paths.get("waiting")?.match(/M/g)).toHaveLength(3);
  expect(paths.get("other")?.match(/M/g)).toHaveLength(2);
});

test("the window is what the picture shows of the line", () => {
  expect(windowOf([-100, 40, 0.5], { width: 800, height: 600 })).toEqual({ x: 200, y: -80, width: 1600, height: 1200 });
  expect(outsideOf({ x: 0, y: 0, width: 100, height: 50 }, { x: 10, y: 5, width: 20, height: 10 })).toBe("M0 0h100v50h-100zM10 5h20v10h-20z");
});
