import type { Look } from "./status";

const LOOKS: Record<string, Look> = {
  active: { shape: "tick", tone: "succeeded", word: "Active" },
  draining: { shape: "square", tone: "stopped", word: "Draining" },
  lost: { shape: "bolt", tone: "errored", word: "Lost" },
};

/** A runner's state; one that this page does not know keeps its word. */
export function runnerLook(state: string): Look {
  return LOOKS[state] ?? { shape: "ring", tone: "waiting", word: state };
}
