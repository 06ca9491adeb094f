// Shortcuts: single keys, and `g` followed by a key. They rest while somebody writes or a dialog is open.

export interface Shortcuts {
  /** By the key, or `g` and a key: `?`, `/`, `g r`. */
  [keys: string]: () => void;
}

/** How long `g` waits for its second key. */
export const SEQUENCE_MS = 1200;

export interface Press {
  key: string;
  at: number;
}

/** What a key means after the one before it: the shortcut's name, or null. */
export function readPress(press: Press, before: Press | null): string {
  const follows = before?.key === "g" && press.at - before.at <= SEQUENCE_MS;
  return follows ? `g ${press.key}` : press.key;
}

/** Of an event its innermost target: the editor's text lies in a tree of its own. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Listens until the answer is called. `openPalette` is Ctrl-K, also while one writes. */
export function listenToKeys(shortcuts: () => Shortcuts, openPalette: () => void): () => void {
  let before: Press | null = null;
  function onKey(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.composedPath()[0] ?? null) || document.querySelector("dialog[open]") !== null) return;
    const press = { key: event.key, at: event.timeStamp };
    const act = shortcuts()[readPress(press, before)];
    before = press;
    if (act === undefined) return;
    event.preventDefault();
    before = null;
    act();
  }
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** Puts the cursor into the screen's own search; false where it has none. */
export function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  field?.focus();
  field?.select();
  return field !== null;
}
