import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { EditRefused } from "../document/tree";
import { dropDraft, keepDraft, type Base, type Draft } from "./drafts";

export interface Work {
  text: string;
  base: Base;
  /** It differs from its base. */
  dirty: boolean;
  /** Whether this browser keeps it, too. */
  kept: boolean;
  /** What was put into the text from outside the text editor. */
  made: { text: string; number: number };
  /** Why the last edit was not made. */
  refusal: string | null;
  /** What somebody typed. */
  typed: (text: string) => void;
  /** Changes the text; false where that is refused. */
  edit: (change: (text: string) => string) => boolean;
  /** The text is based on another revision by now; with a text where that changes, too. */
  rebase: (base: Base, text?: string) => void;
  forgetRefusal: () => void;
}

const KEEP_AFTER_MS = 250;

/** The text that is worked on, from the base or from a draft. It is kept in this browser while it differs from its base. */
export function useWork(workspace: string, pipeline: string, begin: Omit<Draft, "at">): Work {
  const [state, setState] = useState({ text: begin.text, base: begin.base });
  const [made, setMade] = useState({ text: begin.text, number: 0 });
  const [refusal, setRefusal] = useState<string | null>(null);
  // Edits follow one another faster than the screen is drawn.
  const latest = useRef(begin.text);
  const dirty = state.text !== state.base.text;

  const put = useCallback((text: string) => {
    latest.current = text;
    setMade(({ number }) => ({ text, number: number + 1 }));
  }, []);
  const typed = useCallback((text: string) => {
    latest.current = text;
    setState((before) => ({ ...before, text }));
    setRefusal(null);
  }, []);
  const edit = useCallback(
    (change: (text: string) => string) => {
      try {
        const text = change(latest.current);
        put(text);
        setState((before) => ({ ...before, text }));
        setRefusal(null);
        return true;
      } catch (error) {
        if (!(error instanceof EditRefused)) throw error;
        setRefusal(error.message);
        return false;
      }
    },
    [put],
  );
  const rebase = useCallback(
    (base: Base, text?: string) => {
      if (text !== undefined) put(text);
      setState((before) => ({ base, text: text ?? before.text }));
    },
    [put],
  );
  const kept = useKept(workspace, pipeline, state, dirty);
  useLeaveWarning(dirty);
  return useMemo(
    () => ({ ...state, dirty, kept, made, refusal, typed, edit, rebase, forgetRefusal: () => setRefusal(null) }),
    [state, dirty, kept, made, refusal, typed, edit, rebase],
  );
}

function useKept(workspace: string, pipeline: string, { text, base }: { text: string; base: Base }, dirty: boolean): boolean {
  const [kept, setKept] = useState(true);
  useEffect(() => {
    if (!dirty) {
      dropDraft(localStorage, workspace, pipeline);
      return undefined;
    }
    const keep = (): void => setKept(keepDraft(localStorage, workspace, pipeline, { text, base, at: Date.now() }));
    const timer = setTimeout(keep, KEEP_AFTER_MS);
    // A window that closes does not wait.
    window.addEventListener("pagehide", keep);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", keep);
    };
  }, [workspace, pipeline, text, base, dirty]);
  return kept;
}

/** The browser asks before it closes or reloads a window with unsaved work. */
function useLeaveWarning(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [dirty]);
}
