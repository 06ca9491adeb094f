import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { getRun, logAddress } from "../api/calls";
import type { JobRun } from "../api/types";
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
  const run = useQuery({ queryKey: keys.run(runId), queryFn: ({ signal }) => getRun(workspace, runId, signal) });
  const jobRun = run.data?.job_runs.find((candidate) => candidate.id === id);
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
      {jobRun && <JobRunLog key={id} jobRun={jobRun} workspace={workspace} />}
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

function useLog(workspace: string, jobRun: JobRun): LogState & { live: boolean } {
  const [log, setLog] = useState(NOTHING_YET);
  // The server says when a followed log ends, so the job run's own end does not start another reading.
  const [active] = useState(() => isActiveJobRun(jobRun.status));
  useEffect(
    () =>
      followLog(workspace, jobRun.id, active, {
        onChange: ({ blocks, lineCount, dropped }) => setLog((old) => ({ ...old, blocks, lineCount, dropped })),
        onState: (state) => setLog((old) => ({ ...old, state })),
        onError: (error) => setLog((old) => ({ ...old, state: "ended", error })),
      }),
    [workspace, jobRun.id, active],
  );
  return { ...log, live: active };
}

function JobRunLog({ jobRun, workspace }: { jobRun: JobRun; workspace: string }) {
  const log = useLog(workspace, jobRun);
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
        <a className={styles.whole} href={logAddress(workspace, jobRun.id, 0)}>
          Whole log as text
        </a>
      </header>
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
