import type { NodeProps, Node } from "@xyflow/react";
import { memo, useContext } from "react";
import type { LineJob } from "../api/schema";
import shape from "../kit/StationShape.module.css";
import { useNow } from "../live/clock";
import { isActiveJobRun } from "../status/status";
import { StatusMark } from "../status/StatusMark";
import { elapsed, formatDuration } from "../text/time";
import { truncateMiddle } from "../text/versions";
import { ActsContext } from "./acts";
import { jobId } from "./drawing";
import { useDim } from "./focus";
import styles from "./Station.module.css";
import { causeOf, jobLook, progressOf } from "./words";

export type JobNode = Node<{ job: LineJob; pausedLine: boolean; chosen: boolean }, "job">;

/** A job of the line: name, state, number, time against the usual one, and one line of cause. */
export const JobStation = memo(function JobStation({ data: { job, pausedLine, chosen } }: NodeProps<JobNode>) {
  const acts = useContext(ActsContext);
  const id = jobId(job.name);
  const dim = useDim(id);
  const look = jobLook(job);
  const cause = causeOf(job, pausedLine);
  return (
    <button
      type="button"
      className={`${shape.body} ${styles.station} ${job.kind === "gate" ? `${shape.gate} ${styles.gate}` : styles.job}`}
      data-station={id}
      data-kind={job.kind}
      data-tone={look.tone}
      data-dim={dim}
      data-chosen={chosen}
      title={job.description ?? undefined}
      aria-label={`${job.name}${job.kind === "gate" ? ", gate" : job.kind === "tasks" ? ", checklist" : ""}: ${look.word}${cause ? `, ${cause}` : ""}`}
      onClick={() => acts.openJob(job.name)}
      onPointerEnter={() => acts.pointAt(id)}
      onPointerLeave={() => acts.pointAt(null)}
      onFocus={() => acts.pointAt(id)}
      onBlur={() => acts.pointAt(null)}
    >
      <span className={shape.name} title={job.name}>
        {truncateMiddle(job.name, 20)}
      </span>
      <span className={styles.state}>
        <StatusMark look={look} />
        <Length job={job} />
      </span>
      <span className={`${shape.small} ${styles.cause}`}>{cause}</span>
      <Bar job={job} />
    </button>
  );
});

function Length({ job: { latest, active } }: { job: LineJob }) {
  const now = useNow(latest !== null && isActiveJobRun(latest.status));
  if (latest === null) return null;
  const length = elapsed(latest.started_at, latest.ended_at, now);
  return (
    <span className={styles.number}>
      {active > 1 ? `${active} active ` : ""}#{latest.number}
      {length === null || latest.status === "awaiting" ? "" : ` ${formatDuration(length)}`}
    </span>
  );
}

/** Time so far against the usual time. The width is set on an SVG, because the page sends no inline style. */
function Bar({ job }: { job: LineJob }) {
  const now = useNow(job.latest !== null && isActiveJobRun(job.latest.status));
  const progress = progressOf(job, now);
  if (progress === null) return null;
  return (
    <svg className={styles.bar} viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="3" className={styles.barGround} />
      <rect width={Math.round(progress * 100)} height="3" className={styles.barDone} />
    </svg>
  );
}
