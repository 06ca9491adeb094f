// The one event source of the page. After a break it asks for what came after the last sequence that it saw.

import { eventsAddress } from "../api/calls";
import { EVENT_KINDS } from "./changes";
import { openResumable } from "./resumable";

export type StreamState = "connecting" | "live" | "reconnecting";

export interface StreamListener {
  onState(state: StreamState): void;
  onEvent(kind: string, data: Record<string, unknown>): void;
  /** A connection stands that goes on from no known place: what was fetched before it may have missed a change. */
  onFreshStart(): void;
}

function readData(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The sequence that an event's id names, or null. */
export function sequenceOf(id: string): number | null {
  return /^\d{1,15}$/.test(id) ? Number(id) : null;
}

/** Opens the stream; the answer closes it for good. */
export function openStream(listener: StreamListener): () => void {
  let last: number | null = null;
  return openResumable({
    address: () => eventsAddress(last),
    onOpen: () => {
      listener.onState("live");
      if (last === null) listener.onFreshStart();
    },
    onBreak: () => listener.onState("reconnecting"),
    attach: (source) => {
      for (const kind of EVENT_KINDS) {
        source.addEventListener(kind, (message) => {
          last = sequenceOf(message.lastEventId) ?? last;
          listener.onEvent(kind, readData(message.data));
        });
      }
    },
  });
}
