import { getLog, logAddress, type LogSource } from "../api/calls";
import { openResumable } from "../live/resumable";
import { completeLength, LogLines } from "./lines";

export interface LogListener {
  /** More lines, or the end: `log` has changed. */
  onChange(log: LogLines): void;
  onState(state: "reading" | "following" | "reconnecting" | "ended"): void;
  onError(error: Error): void;
}

/** What the server sends while it follows: text, and where the next piece begins. */
interface Chunk {
  text: string;
  next: number;
}

export function readChunk(data: string): Chunk | null {
  try {
    const value = JSON.parse(data) as Partial<Chunk> | null;
    return typeof value?.text === "string" && typeof value.next === "number" ? { text: value.text, next: value.next } : null;
  } catch {
    return null;
  }
}

/** Reads the log and, where its job run was `active`, follows it. The answer ends both. */
export function followLog(of: LogSource, active: boolean, listener: LogListener): () => void {
  const log = new LogLines();
  const abort = new AbortController();
  let close: (() => void) | null = null;

  function finish(): void {
    close?.();
    log.finish();
    listener.onChange(log);
    listener.onState("ended");
  }

  function follow(from: number): void {
    let offset = from;
    close = openResumable({
      address: () => logAddress(of, offset),
      onOpen: () => listener.onState("following"),
      onBreak: () => listener.onState("reconnecting"),
      attach: (source) => {
        source.addEventListener("log", (message) => {
          const chunk = readChunk(message.data);
          if (chunk === null || chunk.next <= offset) return;
          offset = chunk.next;
          log.append(chunk.text);
          listener.onChange(log);
        });
        source.addEventListener("end", finish);
      },
    });
  }

  async function read(): Promise<void> {
    listener.onState("reading");
    const bytes = await getLog(of, 0, abort.signal);
    if (abort.signal.aborted) return;
    const length = active ? completeLength(bytes) : bytes.length;
    log.append(new TextDecoder().decode(bytes.subarray(0, length)));
    listener.onChange(log);
    if (active) follow(length);
    else finish();
  }

  read().catch((error: unknown) => {
    if (!abort.signal.aborted) listener.onError(error instanceof Error ? error : new Error(String(error)));
  });
  return () => {
    abort.abort();
    close?.();
  };
}
