import type { LineGraph, SpanKind } from "../api/schema";
import { useNow } from "../live/clock";
import { formatDuration } from "../text/time";
import { layTimeline, spanWord, type TimelineRow } from "./timeline";
import styles from "./TimelineView.module.css";

const KINDS: readonly SpanKind[] = ["waiting", "queued", "fetching", "running", "awaiting"];
const WIDTH = 1000;
const HEIGHT = 14;

/** Bars of where each job's time went, each also in words. */
export function TimelineView({ graph, active }: { graph: LineGraph; active: boolean }) {
  const now = useNow(active);
  const timeline = layTimeline(graph, now);
  if (timeline === null) return null;
  const used = KINDS.filter((kind) => timeline.rows.some(({ bars }) => bars.some((bar) => bar.kind === kind)));
  return (
    <section aria-label="Timeline">
      <h2 className={styles.title}>Timeline</h2>
      <ul className={styles.legend} aria-hidden="true">
        {used.map((kind) => (
          <li key={kind}>
            <svg width="12" height="12" className={styles[kind]}>
              <rect width="12" height="12" rx="2" />
            </svg>
            {spanWord(kind)}
          </li>
        ))}
        <li className={styles.whole}>{formatDuration(timeline.milliseconds)}</li>
      </ul>
      <ul className={styles.rows}>
        {timeline.rows.map((row) => (
          <Row key={row.job} row={row} />
        ))}
      </ul>
    </section>
  );
}

function Row({ row: { job, bars } }: { row: TimelineRow }) {
  const words = bars.map(({ kind, milliseconds }) => `${spanWord(kind)} ${formatDuration(milliseconds)}`).join(", ");
  return (
    <li className={styles.row} title={`${job}: ${words}`}>
      <span className={styles.job}>{job}</span>
      <svg className={styles.bars} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        {bars.map(({ kind, from, width }) => (
          <rect key={kind} className={styles[kind]} x={from * WIDTH} width={Math.max(2, width * WIDTH)} height={HEIGHT} />
        ))}
      </svg>
    </li>
  );
}
