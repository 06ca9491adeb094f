// Gathers what events touched and passes it on at most once per interval, one pass at a time: a pass that is still
// fetching is never overtaken, so a storm of events cannot starve the screen.

import { mergeKeys, type Key } from "./changes";

export interface Batch {
  add(touched: readonly Key[]): void;
  close(): void;
}

/** `flush` gets the merged keys; the next pass begins `intervalMs` after it has settled, at the earliest. */
export function createBatch(intervalMs: number, flush: (touched: Key[]) => Promise<unknown>): Batch {
  let pending: Key[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  let busy = false;
  let closed = false;

  function arm(): void {
    if (closed || busy || timer !== null || pending.length === 0) return;
    timer = setTimeout(() => void pass(), intervalMs);
  }

  async function pass(): Promise<void> {
    timer = null;
    busy = true;
    const touched = mergeKeys(pending);
    pending = [];
    try {
      await flush(touched);
    } finally {
      busy = false;
      arm();
    }
  }

  return {
    add(touched) {
      pending = pending.concat(touched);
      if (pending.length > 1000) pending = mergeKeys(pending);
      arm();
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
