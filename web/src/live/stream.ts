// The one event source of the page. The browser resumes by Last-Event-ID where the connection only broke; where it gave
// up (the server answered with an error while restarting), this opens a new one after the last sequence seen.

import { eventsAddress } from "../api/calls";
import { EVENT_KINDS } from "./changes";

export type StreamState = "connecting" | "live" | "reconnecting";

export interface StreamListener {
  onState(state: StreamState): void;
  onEvent(kind: string, data: Record<string, unknown>): void;
  /** The first connection stands: what was fetched before it may have missed a change. */
  onFirstOpen(): void;
}

/** 1 s, 2 s, 4 s … 30 s. */
export function retryDelayMs(attempt: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(attempt, 5));
}

function readData(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Opens the stream; the answer closes it for good. */
export function openStream(listener: StreamListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last: number | null = null;
  let attempt = 0;
  let opened = false;

  function connect(): void {
    timer = null;
    const current = new EventSource(eventsAddress(last));
    source = current;
    current.addEventListener("open", () => {
      attempt = 0;
      listener.onState("live");
      // Without any sequence seen there is nothing to resume from, so what lies between is fetched anew.
      if (!opened || last === null) listener.onFirstOpen();
      opened = true;
    });
    current.addEventListener("error", () => {
      listener.onState(opened ? "reconnecting" : "connecting");
      if (current.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, retryDelayMs(attempt));
      attempt += 1;
    });
    for (const kind of EVENT_KINDS) {
      current.addEventListener(kind, (message) => {
        const sequence = Number(message.lastEventId);
        if (message.lastEventId !== "" && Number.isSafeInteger(sequence)) last = sequence;
        listener.onEvent(kind, readData(message.data));
      });
    }
  }

  connect();
  return () => {
    if (timer !== null) clearTimeout(timer);
    source?.close();
  };
}
