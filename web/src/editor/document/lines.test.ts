import { expect, test } from "vitest";
import { faultsByStation, linesOfStations } from "./lines";

const LINE = "pipeline: shop\nresources:\n  app: { type: file }\njobs:\n  build:\n    steps:\n      - run: |\n          make\n\n  test: { after: [build] }\n";

test("every station has its lines, and the errors that lie there", () => {
  const places = linesOfStations(LINE);
  expect(Object.fromEntries(places)).toEqual({
    "job:build": { first: 5, last: 8 },
    "job:test": { first: 10, last: 10 },
    "resource:app": { first: 3, last: 3 },
  });
  expect(Object.fromEntries(faultsByStation(places, [1, 6, 8, 10]))).toEqual({ "job:build": 2, "job:test": 1 });
  expect(linesOfStations("jobs: [").size).toBe(0);
});
