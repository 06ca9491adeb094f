// Unsaved work, kept in this browser: a closed window loses nothing.

export interface Base {
  /** The revision that the text is based on; 0 for a pipeline that is not there yet. */
  revision: number;
  text: string;
}

export interface Draft {
  text: string;
  base: Base;
  /** Milliseconds since 1970 UTC. */
  at: number;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const keyOf = (workspace: string, pipeline: string): string => `andon-draft ${workspace}/${pipeline}`;

function isDraft(value: unknown): value is Draft {
  if (typeof value !== "object" || value === null) return false;
  const { text, base, at } = value as Partial<Draft>;
  return typeof text === "string" && typeof at === "number" && typeof base?.revision === "number" && typeof base.text === "string";
}

export function findDraft(store: Store, workspace: string, pipeline: string): Draft | null {
  try {
    const value: unknown = JSON.parse(store.getItem(keyOf(workspace, pipeline)) ?? "null");
    return isDraft(value) ? value : null;
  } catch {
    return null;
  }
}

/** False where the browser does not keep it: no room, or no storage at all. */
export function keepDraft(store: Store, workspace: string, pipeline: string, draft: Draft): boolean {
  try {
    store.setItem(keyOf(workspace, pipeline), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(store: Store, workspace: string, pipeline: string): void {
  try {
    store.removeItem(keyOf(workspace, pipeline));
  } catch {
    // Nothing was kept.
  }
}
