import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "react-router";
import type { LogMark } from "../api/schema";
import { CopyButton } from "../kit/CopyButton";
import type { Block, Group, Line } from "./lines";
import { LogRow } from "./LogRow";
import { LogTools } from "./LogTools";
import styles from "./LogView.module.css";
import { findFirstError, findHits, isOpen, lineOfHash, placeOf, visibleRows, type Toggled } from "./rows";
import { formatClock, timeOfOffset } from "./times";
import { useWindow } from "./useWindow";

interface LogViewProps {
  blocks: readonly Block[];
  groups: ReadonlyMap<number, Group>;
  lineCount: number;
  /** Was the job run active when the log was opened? Then its newest line matters most; else one reads from the top. */
  following: boolean;
  /** The first error is brought into view once the log is there. */
  failed: boolean;
  /** When its pieces were written; null where the reader does not want to see it. */
  marks: readonly LogMark[] | null;
  onTimes: () => void;
}

/** The lines, at full height; only those in the window are drawn. While one reads the end it keeps up; scrolling up lets go and counts what came since. */
export function LogView({ blocks, groups, lineCount, following, failed, marks, onTimes }: LogViewProps) {
  const [toggled, setToggled] = useState<Toggled>(new Map());
  const [wanted, setWanted] = useState("");
  const searched = useDeferredValue(wanted);
  const rows = useMemo(() => visibleRows(blocks, groups, toggled), [blocks, groups, toggled]);
  const hits = useMemo(() => findHits(blocks, searched), [blocks, searched]);
  const error = useMemo(() => findFirstError(blocks), [blocks]);
  const [hit, setHit] = useState(0);
  const view = useWindow(rows.length, following);
  const linked = useLinkedLine();
  const current = hits[Math.min(hit, hits.length - 1)] ?? null;

  /** Brings a line into view, out of its group where that is closed. */
  function show(number: number): void {
    const line = blocks.find(({ first, lines }) => number < first + lines.length)?.lines.find((each) => each.number === number);
    if (line && line.group !== null && !isOpen(line.group, groups, toggled)) {
      const opened = new Map(toggled).set(line.group, true);
      setToggled(opened);
      view.scrollTo(placeOf(visibleRows(blocks, groups, opened), number));
    } else view.scrollTo(placeOf(rows, number));
  }

  function step(by: number): void {
    if (hits.length === 0) return;
    const next = (Math.min(hit, hits.length - 1) + by + hits.length) % hits.length;
    setHit(next);
    show(hits[next] ?? 1);
  }

  useFirstLook(blocks, linked ?? (failed && !following ? error : null), show);

  const missed = view.seen === null ? 0 : lineCount - view.seen;
  return (
    <div className={styles.frame}>
      <LogTools
        wanted={wanted}
        hits={hits.length}
        hit={hits.length === 0 ? 0 : Math.min(hit, hits.length - 1) + 1}
        onWanted={(text) => {
          setWanted(text);
          setHit(0);
        }}
        onStep={step}
        onFirstError={error === null ? null : () => show(error)}
      >
        <button type="button" aria-pressed={marks !== null} onClick={onTimes}>
          Times
        </button>
        <CopyButton label="Copy log" text={() => blocks.flatMap(({ lines }) => lines.map(({ text }) => text)).join("\n")} />
      </LogTools>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard */}
      <div ref={view.box} className={styles.log} role="log" aria-live="off" aria-label="Log" tabIndex={0} data-lines={lineCount} onScroll={() => view.onScroll(lineCount)}>
        <div className={styles.whole} style={{ height: view.height }}>
          <div className={styles.window} style={{ transform: `translateY(${view.top}px)` }}>
            {rows.slice(view.from, view.to).map((line) => (
              <LogRow
                key={line.number}
                line={line}
                open={line.kind === "group" ? isOpen(line.number, groups, toggled) : null}
                time={marks === null ? null : clockOf(marks, line)}
                marked={line.number === linked || line.number === current}
                onToggle={(group, open) => setToggled(new Map(toggled).set(group, open))}
              />
            ))}
          </div>
        </div>
      </div>
      {following && view.seen !== null && (
        <button type="button" className={styles.follow} onClick={view.follow}>
          {missed === 0 ? "Follow" : `Follow: ${missed} ${missed === 1 ? "line" : "lines"} since`}
        </button>
      )}
    </div>
  );
}

function clockOf(marks: readonly LogMark[], { offset }: Line): string {
  const time = timeOfOffset(marks, offset);
  return time === null ? "" : formatClock(time);
}

/** The line that the address names. */
function useLinkedLine(): number | null {
  return lineOfHash(useLocation().hash);
}

/** Shows one line when the log first holds it: a link's, or the first error of a failed log. */
function useFirstLook(blocks: readonly Block[], line: number | null, show: (number: number) => void): void {
  const looked = useRef<number | null>(null);
  useEffect(() => {
    const last = blocks.at(-1);
    if (line === null || looked.current === line || last === undefined || last.first + last.lines.length <= line) return;
    looked.current = line;
    show(line);
  });
}
