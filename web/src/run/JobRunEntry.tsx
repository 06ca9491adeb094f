import { Link } from "react-router";
import type { JobRun, UsedVersion } from "../api/types";
import { GateForm } from "../gate/GateForm";
import { StatusMark } from "../status/StatusMark";
import { jobRunLook, reasonWords } from "../status/status";
import { elapsed, formatDuration } from "../text/time";
import { describeVersion, formatVersion } from "../text/versions";
import styles from "./RunPage.module.css";

interface JobRunEntryProps {
  jobRun: JobRun;
  run: string;
  workspace: string;
  now: number;
}

/** A job run within its run: state, cells, versions, and its gate. */
export function JobRunEntry({ jobRun, run, workspace, now }: JobRunEntryProps) {
  const length = elapsed(jobRun.started_at ?? (jobRun.gate ? jobRun.created_at : null), jobRun.ended_at, now);
  const log = `/w/${workspace}/runs/${run}/job-runs/${jobRun.id}`;
  return (
    <article className={styles.jobRun} aria-label={`${jobRun.job} ${jobRun.number}`} data-job={jobRun.job}>
      <div className={styles.line}>
        <span className={styles.status}>
          <StatusMark look={jobRunLook(jobRun.status)} />
        </span>
        <h3>
          <Link to={log}>{jobRun.job}</Link> <span className="quiet">#{jobRun.number}</span>
        </h3>
        {jobRun.reason && <span className={styles.reason}>{reasonWords(jobRun.reason)}</span>}
        <span className={styles.length}>{length === null ? "" : formatDuration(length)}</span>
        {jobRun.executions.length > 0 && <Link to={log}>Log</Link>}
      </div>
      {/* A gate shows its decisions itself. */}
      {jobRun.detail && !jobRun.gate && <p className={styles.detail}>{jobRun.detail}</p>}
      <Cells jobRun={jobRun} log={log} />
      <Versions title="In" bound={jobRun.inputs} />
      <Versions title="Out" bound={jobRun.outputs} />
      {jobRun.gate && <GateForm gate={jobRun.gate} job={jobRun.job} run={run} workspace={workspace} />}
    </article>
  );
}

/** The cells of a matrix; a job without one has a single nameless cell and shows nothing here. */
function Cells({ jobRun, log }: { jobRun: JobRun; log: string }) {
  const named = jobRun.executions.filter(({ cell, status }) => cell !== null && cell !== "" && status !== "replaced");
  if (named.length === 0) return null;
  return (
    <ul className={styles.cells} aria-label="Matrix">
      {named.map(({ id, cell, status }) => (
        <li key={id}>
          <Link to={`${log}?execution=${id}`}>{cell}</Link> <span className="quiet">{reasonWords(status)}</span>
        </li>
      ))}
    </ul>
  );
}

function Versions({ title, bound }: { title: string; bound: UsedVersion[] }) {
  if (bound.length === 0) return null;
  return (
    <dl className={styles.versions}>
      <dt>{title}</dt>
      {bound.map(({ name, version }) => (
        <dd key={name} title={describeVersion(version.values)}>
          {name} <code>{formatVersion(version.values)}</code>
        </dd>
      ))}
    </dl>
  );
}
