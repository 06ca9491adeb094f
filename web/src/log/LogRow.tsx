import { memo } from "react";
import type { Line } from "./lines";
import styles from "./LogView.module.css";
import { useLinkLine } from "./link";

interface LogRowProps {
  line: Line;
  /** Of a line that opens a group: whether the group is open. */
  open: boolean | null;
  /** The address or the search names it. */
  marked: boolean;
  /** `0:07` since the log began; null without a column of times. */
  time: string | null;
  onToggle: (group: number, open: boolean) => void;
}

function isSame(one: LogRowProps, other: LogRowProps): boolean {
  return one.line === other.line && one.open === other.open && one.marked === other.marked && one.time === other.time && one.open === null;
}

export const LogRow = memo(function LogRow({ line, open, marked, time, onToggle }: LogRowProps) {
  const link = useLinkLine();
  return (
    <div className={styles.line} data-kind={line.kind} data-marked={marked} data-inside={line.group !== null}>
      {/* Drawn by the style, so that copying a log copies no numbers. */}
      <a className={styles.number} href={`#L${line.number}`} tabIndex={-1} aria-label={`Link to line ${line.number}`} data-number={line.number} onClick={(event) => {
        event.preventDefault();
        link(line.number);
      }} />
      {time !== null && <span className={styles.time} data-time={time} />}
      {open !== null && (
        <button type="button" className={styles.fold} aria-expanded={open} aria-label={`${line.text}: ${open ? "close" : "open"} the group`} onClick={() => onToggle(line.number, !open)}>
          {open ? "▾" : "▸"}
        </button>
      )}
      <span className={styles.text}>
        {line.pieces.map((piece, at) => (
          // oxlint-disable-next-line no-array-index-key -- the pieces of a line never move
          <span key={at} className={piece.style.map((name) => styles[name]).join(" ") || undefined}>
            {piece.text}
          </span>
        ))}
      </span>
    </div>
  );
}, isSame);
