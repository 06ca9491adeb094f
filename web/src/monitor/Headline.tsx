import type { ReactNode } from "react";
import type { Figures } from "../api/types";
import { formatDuration } from "../text/time";
import { FigureLink } from "./FigureLink";
import { formatShare, runsAddress, type Ground } from "./links";
import styles from "./MonitorPage.module.css";

/** The figures of the whole time. */
export function Headline({ figures, ground }: { figures: Figures; ground: Ground }) {
  const { duration, queue } = figures;
  const ended = figures.completed + figures.partial_success + figures.failed + figures.error;
  return (
    <dl className={styles.headline}>
      <Figure name="Runs" note={`${figures.active} active, ${figures.stopped} stopped`}>
        <FigureLink to={runsAddress(ground)} what="all of them">
          {figures.runs}
        </FigureLink>
      </Figure>
      <Figure name="Failed" note={ended === 0 ? "none has ended" : `${figures.failed + figures.error} of ${ended} that ended`}>
        <FigureLink to={runsAddress(ground, { tab: "failed" })} what="the failed ones">
          {figures.failure_rate === null ? "–" : formatShare(figures.failure_rate)}
        </FigureLink>
      </Figure>
      {(["p50_ms", "p90_ms", "p99_ms"] as const).map((name) => (
        <Figure key={name} name={`Duration ${percentileWord(name)}`} note={percentileNote(name)}>
          <Length ms={duration[name]} to={(ms) => runsAddress(ground, { lasting: ms })} what="runs that took at least as long" />
        </Figure>
      ))}
      {(["p50_ms", "p90_ms", "p99_ms"] as const).map((name) => (
        <Figure key={name} name={`Queue ${percentileWord(name)}`} note="until a runner took it">
          <Length ms={queue[name]} to={(ms) => runsAddress(ground, { queued: ms })} what="runs that waited at least as long" />
        </Figure>
      ))}
    </dl>
  );
}

export function percentileWord(name: "p50_ms" | "p90_ms" | "p99_ms"): string {
  return name.slice(0, 3).toUpperCase();
}

function percentileNote(name: "p50_ms" | "p90_ms" | "p99_ms"): string {
  return name === "p50_ms" ? "half are quicker" : `${name.slice(1, 3)} of 100 are quicker`;
}

function Figure({ name, note, children }: { name: string; note: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        <span className="quiet">{note}</span>
      </dd>
    </div>
  );
}

/** A length that leads to what took at least as long, or a dash. */
export function Length({ ms, to, what }: { ms: number | null; to: (ms: number) => string; what: string }) {
  if (ms === null) return <span>–</span>;
  return (
    <FigureLink to={to(ms)} what={what}>
      {formatDuration(ms)}
    </FigureLink>
  );
}
