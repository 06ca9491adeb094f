import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { logAddress, type LogSource } from "../api/calls";
import { getRun } from "../api/client";
import type { JobRun, JobRunStatus } from "../api/types";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { followLog } from "../log/follow";
import type { Block } from "../log/lines";
import { LogView } from "../log/LogView";
import { StatusMark } from "../status/StatusMark";
import { isActiveJobRun, jobRunLook, reasonWords } from "../status/status";
import { elapsed, formatDuration } from "../text/time";
import { Failure, Loading } from "./Answer";
import styles from "./LogPage.module.css";
import { runTitle } from "./runList";
import { useTitle } from "./title";
import { useWorkspace } from "./workspace";

export function LogPage() {
  const workspace = useWorkspace();
  const { run: runId = "", jobRun: id = "" } = useParams();
  const run = useQuery({ queryKey: keys.run(runId), queryFn: ({ signal }) => getRun({ workspace, run: runId }, signal) });
  const jobRun = run.data?.job_run_list.find((candidate) => candidate.id === id);
  const [search] = useSearchParams();
  const execution = jobRun ? chosenExecution(jobRun, search.get("execution")) : null;
  useTitle(run.data && jobRun ? `${jobRun.job} #${jobRun.number}, ${runTitle(run.data)}` : "Log");
  return (
    <>
      <p className={styles.trail}>
        <Link to={`/w/${workspace}/runs`}>Runs</Link> /{" "}
        <Link to={`/w/${workspace}/runs/${runId}`}>{run.data ? runTitle(run.data) : "Run"}</Link>
      </p>
      {run.error && <Failure error={run.error} retry={() => void run.refetch()} />}
      {run.isPending && <Loading />}
      {run.data && !jobRun && <p>This run has no such job run.</p>}
      {jobRun && <CellChoice jobRun={jobRun} chosen={execution} />}
      {jobRun && jobRun.executions.length === 0 && <NoLog jobRun={jobRun} />}
      {jobRun && jobRun.executions.length > 0 && (
        <JobRunLog key={`${id} ${execution}`} jobRun={jobRun} source={{ workspace, jobRun: id, execution }} />
      )}
    </>
  );
}

/** The execution that the address names, else the first that no retry replaced; null where there is nothing to choose. */
function chosenExecution({ executions }: JobRun, named: string | null): string | null {
  if (executions.length < 2) return null;
  const chosen = executions.find(({ id }) => id === named) ?? executions.find(({ status }) => status !== "replaced") ?? executions[0];
  return chosen?.id ?? null;
}

function CellChoice({ jobRun, chosen }: { jobRun: JobRun; chosen: string | null }) {
  if (chosen === null) return null;
  const retried = jobRun.executions.some(({ attempt }) => attempt > 0);
  return (
    <nav className={styles.cells} aria-label="Executions">
      {jobRun.executions.map(({ id, cell, attempt, status }) => (
        <Link key={id} to={`?execution=${id}`} replace aria-current={id === chosen ? "page" : undefined}>
          {cell} {retried && `Attempt ${attempt + 1}`} <span className="quiet">{reasonWords(status)}</span>
        </Link>
      ))}
    </nav>
  );
}

function NoLog({ jobRun }: { jobRun: JobRun }) {
  return (
    <>
      <LogHead jobRun={jobRun} />
      <p className="quiet">
        {isActiveJobRun(jobRun.status) ? "Nothing of this job run has been executed yet." : "Nothing of this job run was executed, so it has no log."}
      </p>
    </>
  );
}

function LogHead({ jobRun, children }: { jobRun: JobRun; children?: ReactNode }) {
  const now = useNow(isActiveJobRun(jobRun.status));
  const length = elapsed(jobRun.started_at, jobRun.ended_at, now);
  return (
    <>
      <header className={styles.head}>
        <h1>
          {jobRun.job} <span className="quiet">#{jobRun.number}</span>
        </h1>
        <span role="status">
          <StatusMark look={jobRunLook(jobRun.status)} />
        </span>
        <span className="quiet">{reasonWords(jobRun.reason)}</span>
        <span>{length === null ? "" : formatDuration(length)}</span>
        {children}
      </header>
      {jobRun.detail && <p className={styles.detail}>{jobRun.detail}</p>}
    </>
  );
}

interface LogState {
  blocks: readonly Block[];
  lineCount: number;
  dropped: number;
  state: "reading" | "following" | "reconnecting" | "ended";
  error: Error | null;
}

const NOTHING_YET: LogState = { blocks: [], lineCount: 0, dropped: 0, state: "reading", error: null };

function useLog({ workspace, jobRun, execution }: LogSource, status: JobRunStatus): LogState & { live: boolean } {
  const [log, setLog] = useState(NOTHING_YET);
  // The server says when a followed log ends, so the job run's own end does not start another reading.
  const [active] = useState(() => isActiveJobRun(status));
  useEffect(
    () =>
      followLog({ workspace, jobRun, execution }, active, {
        onChange: ({ blocks, lineCount, dropped }) => setLog((old) => ({ ...old, blocks, lineCount, dropped })),
        onState: (state) => setLog((old) => ({ ...old, state })),
        onError: (error) => setLog((old) => ({ ...old, state: "ended", error })),
      }),
    [workspace, jobRun, execution, active],
  );
  return { ...log, live: active };
}

function JobRunLog({ jobRun, source }: { jobRun: JobRun; source: LogSource }) {
  const log = useLog(source, jobRun.status);
  return (
    <>
      <LogHead jobRun={jobRun}>
        <a className={styles.whole} href={logAddress(source, 0)}>
          Whole log as text
        </a>
      </LogHead>
      {log.error && <Failure error={log.error} />}
      <p className={styles.note} role="status">
        {noteOf(log)}
      </p>
      <LogView blocks={log.blocks} lineCount={log.lineCount} following={log.live} />
    </>
  );
}

function noteOf({ state, dropped, lineCount }: LogState): string {
  if (state === "reconnecting") return "Reconnecting. The log goes on from where it stopped.";
  if (dropped > 0) return `The first ${dropped} lines are left out here.`;
  if (state === "following" && lineCount === 0) return "Nothing printed yet.";
  if (state === "ended" && lineCount === 0) return "This job printed nothing.";
  return "";
}
