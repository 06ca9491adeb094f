import { useEffect, useState } from "react";
import { check } from "../../api/client";
import type { Diagnostic } from "../../api/schema";
import { inThisFile } from "./places";

const AFTER_MS = 300;

export interface Findings {
  /** Of the last text that was checked. */
  items: readonly Diagnostic[];
  /** Whether they are those of the text that stands there now. */
  current: boolean;
  error: Error | null;
}

/** What the server finds in a text, asked when nobody has typed for a moment. Only the answer to the newest question counts. */
export function useFindings(workspace: string, text: string): Findings {
  const [found, setFound] = useState<{ text: string | null; items: readonly Diagnostic[]; error: Error | null }>({ text: null, items: [], error: null });
  useEffect(() => {
    let newest = true;
    const timer = setTimeout(() => {
      check(text, { workspace }).then(
        ({ diagnostics }) => newest && setFound({ text, items: diagnostics.map(inThisFile), error: null }),
        (error: unknown) => newest && setFound((before) => ({ ...before, error: error instanceof Error ? error : new Error(String(error)) })),
      );
    }, AFTER_MS);
    return () => {
      newest = false;
      clearTimeout(timer);
    };
  }, [workspace, text]);
  return { items: found.items, current: found.text === text, error: found.error };
}
