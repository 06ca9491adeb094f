import { getLog, logAddress } from "../api/calls";
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

/** Reads the log and, while its job run is active, follows it. The answer ends both. */
export function followLog(workspace: string, jobRun: string, active: boolean, listener: LogListener): () => void {
  const log = new LogLines();
  const abort = new AbortController();
  let source: EventSource | null = null;

  function finish(): void {
    source?.close();
    log.finish();
    listener.onChange(log);
    listener.onState("ended");
  }

  function follow(from: number): void {
    let offset = from;
    source = new EventSource(logAddress(workspace, jobRun, offset));
    source.addEventListener("open", () => listener.onState("following"));
    source.addEventListener("log", (message) => {
      const chunk = readChunk(message.data);
      // A piece that was already taken comes again after a reconnection that named an older place.
      if (chunk === null || chunk.next <= offset) return;
      offset = chunk.next;
      log.append(chunk.text);
      listener.onChange(log);
    });
    source.addEventListener("end", finish);
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) listener.onState("reconnecting");
      else listener.onError(new Error("The server ended the live log. What came so far is kept; reload the page to go on."));
    });
  }

  async function read(): Promise<void> {
    listener.onState("reading");
    const bytes = await getLog(workspace, jobRun, 0, abort.signal);
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
    source?.close();
  };
}
