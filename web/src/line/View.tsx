import { useReactFlow, useStore, type FitViewOptions } from "@xyflow/react";
import { useEffect, useRef, type RefObject } from "react";
import { jobId } from "./drawing";
import styles from "./LinePicture.module.css";

export const FIT: FitViewOptions = { padding: 0.06, maxZoom: 1 };
const EDGE = 24;
/** Further away nothing can be read: stations show their state alone, as shape and colour. */
export const FAR_BELOW = 0.35;

function moveMs(): number {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120;
}

interface ViewProps {
  inLanes: boolean;
  /** The job whose panel is open: it stays in the window. */
  job: string | null;
  /** Whether the reader has moved the picture; until then it is fitted to its window. */
  moved: RefObject<boolean>;
}

/** Whether the picture is so far away that its words cannot be read. */
export function useFar(): boolean {
  return useStore((state) => state.transform[2] < FAR_BELOW);
}

/** Which part of the picture is seen: fitted at first, moved by the reader, brought to an opened job. */
export function View({ inLanes, job, moved }: ViewProps) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const first = useRef(true);

  useEffect(() => {
    if (first.current) first.current = false;
    else if (!moved.current) void flow.fitView(FIT);
  }, [flow, moved, width, height, inLanes]);

  useEffect(() => {
    const node = job === null ? undefined : flow.getNode(jobId(job));
    if (node === undefined || !moved.current) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const [right, bottom] = [left + (node.width ?? 0) * zoom, top + (node.height ?? 0) * zoom];
    const seen = left >= EDGE && top >= EDGE && right <= width - EDGE && bottom <= height - EDGE;
    if (!seen) void flow.setCenter(node.position.x + (node.width ?? 0) / 2, node.position.y + (node.height ?? 0) / 2, { zoom, duration: moveMs() });
  }, [flow, moved, job, width, height]);

  const options = { duration: moveMs() };
  function step(by: number): void {
    moved.current = true;
    void (by > 0 ? flow.zoomIn(options) : flow.zoomOut(options));
  }

  return (
    <div className={styles.zoom} role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom in" onClick={() => step(1)}>
        +
      </button>
      <button type="button" aria-label="Zoom out" onClick={() => step(-1)}>
        −
      </button>
      <button
        type="button"
        onClick={() => {
          moved.current = false;
          void flow.fitView({ ...FIT, ...options });
        }}
      >
        Fit
      </button>
    </div>
  );
}
