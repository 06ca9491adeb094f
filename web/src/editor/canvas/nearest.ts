// From station to station with the arrow keys.

import type { Drawing } from "../../line/drawing";
import type { Layout } from "../../line/layout";
import type { Direction } from "./stationActs";

/** The nearest station in a direction; sideways distance counts more, so that one stays in one's row. Null where there is none. */
export function nearestStation({ stations }: Drawing, { places }: Pick<Layout, "places">, from: string, direction: Direction): string | null {
  const centre = (id: string) => {
    const station = stations.find((each) => each.id === id);
    const place = places[id];
    return station === undefined || place === undefined ? null : { x: place.x + station.width / 2, y: place.y + station.height / 2 };
  };
  const here = centre(from);
  if (here === null) return null;
  let best: { id: string; distance: number } | null = null;
  for (const { id } of stations) {
    const there = centre(id);
    if (there === null || id === from) continue;
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const [ahead, aside] = { left: [-dx, dy], right: [dx, dy], up: [-dy, dx], down: [dy, dx] }[direction] as [number, number];
    if (ahead <= 1) continue;
    const distance = ahead + 2 * Math.abs(aside);
    if (best === null || distance < best.distance) best = { id, distance };
  }
  return best?.id ?? null;
}
