// The whole line, small: what is drawn, and where the window stands in it. Pure.

import type { LineGraph } from "../api/schema";
import type { Tone } from "../status/status";
import { jobId, type Drawing } from "./drawing";
import type { Layout } from "./layout";
import { jobLook } from "./words";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What the small picture shows: the line and a margin around it, in the shape of `frame`. */
export function boundsOf({ width, height }: Pick<Layout, "width" | "height">, frame: { width: number; height: number }): Box {
  const scale = Math.max(width / frame.width, height / frame.height, 1) * 1.08;
  const bounds = { width: frame.width * scale, height: frame.height * scale };
  return { x: (width - bounds.width) / 2, y: (height - bounds.height) / 2, ...bounds };
}

/** All stations of one look as one path, because five hundred elements would take their time; `other` are those that are no jobs. */
export function silhouettes(graph: Pick<LineGraph, "jobs">, drawing: Drawing, layout: Pick<Layout, "places">): Map<Tone | "other", string> {
  const tones = new Map(graph.jobs.map((job) => [jobId(job.name), jobLook(job).tone]));
  const paths = new Map<Tone | "other", string>();
  for (const { id, width, height } of drawing.stations) {
    const place = layout.places[id];
    if (place === undefined) continue;
    const tone = tones.get(id) ?? "other";
    paths.set(tone, `${paths.get(tone) ?? ""}${rectangle({ ...place, width, height })}`);
  }
  return paths;
}

/** The window in the line's own measure, from how the picture is moved and scaled. */
export function windowOf([x, y, zoom]: readonly [number, number, number], { width, height }: { width: number; height: number }): Box {
  return { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
}

/** Everything but the window, for a shape that is filled by the even-odd rule. */
export function outsideOf(bounds: Box, seen: Box): string {
  return `${rectangle(bounds)}${rectangle(seen)}`;
}

function rectangle({ x, y, width, height }: Box): string {
  const [w, h] = [Math.round(width), Math.round(height)];
  return `M${Math.round(x)} ${Math.round(y)}h${w}v${h}h${-w}z`;
}
