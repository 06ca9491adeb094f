import type { Look } from "./status";

const LOOKS: Record<string, Look> = {
  idle: { shape: "tick", tone: "succeeded", word: "Idle" },
  online: { shape: "tick", tone: "succeeded", word: "Online" },
  busy: { shape: "sweep", tone: "running", word: "Busy" },
  draining: { shape: "square", tone: "stopped", word: "Draining" },
  lost: { shape: "bolt", tone: "errored", word: "Lost" },
  gone: { shape: "dash", tone: "skipped", word: "Gone" },
};

/** A runner's state; one that this page does not know keeps its word. */
export function runnerLook(state: string): Look {
  return LOOKS[state] ?? { shape: "ring", tone: "waiting", word: state };
}
