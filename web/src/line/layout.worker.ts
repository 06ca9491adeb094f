// Lays out a large line without keeping the page from answering.

import type { Drawing } from "./drawing";
import { layOut } from "./layout";

export interface Question {
  shape: string;
  drawing: Drawing;
  lanes: ReadonlyMap<string, string> | null;
}

self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  self.postMessage({ shape: data.shape, layout: layOut(data.drawing, data.lanes) });
});
