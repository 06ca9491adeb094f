// An event source that goes on where it stopped: after a broken connection, after an error of a restarting server, and after
// the page was hidden (a hidden page gives its connection back, because browsers allow few to one server).

/** 1 s, 2 s, 4 s … 30 s. */
export function retryDelayMs(attempt: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.min(attempt, 5));
}

export interface Resumable {
  /** Where to go on from now; asked before every connection. */
  address(): string;
  /** Listens on a new connection. */
  attach(source: EventSource): void;
  onOpen(): void;
  /** The connection broke; another attempt follows by itself. */
  onBreak(): void;
}

/** Connects and stays connected while the page is visible; the answer ends it for good. */
export function openResumable(wanted: Resumable): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let attempt = 0;

  function connect(): void {
    disconnect();
    const current = new EventSource(wanted.address());
    source = current;
    current.addEventListener("open", () => {
      attempt = 0;
      wanted.onOpen();
    });
    current.addEventListener("error", () => {
      if (current !== source) return;
      disconnect();
      wanted.onBreak();
      timer = setTimeout(connect, retryDelayMs(attempt));
      attempt += 1;
    });
    wanted.attach(current);
  }

  function disconnect(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    source?.close();
    source = null;
  }

  function onVisibility(): void {
    if (document.hidden) disconnect();
    else if (source === null) connect();
  }

  document.addEventListener("visibilitychange", onVisibility);
  onVisibility();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    disconnect();
  };
}
