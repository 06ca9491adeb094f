import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { getRun } from "../api/client";
import type { UsedVersion, JobRun, RunDetail } from "../api/types";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { StatusMark } from "../status/StatusMark";
import { isActiveRun, jobRunLook, reasonWords, runLook } from "../status/status";
import { actorWords } from "../text/actors";
import { elapsed, formatAge, formatDuration, formatMoment } from "../text/time";
import { describeVersion, formatVersion } from "../text/versions";
import { Failure, Loading } from "./Answer";
import { GateForm } from "./GateForm";
import { RunActions } from "./RunActions";
import { causeWords, runTitle } from "./runList";
import styles from "./RunPage.module.css";
import { useTitle } from "./title";
import { useWorkspace } from "./workspace";

export function RunPage() {
  const workspace = useWorkspace();
  const { run: id = "" } = useParams();
  const run = useQuery({ queryKey: keys.run(id), queryFn: ({ signal }) => getRun({ workspace, run: id }, signal) });
  useTitle(run.data ? runTitle(run.data) : "Run");
  return (
    <>
      <p>
        <Link to={`/w/${workspace}/runs`}>Runs</Link>
      </p>
      {run.error && <Failure error={run.error} retry={() => void run.refetch()} />}
      {run.isPending && <Loading />}
      {run.data && <RunView run={run.data} workspace={workspace} />}
    </>
  );
}

function RunView({ run, workspace }: { run: RunDetail; workspace: string }) {
  const active = isActiveRun(run.status);
  const now = useNow(active);
  return (
    <>
      <header className={styles.head}>
        <h1>{runTitle(run)}</h1>
        <span role="status">
          <StatusMark look={runLook(run.status)} />
        </span>
        <RunActions key={String(active)} run={run} workspace={workspace} />
      </header>
      <p className="quiet">
        {causeWords(run.cause)} by {run.author ?? actorWords(run.actor)},{" "}
        <span title={formatMoment(run.created_at)}>{formatAge(run.created_at, now)}</span>,{" "}
        {active ? "for" : "took"} {formatDuration(elapsed(run.created_at, run.ended_at, now) ?? 0)}, on revision {run.revision}
      </p>
      {run.cause_detail && <p className={styles.cause}>{run.cause_detail}</p>}
      {run.note && <p className={styles.cause}>{run.note}</p>}
      <h2 className={styles.subhead}>Jobs</h2>
      {run.job_run_list.length === 0 && <p className="quiet">No job has started yet.</p>}
      <ul>
        {run.job_run_list.map((jobRun) => (
          <li key={jobRun.id}>
            <JobRunEntry jobRun={jobRun} run={run.id} workspace={workspace} now={now} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface JobRunEntryProps {
  jobRun: JobRun;
  run: string;
  workspace: string;
  now: number;
}

function JobRunEntry({ jobRun, run, workspace, now }: JobRunEntryProps) {
  const length = elapsed(jobRun.started_at ?? (jobRun.gate ? jobRun.created_at : null), jobRun.ended_at, now);
  const log = `/w/${workspace}/runs/${run}/job-runs/${jobRun.id}`;
  return (
    <article className={styles.jobRun} aria-label={`${jobRun.job} ${jobRun.number}`} data-job={jobRun.job}>
      <div className={styles.line}>
        <span className={styles.status}>
          <StatusMark look={jobRunLook(jobRun.status)} />
        </span>
        <h3>
          {jobRun.job} <span className="quiet">#{jobRun.number}</span>
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
