import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { logAddress, type LogSource } from "../api/calls";
import { listLogTimes } from "../api/client";
import type { LogMark } from "../api/schema";
import type { JobRun, JobRunStatus } from "../api/types";
import { keys } from "../live/changes";
import { followLog } from "../log/follow";
import type { Block, Group } from "../log/lines";
import { LogView } from "../log/LogView";
import { Failure } from "../screens/Answer";
import { isActiveJobRun, reasonWords } from "../status/status";
import styles from "./JobRunPage.module.css";

const TIMES_EVERY_MS = 2000;
const NO_TIMES: readonly LogMark[] = [];

/** The log of a job run; of one with a matrix or retries, that of the chosen execution. */
export function LogTab({ jobRun, workspace }: { jobRun: JobRun; workspace: string }) {
  const [search] = useSearchParams();
  const execution = chosenExecution(jobRun, search.get("execution"));
  if (jobRun.executions.length === 0) return <NoLog jobRun={jobRun} />;
  return (
    <>
      <CellChoice jobRun={jobRun} chosen={execution} />
      <JobRunLog key={`${jobRun.id} ${execution}`} jobRun={jobRun} source={{ workspace, jobRun: jobRun.id, execution }} />
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
    <p className="quiet">
      {isActiveJobRun(jobRun.status) ? "Nothing of this job run has been executed yet." : "Nothing of this job run was executed, so it has no log."}
    </p>
  );
}

interface LogState {
  blocks: readonly Block[];
  groups: ReadonlyMap<number, Group>;
  lineCount: number;
  dropped: number;
  state: "reading" | "following" | "reconnecting" | "ended";
  error: Error | null;
}

const NOTHING_YET: LogState = { blocks: [], groups: new Map(), lineCount: 0, dropped: 0, state: "reading", error: null };

function useLog({ workspace, jobRun, execution }: LogSource, status: JobRunStatus): LogState & { live: boolean } {
  const [log, setLog] = useState(NOTHING_YET);
  // The server says when a followed log ends, so the job run's own end does not start another reading.
  const [active] = useState(() => isActiveJobRun(status));
  useEffect(
    () =>
      followLog({ workspace, jobRun, execution }, active, {
        onChange: ({ blocks, groups, lineCount, dropped }) => setLog((old) => ({ ...old, blocks, groups, lineCount, dropped })),
        onState: (state) => setLog((old) => ({ ...old, state })),
        onError: (error) => setLog((old) => ({ ...old, state: "ended", error })),
      }),
    [workspace, jobRun, execution, active],
  );
  return { ...log, live: active };
}

/** The times of the log's lines, asked for when the address says that they are shown, and again while it grows. */
function useTimes(jobRun: JobRun, { workspace, execution }: LogSource, grows: boolean) {
  const [search, setSearch] = useSearchParams();
  const shown = search.get("times") === "1";
  const times = useQuery({
    queryKey: [...keys.jobRun(jobRun.run, jobRun.id), "times", execution ?? ""],
    queryFn: async ({ signal }) => (await listLogTimes({ workspace, job_run: jobRun.id }, { execution }, signal)).items,
    enabled: shown,
    refetchInterval: grows ? TIMES_EVERY_MS : false,
  });
  const toggle = () =>
    setSearch(
      (old) => {
        const next = new URLSearchParams(old);
        if (shown) next.delete("times");
        else next.set("times", "1");
        return next;
      },
      { replace: true },
    );
  return { marks: shown ? (times.data ?? NO_TIMES) : null, error: shown ? times.error : null, toggle };
}

function JobRunLog({ jobRun, source }: { jobRun: JobRun; source: LogSource }) {
  const log = useLog(source, jobRun.status);
  const times = useTimes(jobRun, source, log.state === "following");
  return (
    <>
      {log.error && <Failure error={log.error} />}
      {times.error && <Failure error={times.error} />}
      <p className={styles.note} role="status">
        {noteOf(log)}
      </p>
      <LogView
        blocks={log.blocks}
        groups={log.groups}
        lineCount={log.lineCount}
        following={log.live}
        failed={jobRun.status === "failed"}
        marks={times.marks}
        onTimes={times.toggle}
      />
      <p className={styles.whole}>
        <a href={logAddress(source, 0)} download={`${jobRun.pipeline}-${jobRun.job}-${jobRun.number}.log`}>
          Download the log
        </a>
      </p>
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
