import { memo, useEffect, useRef, useState } from "react";
import type { Block, Line } from "./lines";
import styles from "./LogView.module.css";

// How near to the end still counts as reading the end, in pixels.
const END_NEARNESS = 40;

interface LogViewProps {
  blocks: readonly Block[];
  lineCount: number;
  /** Was the job run active when the log was opened? Then its newest line matters most; else one reads from the top. */
  following: boolean;
}

/** The lines, at full height. While one reads the end it keeps up; scrolling up lets go and counts what came since. */
export function LogView({ blocks, lineCount, following }: LogViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [seen, setSeen] = useState<number | null>(null);
  const atEnd = seen === null;

  useEffect(() => {
    if (following && atEnd) scrollToEnd(box.current);
  }, [blocks, following, atEnd]);

  useEffect(() => {
    if (!following || !atEnd || box.current === null) return undefined;
    const observer = new ResizeObserver(() => scrollToEnd(box.current));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [following, atEnd]);

  function onScroll(): void {
    const element = box.current;
    if (element === null) return;
    const near = element.scrollHeight - element.scrollTop - element.clientHeight < END_NEARNESS;
    // Only a person scrolls up; new lines and a new window size leave the place where it was.
    const upwards = element.scrollTop < lastTop.current;
    lastTop.current = element.scrollTop;
    if (near) setSeen(null);
    else if (upwards && atEnd) setSeen(lineCount);
  }

  const missed = seen === null ? 0 : lineCount - seen;
  return (
    <div className={styles.frame}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div ref={box} className={styles.log} role="log" aria-live="off" aria-label="Log" tabIndex={0} onScroll={onScroll}>
        {blocks.map((block) => (
          <LogBlock key={block.first} block={block} />
        ))}
      </div>
      {following && !atEnd && (
        <button type="button" className={styles.follow} onClick={() => setSeen(null)}>
          {missed === 0 ? "Follow" : `Follow: ${missed} ${missed === 1 ? "line" : "lines"} since`}
        </button>
      )}
    </div>
  );
}

function scrollToEnd(element: HTMLElement | null): void {
  if (element !== null) element.scrollTop = element.scrollHeight;
}

const LogBlock = memo(function LogBlock({ block }: { block: Block }) {
  return (
    <div className={styles.block}>
      {block.lines.map((line) => (
        <LogLine key={line.number} line={line} />
      ))}
    </div>
  );
});

function LogLine({ line }: { line: Line }) {
  return (
    <div className={styles.line} data-kind={line.kind}>
      <span className={styles.number} aria-hidden="true" data-number={line.number} />
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
}
