import type { LineGraph } from "../api/schema";
import { Link } from "react-router";
import { useNow } from "../live/clock";
import { isActiveJobRun } from "../status/status";
import { StatusMark } from "../status/StatusMark";
import { elapsed, formatAge, formatDuration, formatMoment } from "../text/time";
import { describeVersion } from "../text/versions";
import styles from "./LineList.module.css";
import { jobId } from "./drawing";
import { orderJobs } from "./order";
import { causeOf, jobLook, versionText } from "./words";

interface LineListProps {
  graph: LineGraph;
  chosen: string | null;
  /** Lower case; only jobs and resources whose name holds it are listed. */
  wanted: string;
  /** What stands out in the picture; here only that is listed. */
  kept: ReadonlySet<string> | null;
  addressOf: (resource: string) => string;
  openJob: (job: string) => void;
  lightVersion: (version: string) => void;
}

/** The same as the picture, in order: for the keyboard, for screen readers, for phones. */
export function LineList({ graph, chosen, wanted, kept, addressOf, openJob, lightVersion }: LineListProps) {
  const now = useNow(graph.jobs.some(({ latest }) => latest !== null && isActiveJobRun(latest.status)));
  const jobs = orderJobs(graph).filter(({ job: { name } }) => name.toLowerCase().includes(wanted) && (kept?.has(jobId(name)) ?? true));
  const resources = graph.resources.filter(({ name }) => name.toLowerCase().includes(wanted) && (kept?.has(`resource:${name}`) ?? true));
  return (
    <div className={styles.list}>
      <h2>Jobs</h2>
      {jobs.length === 0 && <p className="quiet">No job fits.</p>}
      <ol aria-label="Jobs, upstream first">
        {jobs.map(({ job, from }) => {
          const length = job.latest ? elapsed(job.latest.started_at, job.latest.ended_at, now) : null;
          const cause = causeOf(job, graph.paused !== null);
          return (
            <li key={job.name} className={styles.job} data-job={job.name}>
              <StatusMark look={jobLook(job)} />
              <button type="button" className={styles.name} aria-pressed={chosen === job.name} onClick={() => openJob(job.name)}>
                {job.name}
                {job.kind === "gate" && <span className="quiet"> gate</span>}
                {job.kind === "tasks" && <span className="quiet"> checklist</span>}
              </button>
              <span className={styles.facts}>
                {job.latest && <span>#{job.latest.number}</span>}
                {length !== null && <span>{formatDuration(length)}</span>}
                {job.latest && <time title={formatMoment(job.latest.created_at)}>{formatAge(job.latest.created_at, now)}</time>}
              </span>
              {cause && <span className={styles.cause}>{cause}</span>}
              {from.length > 0 && <span className={styles.from}>after {from.join(", ")}</span>}
            </li>
          );
        })}
      </ol>
      {resources.length > 0 && <h2>Resources</h2>}
      <ul aria-label="Resources">
        {resources.map(({ name, kind, newest, pinned, check_error }) => {
          const version = newest === null ? undefined : graph.versions[newest];
          return (
            <li key={name} className={styles.job}>
              <span className="quiet">{kind}</span>
              <Link to={addressOf(name)}>{name}</Link>
              {newest !== null && version ? (
                <button type="button" className={styles.version} title={describeVersion(version.values)} onClick={() => lightVersion(newest)}>
                  <code>{versionText(version)}</code>
                </button>
              ) : (
                <span className="quiet">no version yet</span>
              )}
              {version && <span className="quiet">{formatAge(version.created_at, now)}</span>}
              {pinned && <span>pinned</span>}
              {check_error && <span className={styles.fault}>{check_error}</span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
