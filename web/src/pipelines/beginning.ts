// What one screen hands the editor to begin with.

export interface Beginning {
  begin: string;
  /** The revision in force then; 0 where there was none. Once another one is in force, the text is history. */
  on: number;
}

export function beginningOf(state: unknown, revision: number): string | null {
  if (typeof state !== "object" || state === null) return null;
  const { begin, on } = state as Partial<Beginning>;
  return typeof begin === "string" && on === revision ? begin : null;
}
