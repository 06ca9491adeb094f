// Lays out a large line without keeping the page from answering.

import type { Drawing } from "./drawing";
import { layOut } from "./layout";

export interface Question {
  shape: string;
  drawing: Drawing;
  lanes: ReadonlyMap<string, string> | null;
}

self.onmessage = ({ data }: MessageEvent<Question>) => {
  self.postMessage({ shape: data.shape, layout: layOut(data.drawing, data.lanes) });
};
