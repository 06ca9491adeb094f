import { expect, test } from "vitest";
import { nearestStation } from "./nearest";

const at = (id: string) => ({ id, name: id, shape: "job" as const, width: 10, height: 10 });
const drawing = { stations: [at("a"), at("b"), at("c"), at("d")], ways: [] };
const layout = { places: { a: { x: 0, y: 0 }, b: { x: 100, y: 0 }, c: { x: 60, y: 80 }, d: { x: 0, y: 50 } } };

test("arrows go to the nearest station of their side, in the row before another one", () => {
  expect(nearestStation(drawing, layout, "a", "right")).toBe("b");
  expect(nearestStation(drawing, layout, "a", "down")).toBe("d");
  expect(nearestStation(drawing, layout, "b", "left")).toBe("a");
  expect(nearestStation(drawing, layout, "a", "left")).toBeNull();
  expect(nearestStation(drawing, layout, "nobody", "left")).toBeNull();
});
