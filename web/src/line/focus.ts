// Which stations and ways stand out, kept outside React so that a hover over a large line redraws only what changes.

import { createContext, useContext, useSyncExternalStore } from "react";

export class Focus {
  private listeners = new Set<() => void>();
  private hovered: ReadonlySet<string> | null = null;
  private kept: ReadonlySet<string> | null = null;

  /** What the pointer or the keyboard stands on; it goes before what is kept. */
  hover(found: ReadonlySet<string> | null): void {
    this.hovered = found;
    this.tell();
  }

  /** What stays while nothing is hovered: a version's way, what a search found. */
  keep(found: ReadonlySet<string> | null): void {
    this.kept = found;
    this.tell();
  }

  isDim(id: string): boolean {
    const shown = this.hovered ?? this.kept;
    return shown !== null && !shown.has(id);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const FocusContext = createContext(new Focus());

/** Whether something else stands out. */
export function useDim(id: string): boolean {
  const focus = useContext(FocusContext);
  return useSyncExternalStore(focus.subscribe, () => focus.isDim(id));
}
