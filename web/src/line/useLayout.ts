import { useEffect, useMemo, useState } from "react";
import { lanesByEnvironment } from "./ancestry";
import { shapeOf, type Drawing } from "./drawing";
import { layOut, type Layout } from "./layout";
import type { Question } from "./layout.worker";

/** Smaller lines are laid out where they are drawn. */
export const WORKER_ABOVE = 200;

interface Answer {
  shape: string;
  layout: Layout;
}

/** The places of a drawing; null until a large one has been laid out. Only another shape moves anything. */
export function useLayout(drawing: Drawing, inLanes: boolean): Layout | null {
  const shape = `${inLanes} ${shapeOf(drawing)}`;
  const large = drawing.stations.length > WORKER_ABOVE;
  // oxlint-disable-next-line react/exhaustive-deps -- the shape says all that the layout depends on
  const question = useMemo<Question>(() => ({ shape, drawing, lanes: inLanes ? lanesByEnvironment(drawing) : null }), [shape]);
  const near = useMemo(() => (large ? null : layOut(question.drawing, question.lanes)), [large, question]);
  const [far, setFar] = useState<Answer | null>(null);

  useEffect(() => {
    if (!large) return undefined;
    const worker = new Worker(new URL("layout.worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => setFar(data));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage(question);
    return () => worker.terminate();
  }, [large, question]);

  return near ?? (far?.shape === shape ? far.layout : null);
}
