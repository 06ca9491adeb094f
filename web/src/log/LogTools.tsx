import type { ReactNode } from "react";
import styles from "./LogView.module.css";

interface LogToolsProps {
  wanted: string;
  hits: number;
  /** From 1. */
  hit: number;
  onWanted: (text: string) => void;
  onStep: (by: number) => void;
  onFirstError: (() => void) | null;
  children: ReactNode;
}

export function LogTools({ wanted, hits, hit, onWanted, onStep, onFirstError, children }: LogToolsProps) {
  return (
    <div className={styles.tools} role="search">
      <input
        type="search"
        aria-label="Search the log"
        placeholder="Search ( / )"
        value={wanted}
        onChange={(event) => onWanted(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
        }}
      />
      <span role="status">{wanted !== "" && (hits === 0 ? "No hits" : `${hit} of ${hits} ${hits === 1 ? "hit" : "hits"}`)}</span>
      <button type="button" disabled={hits === 0} onClick={() => onStep(-1)} aria-label="Hit before">
        ↑
      </button>
      <button type="button" disabled={hits === 0} onClick={() => onStep(1)} aria-label="Next hit">
        ↓
      </button>
      {onFirstError && (
        <button type="button" onClick={onFirstError}>
          First error
        </button>
      )}
      {children}
    </div>
  );
}
