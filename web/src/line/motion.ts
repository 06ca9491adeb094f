import { useStoreApi } from "@xyflow/react";
import { useEffect, useRef, type RefObject } from "react";
import { FAR_BELOW } from "./View";

/** So long after its last step a movement counts as over; the steps of a wheel come closer together. */
const SETTLED_MS = 150;

/**
 * Says on the picture's element that it moves (`data-moving`) and, once it stands, whether it is far away (`data-far`). Past React, because a
 * line of five hundred jobs feels every pass; and not before it stands, because to draw every station in another way takes several frames.
 */
export function useMotion(): RefObject<HTMLDivElement | null> {
  const picture = useRef<HTMLDivElement>(null);
  const store = useStoreApi();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => {
      const says = picture.current?.dataset;
      if (says === undefined) return;
      says.moving = "false";
      says.far = String(store.getState().transform[2] < FAR_BELOW);
    };
    settle();
    let fitted = false;
    const leave = store.subscribe((state, before) => {
      if (state.transform === before.transform) return;
      if (!fitted) {
        // The first one is no movement: the picture finds its place in the window.
        fitted = true;
        settle();
        return;
      }
      if (picture.current) picture.current.dataset.moving = "true";
      clearTimeout(timer);
      timer = setTimeout(settle, SETTLED_MS);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [store]);
  return picture;
}
