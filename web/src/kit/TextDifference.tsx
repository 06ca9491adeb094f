import { compareTexts } from "../text/compare";
import styles from "./TextDifference.module.css";

const AROUND = 3;
const MARKS = { same: " ", added: "+", removed: "−", "left-out": "…" } as const;

/** Two texts line by line, with a few lines around each change. */
export function TextDifference({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = compareTexts(before, after, AROUND);
  if (lines.every(({ kind }) => kind === "left-out")) return <p className="quiet">The texts are the same.</p>;
  return (
    // It scrolls, so the keyboard has to reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.difference} role="region" aria-label={label} tabIndex={0}>
      {lines.map(({ kind, text }, at) => (
        // oxlint-disable-next-line no-array-index-key -- the lines of two fixed texts never move
        <div key={at} className={styles.line} data-kind={kind}>
          <span className={styles.mark} aria-label={kind === "same" ? undefined : kind}>
            {MARKS[kind]}
          </span>
          {text}
        </div>
      ))}
    </div>
  );
}
