import "@xyflow/react/dist/base.css";
import { getViewportForBounds, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Connection, type NodeTypes } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { shapeOf, type Drawing } from "../../line/drawing";
import type { Layout } from "../../line/layout";
import { useLayout } from "../../line/useLayout";
import { useFar } from "../../line/View";
import { Ways } from "../../line/Ways";
import { Loading } from "../../screens/Answer";
import { wayBetween } from "../document/assembly";
import { drawSketch, endId, type End, type Sketch } from "../document/sketch";
import styles from "./Canvas.module.css";
import { nearestStation } from "./nearest";
import { SketchStationNode, type SketchNode } from "./SketchStationNode";
import { StationActsContext, type StationActs } from "./stationActs";

const TYPES: NodeTypes = { station: SketchStationNode };
const PADDING = 0.04;
const [FARTHEST, NEAREST] = [0.05, 2];
const MINIMAP_ABOVE = 40;
const NOTHING_LIT: ReadonlySet<string> = new Set();

interface CanvasProps {
  sketch: Sketch;
  chosen: End | null;
  /** The station from which a way is being led. */
  leading: End | null;
  /** How many errors the server found at a station, by `endId`. */
  faults: ReadonlyMap<string, number>;
  acts: StationActs;
}

/** One drawing per shape of the line: an edit of a script moves nothing. */
function useDrawing(sketch: Sketch): Drawing {
  const drawn = drawSketch(sketch);
  const shape = shapeOf(drawn);
  // oxlint-disable-next-line react/exhaustive-deps -- the shape stands for the drawing
  return useMemo(() => drawn, [shape]);
}

/** The line of the text, to be added to and connected. */
export function Canvas(props: CanvasProps) {
  const drawing = useDrawing(props.sketch);
  const layout = useLayout(drawing, false);
  if (layout === null) return <Loading />;
  return (
    <ReactFlowProvider>
      <Stage {...props} drawing={drawing} layout={layout} />
    </ReactFlowProvider>
  );
}

function Stage({ sketch, chosen, leading, faults, acts, drawing, layout }: CanvasProps & { drawing: Drawing; layout: Layout }) {
  const frame = useRef<HTMLDivElement>(null);
  const far = useFar();
  const nodes = useMemo(() => buildNodes({ sketch, chosen, leading, faults }, drawing, layout), [sketch, chosen, leading, faults, drawing, layout]);
  const ends = useMemo(() => new Map<string, End>(sketch.stations.map((station) => [endId(station), station])), [sketch]);
  const all = useMemo<StationActs>(
    () => ({
      ...acts,
      move: (from, direction) => {
        const id = nearestStation(drawing, layout, endId(from), direction);
        if (id !== null) frame.current?.querySelector<HTMLElement>(`[data-station="${CSS.escape(id)}"]`)?.focus();
      },
    }),
    [acts, drawing, layout],
  );
  const between = ({ source, target }: Pick<Connection, "source" | "target">): [End, End] | null => {
    const [from, to] = [ends.get(source ?? ""), ends.get(target ?? "")];
    return from === undefined || to === undefined ? null : [from, to];
  };
  return (
    <StationActsContext value={all}>
      <div ref={frame} className={styles.canvas} role="region" aria-label="The line of the text" data-stations={drawing.stations.length} data-leading={leading !== null} data-far={far}>
        <ReactFlow
          nodes={nodes}
          nodeTypes={TYPES}
          minZoom={FARTHEST}
          maxZoom={NEAREST}
          nodesDraggable={false}
          nodesConnectable
          nodesFocusable={false}
          elementsSelectable={false}
          zoomOnDoubleClick={false}
          panOnScroll
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          connectionRadius={48}
          // A fitted line ends near the edge: the picture would run away under the pointer.
          autoPanOnConnect={false}
          proOptions={{ hideAttribution: true }}
          isValidConnection={(connection) => {
            const found = between({ source: connection.source, target: connection.target });
            return found !== null && typeof wayBetween(...found) !== "string";
          }}
          onConnect={(connection) => {
            const found = between(connection);
            if (found !== null) acts.connect(...found);
          }}
        >
          <Ways ways={drawing.ways} layout={layout} lit={NOTHING_LIT} />
          {drawing.stations.length > MINIMAP_ABOVE && <MiniMap className={styles.minimap ?? ""} pannable zoomable ariaLabel="The whole line, small" />}
        </ReactFlow>
        <Zoom layout={layout} />
      </div>
    </StationActsContext>
  );
}

function buildNodes({ sketch, chosen, leading, faults }: Omit<CanvasProps, "acts">, drawing: Drawing, layout: Layout): SketchNode[] {
  const stations = new Map(sketch.stations.map((station) => [endId(station), station]));
  const is = (end: End | null, id: string): boolean => end !== null && endId(end) === id;
  return drawing.stations.flatMap(({ id, width, height }) => {
    const station = stations.get(id);
    if (station === undefined) return [];
    const data = { station, chosen: is(chosen, id), leading: is(leading, id), leadable: leading !== null && typeof wayBetween(leading, station) !== "string", faults: faults.get(id) ?? 0 };
    return [{ id, type: "station" as const, position: layout.places[id] ?? { x: 0, y: 0 }, width, height, data }];
  });
}

function Zoom({ layout }: { layout: Layout }) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const fit = useCallback(() => {
    if (width > 0 && height > 0) void flow.setViewport(getViewportForBounds({ x: 0, y: 0, width: layout.width, height: layout.height }, width, height, FARTHEST, 1, PADDING));
  }, [flow, width, height, layout]);
  // What was added has to be seen. The layout knows where everything will stand, before it is drawn there.
  useEffect(fit, [fit]);
  return (
    <div className={styles.zoom} role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
        +
      </button>
      <button type="button" aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
        −
      </button>
      <button type="button" onClick={fit}>
        Fit
      </button>
    </div>
  );
}
