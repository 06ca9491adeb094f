import type { ReactNode } from "react";
import styles from "./StatusMark.module.css";
import type { Look, Shape } from "./status";

// Each drawing fills a 16 × 16 box. `currentColor` is the state's tone; `--mark-ground` is what lies behind it.
const DRAWINGS: Record<Shape, ReactNode> = {
  ring: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" />,
  "ring-dot": (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" />
      <circle cx="8" cy="8" r="2.2" fill="currentColor" />
    </>
  ),
  sweep: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" opacity="0.3" />
      <path className={styles.sweep} d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
    </>
  ),
  hand: (
    <path
      d="M5.2 8.6V4.2a.9.9 0 0 1 1.8 0V2.6a.9.9 0 0 1 1.8 0v1.2a.9.9 0 0 1 1.8 0v1.4a.9.9 0 0 1 1.8 0v5c0 2.7-1.8 4.6-4.3 4.6-2 0-3.2-.8-4.1-2.5L2.5 9.6c-.5-1 .7-1.8 1.5-1z"
      fill="currentColor"
    />
  ),
  tick: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path className={styles.cut} d="m4.8 8.2 2.3 2.3 4.2-4.6" />
    </>
  ),
  "half-tick": (
    <>
      <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M8 1a7 7 0 0 0 0 14z" fill="currentColor" />
      <path className={styles.cut} d="m4.2 8.2 2.3 2.3L8 8.9" />
      <path d="m7.9 9 3.4-3.5" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  cross: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="1.5" fill="currentColor" />
      <path className={styles.cut} d="m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6" />
    </>
  ),
  bolt: (
    <>
      <path d="M8 .9 15.6 14.6H.4z" fill="currentColor" />
      <path d="M8.9 5 5.9 10h1.9l-.7 3.4 3.2-4.8H8.4z" fill="var(--mark-ground)" />
    </>
  ),
  square: <rect x="3" y="3" width="10" height="10" rx="1" fill="currentColor" />,
  dash: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.6" strokeDasharray="1.6 2" />
      <path d="M5.2 8h5.6" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  bars: (
    <>
      <path d="M1 5 5 1M1 10 10 1M1 15 15 1M6 15l9-9M11 15l4-4" stroke="currentColor" strokeWidth="0.8" opacity="0.5" />
      <path d="M5.6 4v8M10.4 4v8" stroke="currentColor" strokeWidth="2.6" />
    </>
  ),
};

/** A state as shape, colour and word. `quiet` leaves the word to screen readers and the title. */
export function StatusMark({ look, quiet = false }: { look: Look; quiet?: boolean }) {
  return (
    <span className={styles.mark} data-tone={look.tone} data-status={look.word} title={quiet ? look.word : undefined}>
      <svg className={styles.drawing} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
        {DRAWINGS[look.shape]}
      </svg>
      <span className={quiet ? "visually-hidden" : styles.word}>{look.word}</span>
    </span>
  );
}
