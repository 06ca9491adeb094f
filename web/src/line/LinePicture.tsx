import "@xyflow/react/dist/base.css";
import { ReactFlow, ReactFlowProvider, type NodeTypes } from "@xyflow/react";
import { memo, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { LineGraph } from "../api/schema";
import { Loading } from "../screens/Answer";
import { ActsContext, type Acts } from "./acts";
import { ancestryOf } from "./ancestry";
import { drawLine, shapeOf, type Drawing } from "./drawing";
import { Focus, FocusContext } from "./focus";
import { JobStation } from "./JobStation";
import type { Layout } from "./layout";
import styles from "./LinePicture.module.css";
import { Minimap } from "./Minimap";
import { buildNodes, type Chosen, type LineNode } from "./nodes";
import { PillStation } from "./PillStation";
import { ResourceStation } from "./ResourceStation";
import { travelledWays } from "./travel";
import { useLayout } from "./useLayout";
import { useMotion } from "./motion";
import { FIT, View } from "./View";
import { Ways } from "./Ways";

const MINIMAP_ABOVE = 40;
/** For so long stations move to their places in a new revision. */
const MORPH_MS = 200;

const TYPES: NodeTypes = {
  job: JobStation,
  resource: ResourceStation,
  environment: ResourceStation,
  pill: PillStation,
  missing: ({ data }) => <span className={styles.missing}>{String(data.name)}</span>,
};

interface LinePictureProps {
  graph: LineGraph;
  chosen: Chosen;
  /** What stands out while nothing is hovered. */
  kept: ReadonlySet<string> | null;
  inLanes: boolean;
  acts: Omit<Acts, "pointAt">;
}

/** One drawing per shape: an update of states changes neither the drawing nor, with it, any place. */
function useDrawing(graph: LineGraph): Drawing {
  const drawn = useMemo(() => drawLine(graph), [graph]);
  const shape = useMemo(() => shapeOf(drawn), [drawn]);
  // oxlint-disable-next-line react/exhaustive-deps -- the shape stands for the drawing
  return useMemo(() => drawn, [shape]);
}

export function LinePicture(props: LinePictureProps) {
  // An answer is drawn in the gaps between frames: what a person does to the picture goes before.
  const graph = useDeferredValue(props.graph);
  const drawing = useDrawing(graph);
  const layout = useLayout(drawing, props.inLanes);
  if (layout === null) return <Loading />;
  return (
    <ReactFlowProvider>
      <Canvas {...props} graph={graph} drawing={drawing} layout={layout} />
    </ReactFlowProvider>
  );
}

/** Whether stations move before one's eyes: only while a new layout takes the place of another one, because movement costs frames. */
function useMorph(layout: Layout): boolean {
  const [seen, setSeen] = useState({ layout, morphing: false });
  if (seen.layout !== layout) setSeen({ layout, morphing: true });
  useEffect(() => {
    if (!seen.morphing) return undefined;
    const timer = setTimeout(() => setSeen((now) => ({ ...now, morphing: false })), MORPH_MS);
    return () => clearTimeout(timer);
  }, [seen]);
  return seen.morphing;
}

/** The ways that the newest answer lights, until the next answer. */
function useTravelled(graph: LineGraph): ReadonlySet<string> {
  const [seen, setSeen] = useState<{ graph: LineGraph; lit: ReadonlySet<string> }>({ graph, lit: new Set() });
  if (seen.graph !== graph) {
    const lit = travelledWays(seen.graph, graph);
    setSeen({ graph, lit: lit.size > 0 ? lit : seen.lit });
  }
  return seen.lit;
}

const Canvas = memo(function Canvas({ graph, chosen, kept, inLanes, acts, drawing, layout }: LinePictureProps & { drawing: Drawing; layout: Layout }) {
  const [focus] = useState(() => new Focus());
  const before = useRef<ReadonlyMap<string, LineNode>>(new Map());
  const nodes = useMemo(() => {
    // oxlint-disable-next-line react/refs -- a cache: a node that says the same stays the same object
    const built = buildNodes(graph, drawing, layout, chosen, before.current);
    before.current = new Map(built.map((node) => [node.id, node]));
    return built;
  }, [graph, drawing, layout, chosen]);
  const lit = useTravelled(graph);
  const morphing = useMorph(layout);
  const picture = useMotion();
  const moved = useRef(false);
  useEffect(() => focus.keep(kept), [focus, kept]);
  const all = useMemo<Acts>(
    () => ({
      ...acts,
      lightVersion: (version) => {
        // The pointer still stands where it was clicked; what it lights there gives way to the version.
        focus.hover(null);
        acts.lightVersion(version);
      },
      pointAt: (station) => focus.hover(station === null ? null : ancestryOf(drawing, station)),
    }),
    [acts, focus, drawing],
  );
  return (
    <ActsContext value={all}>
      <FocusContext value={focus}>
        <div ref={picture} className={styles.picture} role="region" aria-label={`The line ${graph.pipeline}`} data-stations={drawing.stations.length} data-morphing={morphing}>
          <ReactFlow
            nodes={nodes}
            nodeTypes={TYPES}
            fitView
            fitViewOptions={FIT}
            minZoom={0.05}
            maxZoom={2}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            elementsSelectable={false}
            zoomOnDoubleClick={false}
            panOnScroll
            disableKeyboardA11y
            deleteKeyCode={null}
            selectionKeyCode={null}
            multiSelectionKeyCode={null}
            proOptions={{ hideAttribution: true }}
            onMove={(event) => {
              // Only a person's movement has an event.
              if (event !== null) moved.current = true;
            }}
          >
            <Ways ways={drawing.ways} layout={layout} lit={lit} />
          </ReactFlow>
          {drawing.stations.length > MINIMAP_ABOVE && <Minimap graph={graph} drawing={drawing} layout={layout} moved={moved} />}
          <View inLanes={inLanes} job={chosen.job} moved={moved} />
        </div>
      </FocusContext>
    </ActsContext>
  );
});
