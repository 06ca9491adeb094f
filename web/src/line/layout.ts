// Where everything stands. Pure: the same drawing always gets the same places, so an update of states never moves a station.

import { graphlib, layout as arrange } from "@dagrejs/dagre";
import { PILL_ROW_HEIGHT, PILL_ROWS, PILL_WIDTH, type Drawing, type Station, type Way } from "./drawing";

export interface Point {
  x: number;
  y: number;
}

export interface Lane {
  name: string;
  top: number;
  height: number;
}

export interface Layout {
  /** The left upper corner of each station. */
  places: Record<string, Point>;
  /** Each way as an SVG path. */
  paths: Record<string, string>;
  /** The left upper corner of each way's pill. */
  pills: Record<string, Point>;
  lanes: Lane[];
  width: number;
  height: number;
}

const MARGIN = 24;
const RANK_GAP = 44;
const STATION_GAP = 20;
const LANE_GAP = 24;
const LANE_HEAD = 28;

/** `lanes` says in which lane each station stands, in the order in which they are drawn; none draws the line freely. */
export function layOut(drawing: Drawing, lanes: ReadonlyMap<string, string> | null = null): Layout {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: RANK_GAP, nodesep: STATION_GAP, edgesep: 12, marginx: MARGIN, marginy: MARGIN, ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of drawing.stations) graph.setNode(id, { width, height });
  for (const way of drawing.ways) {
    const rows = Math.min(way.pill.length, PILL_ROWS);
    const label = rows === 0 ? {} : { width: PILL_WIDTH, height: rows * PILL_ROW_HEIGHT, labelpos: "c" as const };
    // A failure's way and a version that starts nothing give way to what moves the line.
    graph.setEdge(way.from, way.to, { weight: way.kind === "trigger" || way.kind === "after" ? 3 : 1, ...label }, way.id);
  }
  arrange(graph);
  const places = Object.fromEntries(drawing.stations.map((station) => [station.id, cornerOf(station, graph.node(station.id))]));
  if (lanes !== null) return inLanes(drawing, places, lanes);
  const paths: Layout["paths"] = {};
  const pills: Layout["pills"] = {};
  for (const way of drawing.ways) {
    const edge = graph.edge({ v: way.from, w: way.to, name: way.id });
    paths[way.id] = pathThrough(ends(way, drawing, places, edge.points ?? []));
    if (way.pill.length > 0 && edge.x !== undefined && edge.y !== undefined) {
      pills[way.id] = { x: edge.x - PILL_WIDTH / 2, y: edge.y - (edge.height ?? 0) / 2 };
    }
  }
  const { width = 0, height = 0 } = graph.graph();
  return { places, paths, pills, lanes: [], width, height };
}

function cornerOf(station: Station, centre: Point): Point {
  return { x: centre.x - station.width / 2, y: centre.y - station.height / 2 };
}

/** From the middle of the right side to the middle of the left one, over the points between. */
function ends(way: Way, drawing: Drawing, places: Layout["places"], between: readonly Point[]): Point[] {
  const from = findStation(drawing, way.from);
  const to = findStation(drawing, way.to);
  const [start, end] = [places[way.from], places[way.to]];
  if (from === undefined || to === undefined || start === undefined || end === undefined) return [];
  return [
    { x: start.x + from.width, y: start.y + from.height / 2 },
    ...between.slice(1, -1),
    { x: end.x, y: end.y + to.height / 2 },
  ];
}

const indexes = new WeakMap<Drawing, Map<string, Station>>();

function findStation(drawing: Drawing, id: string): Station | undefined {
  let index = indexes.get(drawing);
  if (index === undefined) {
    index = new Map(drawing.stations.map((station) => [station.id, station]));
    indexes.set(drawing, index);
  }
  return index.get(id);
}

/** A line that leaves and arrives level. */
export function pathThrough(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let from = first;
  let path = `M${round(first.x)} ${round(first.y)}`;
  for (const to of rest) {
    const reach = Math.max(12, Math.abs(to.x - from.x) / 2) * (to.x >= from.x ? 1 : -1);
    path += `C${round(from.x + reach)} ${round(from.y)} ${round(to.x - reach)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
    from = to;
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Keeps each station's column, and stacks the stations of one column within their lane. */
function inLanes(drawing: Drawing, free: Layout["places"], of: ReadonlyMap<string, string>): Layout {
  const order = new Set(of.values());
  const places: Layout["places"] = {};
  const lanes: Lane[] = [];
  let top = MARGIN;
  let width = 0;
  for (const name of order) {
    const filled = new Map<number, number>();
    const members = drawing.stations.filter(({ id }) => of.get(id) === name).toSorted((one, other) => (free[one.id]?.y ?? 0) - (free[other.id]?.y ?? 0));
    for (const { id, width: own, height } of members) {
      const centre = (free[id]?.x ?? 0) + own / 2;
      const column = Math.round(centre / 40);
      const y = filled.get(column) ?? LANE_HEAD;
      places[id] = { x: centre - own / 2, y: top + y };
      filled.set(column, y + height + STATION_GAP);
      width = Math.max(width, centre + own / 2 + MARGIN);
    }
    const height = Math.max(LANE_HEAD, ...filled.values());
    lanes.push({ name, top, height });
    top += height + LANE_GAP;
  }
  const paths = Object.fromEntries(drawing.ways.map((way) => [way.id, pathThrough(ends(way, drawing, places, []))]));
  const pills = Object.fromEntries(
    drawing.ways.filter(({ pill }) => pill.length > 0).map((way) => {
      const [from, to] = ends(way, drawing, places, []);
      const rows = Math.min(way.pill.length, PILL_ROWS);
      return [way.id, { x: ((from?.x ?? 0) + (to?.x ?? 0)) / 2 - PILL_WIDTH / 2, y: ((from?.y ?? 0) + (to?.y ?? 0) - rows * PILL_ROW_HEIGHT) / 2 }];
    }),
  );
  return { places, paths, pills, lanes, width, height: top };
}
