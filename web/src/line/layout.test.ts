import { expect, test } from "vitest";
import { lanesByEnvironment, NO_ENVIRONMENT } from "./ancestry";
import { drawLine, shapeOf } from "./drawing";
import { layOut, pathThrough } from "./layout";
import { edge, graph, job, jobRun, SHOP } from "./testing";

const drawing = drawLine(SHOP);
const layout = layOut(drawing);

test("the line reads from left to right", () => {
  const x = (id: string) => layout.places[id]?.x ?? Number.NaN;
  expect(x("resource:source")).toBeLessThan(x("job:build"));
  expect(x("job:build")).toBeLessThan(x("job:unit"));
  expect(x("job:deploy")).toBeLessThan(x("resource:production"));
});

test("no two stations lie over one another", () => {
  const boxes = drawing.stations.map(({ id, width, height }) => ({ id, width, height, x: layout.places[id]?.x ?? 0, y: layout.places[id]?.y ?? 0 }));
  for (const one of boxes) {
    for (const other of boxes) {
      const apart = one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;
      expect(one.id === other.id || apart, `${one.id} and ${other.id}`).toBe(true);
    }
  }
});

test("the same line gets the same places, whatever its jobs do", () => {
  const running = { ...SHOP, jobs: SHOP.jobs.map(({ name, kind }) => job(name, { kind, latest: jobRun("x", { status: "running" }) })) };
  expect(shapeOf(drawLine(running))).toBe(shapeOf(drawing));
  expect(layOut(drawLine(running))).toEqual(layout);
});

test("every way has a path, and every way between jobs a pill", () => {
  for (const way of drawing.ways) {
    expect(layout.paths[way.id]).toMatch(/^M[\d.]+ [\d.]+C/);
    expect(way.id in layout.pills).toBe(way.pill.length > 0);
  }
});

test("in lanes, each station stands within its own", () => {
  const of = lanesByEnvironment(drawing);
  expect([...new Set(of.values())]).toEqual(["production", NO_ENVIRONMENT]);
  const laned = layOut(drawing, of);
  for (const { id, height } of drawing.stations) {
    const lane = laned.lanes.find(({ name }) => name === of.get(id));
    const y = laned.places[id]?.y ?? 0;
    expect(lane && y >= lane.top && y + height <= lane.top + lane.height + 1, id).toBe(true);
  }
});

test("a loop and a station that the graph does not list are drawn all the same", () => {
  const odd = drawLine(graph({ jobs: [job("one"), job("two")], edges: [edge("one", "two"), edge("two", "one"), edge("(elsewhere)", "one")] }));
  expect(Object.keys(layOut(odd).places).toSorted()).toEqual(["job:one", "job:two", "resource:elsewhere"]);
});

test("a path leaves and arrives level", () => {
  expect(pathThrough([{ x: 0, y: 0 }, { x: 100, y: 40 }])).toBe("M0 0C50 0 50 40 100 40");
  expect(pathThrough([])).toBe("");
});
