import { useCallback, useSyncExternalStore } from "react";

const SECOND_MS = 1000;
const IDLE_MS = 30_000;

// Whole seconds, so that everything drawn in one pass sees one moment.
function presentSecond(): number {
  return Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
}

/** The present in milliseconds, renewed each second while something on screen still counts, else twice a minute. */
export function useNow(ticking: boolean): number {
  const subscribe = useCallback(
    (renew: () => void) => {
      const timer = setInterval(renew, ticking ? SECOND_MS : IDLE_MS);
      return () => clearInterval(timer);
    },
    [ticking],
  );
  return useSyncExternalStore(subscribe, presentSecond);
}
