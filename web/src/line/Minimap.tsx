import { useReactFlow, useStoreApi } from "@xyflow/react";
import { memo, useEffect, useMemo, useRef, type PointerEvent, type RefObject } from "react";
import type { LineGraph } from "../api/schema";
import type { Drawing } from "./drawing";
import type { Layout } from "./layout";
import styles from "./Minimap.module.css";
import { boundsOf, outsideOf, silhouettes, windowOf } from "./miniature";

const FRAME = { width: 200, height: 150 };

interface MinimapProps {
  graph: LineGraph;
  drawing: Drawing;
  layout: Layout;
  /** Set once the reader has moved the picture. */
  moved: RefObject<boolean>;
}

/**
 * The whole line, small, with the window in it; a press or a drag brings the window there. Not React Flow's own, which draws every station
 * anew for each step of a movement.
 */
export const Minimap = memo(function Minimap({ graph, drawing, layout, moved }: MinimapProps) {
  const store = useStoreApi();
  const flow = useReactFlow();
  const outside = useRef<SVGPathElement>(null);
  const bounds = useMemo(() => boundsOf(layout, FRAME), [layout]);
  const paths = useMemo(() => [...silhouettes(graph, drawing, layout)], [graph, drawing, layout]);
  useEffect(() => {
    const show = () => {
      const { transform, width, height } = store.getState();
      outside.current?.setAttribute("d", outsideOf(bounds, windowOf(transform, { width, height })));
    };
    show();
    return store.subscribe((state, before) => {
      if (state.transform !== before.transform || state.width !== before.width || state.height !== before.height) show();
    });
  }, [store, bounds]);

  function bring({ currentTarget, clientX, clientY }: PointerEvent<SVGSVGElement>): void {
    const frame = currentTarget.getBoundingClientRect();
    moved.current = true;
    const x = bounds.x + ((clientX - frame.left) / frame.width) * bounds.width;
    const y = bounds.y + ((clientY - frame.top) / frame.height) * bounds.height;
    void flow.setCenter(x, y, { zoom: flow.getZoom() });
  }

  return (
    <svg
      className={styles.minimap}
      {...FRAME}
      viewBox={`${bounds.x} ${bounds.y} ${bounds.width} ${bounds.height}`}
      role="img"
      aria-label="The whole line, small"
      data-minimap
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        bring(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) bring(event);
      }}
    >
      {paths.map(([tone, path]) => (
        <path key={tone} className={styles.stations} data-tone={tone} d={path} />
      ))}
      <path ref={outside} className={styles.outside} />
    </svg>
  );
});
