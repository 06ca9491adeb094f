import type { ReactNode } from "react";
import { Bar, BarChart, CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { EnvironmentFigures, Monitor } from "../api/types";
import { formatDuration } from "../text/time";
import styles from "./MonitorPage.module.css";
import { pieceText } from "./time";

const HEIGHT = 180;
const MARGIN = { top: 8, right: 8, bottom: 0, left: 0 };
const TICK = { fontSize: 12, fill: "var(--text-quiet)" };

interface Series {
  key: string;
  word: string;
  color: string;
  /** Lines differ by their dashes too. */
  dash?: string;
}

const ENDS: readonly Series[] = [
  { key: "completed", word: "Completed", color: "var(--state-succeeded)" },
  { key: "failed", word: "Failed", color: "var(--state-failed)" },
  { key: "stopped", word: "Stopped", color: "var(--state-skipped)" },
  { key: "active", word: "Active", color: "var(--state-running)" },
];
const DURATIONS: readonly Series[] = [
  { key: "p50", word: "P50", color: "var(--state-running)", dash: "" },
  { key: "p90", word: "P90", color: "var(--state-errored)", dash: "6 3" },
  { key: "p99", word: "P99", color: "var(--state-failed)", dash: "2 3" },
];
const QUEUES: readonly Series[] = DURATIONS.slice(0, 2).map(({ key, ...look }) => Object.assign(look, { key: `queue${key}` }));
const DEPLOYMENTS: readonly Series[] = [{ key: "deployments", word: "Deployments", color: "var(--state-running)" }];

/** The pictures; the figures that they show stand in a table below, so screen readers pass them by. */
export function Charts({ monitor, environment }: { monitor: Monitor; environment: EnvironmentFigures | null }) {
  const points = monitor.over_time.map((piece, at) => ({
    from: piece.from,
    completed: piece.completed + piece.partial_success,
    failed: piece.failed + piece.error,
    stopped: piece.stopped,
    active: piece.active,
    p50: piece.duration.p50_ms,
    p90: piece.duration.p90_ms,
    p99: piece.duration.p99_ms,
    queuep50: piece.queue.p50_ms,
    queuep90: piece.queue.p90_ms,
    deployments: environment?.over_time[at] ?? 0,
  }));
  const shared = { points, pieceMs: monitor.piece_ms };
  return (
    <div className={styles.charts} data-charts>
      <Bars title="Runs by how they ended" series={ENDS} {...shared} />
      <Lines title="Duration of runs" series={DURATIONS} {...shared} />
      <Lines title="Waiting for a runner" series={QUEUES} {...shared} />
      {environment && <Bars title={`Deployments into ${environment.environment}`} series={DEPLOYMENTS} {...shared} />}
    </div>
  );
}

interface PictureProps {
  title: string;
  series: readonly Series[];
  points: readonly Record<string, number | null>[];
  pieceMs: number;
}

function Picture({ title, series, children }: { title: string; series: readonly Series[]; children: ReactNode }) {
  return (
    <figure className={styles.picture}>
      <figcaption>
        <strong>{title}</strong>
        {series.length > 1 && (
          <span className={styles.legend}>
            {series.map(({ key, word, color, dash }) => (
              <span key={key}>
                <svg width="20" height="10" aria-hidden="true">
                  <line x1="0" x2="20" y1="5" y2="5" stroke={color} strokeWidth={dash === undefined ? 6 : 2.5} strokeDasharray={dash} />
                </svg>
                {word}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <div aria-hidden="true">{children}</div>
    </figure>
  );
}

function Bars({ title, series, points, pieceMs }: PictureProps) {
  return (
    <Picture title={title} series={series}>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <BarChart data={[...points]} margin={MARGIN} accessibilityLayer={false}>
          {axes(pieceMs, (value) => String(value))}
          {series.map(({ key, word, color }) => (
            <Bar key={key} dataKey={key} name={word} stackId="all" fill={color} isAnimationActive={false} />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </Picture>
  );
}

function Lines({ title, series, points, pieceMs }: PictureProps) {
  return (
    <Picture title={title} series={series}>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <LineChart data={[...points]} margin={MARGIN} accessibilityLayer={false}>
          {axes(pieceMs, lengthText)}
          {series.map(({ key, word, color, dash = "" }) => (
            <Line key={key} dataKey={key} name={word} stroke={color} strokeWidth={2} strokeDasharray={dash} dot={{ r: 2 }} connectNulls isAnimationActive={false} />
          ))}
        </LineChart>
      </ResponsiveContainer>
    </Picture>
  );
}

/** Below a second in milliseconds, so that no two marks of an axis read the same. */
function lengthText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : formatDuration(ms);
}

/** Lines, axes and the note under the pointer, the same in every picture. The library looks for them by their kind, so this is no component. */
function axes(pieceMs: number, words: (value: number) => string): ReactNode[] {
  return [
    <CartesianGrid key="grid" stroke="var(--line)" vertical={false} />,
    <XAxis key="x" dataKey="from" tickFormatter={(at: number) => pieceText(at, pieceMs)} tick={TICK} stroke="var(--line-strong)" minTickGap={32} padding={{ left: 6, right: 6 }} />,
    <YAxis key="y" width={72} padding={{ top: 6 }} allowDecimals={false} tickFormatter={words} tick={TICK} stroke="var(--line-strong)" />,
    <Tooltip
      key="note"
      cursor={{ fill: "var(--ground-hover)", stroke: "var(--line-strong)" }}
      contentStyle={{ background: "var(--ground)", border: "1px solid var(--line-strong)", borderRadius: 4 }}
      labelFormatter={(at) => pieceText(Number(at), pieceMs)}
      formatter={(value) => words(Number(value))}
      isAnimationActive={false}
    />,
  ];
}
