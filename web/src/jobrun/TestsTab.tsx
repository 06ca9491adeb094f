import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { listTestHistory } from "../api/client";
import type { PastTestView, TestView } from "../api/schema";
import type { JobRun } from "../api/types";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { StatusMark } from "../status/StatusMark";
import { jobRunLook, type Look } from "../status/status";
import { formatDuration } from "../text/time";
import styles from "./JobRunPage.module.css";

const LOOKS: Record<TestView["status"], Look> = {
  passed: { ...jobRunLook("succeeded"), word: "Passed" },
  failed: jobRunLook("failed"),
  errored: jobRunLook("errored"),
  skipped: jobRunLook("skipped"),
};

interface TestsTabProps {
  tests: readonly TestView[];
  jobRun: JobRun;
  workspace: string;
}

/** The results of tests, failed ones first as the server lists them. */
export function TestsTab({ tests, jobRun, workspace }: TestsTabProps) {
  return (
    <ul className={styles.tests}>
      {tests.map((test, at) => (
        // oxlint-disable-next-line no-array-index-key -- two cases may have one name; results of one job run keep their order
        <Test key={`${at} ${test.suite} ${test.name}`} test={test} jobRun={jobRun} workspace={workspace} />
      ))}
    </ul>
  );
}

function Test({ test, jobRun, workspace }: { test: TestView; jobRun: JobRun; workspace: string }) {
  const { suite, class: className, name, status, duration_ms: length, detail, flaky } = test;
  const [opened, setOpened] = useState(false);
  return (
    <li data-test={name}>
      <div className={styles.test}>
        <StatusMark look={LOOKS[status]} />
        <strong>{name}</strong>
        <span className="quiet">{className ?? suite}</span>
        {flaky && (
          <span className={styles.flaky} title="It has passed and failed on the same versions, in retries or reruns of the last 50 numbers">
            flaky
          </span>
        )}
        <span className={styles.length}>{length == null ? "" : formatDuration(length)}</span>
      </div>
      {detail && (
        <details open={status === "failed" || status === "errored"}>
          <summary>Message</summary>
          <pre className={styles.trace}>{detail}</pre>
        </details>
      )}
      <details onToggle={(event) => setOpened(event.currentTarget.open)}>
        <summary>
          Earlier results<span className="visually-hidden"> of {name}</span>
        </summary>
        {opened && <History test={test} jobRun={jobRun} workspace={workspace} />}
      </details>
    </li>
  );
}

function History({ test: { suite, class: className, name }, jobRun, workspace }: { test: TestView; jobRun: JobRun; workspace: string }) {
  const past = useQuery({
    queryKey: [...keys.jobRun(jobRun.run, jobRun.id), "tests", suite, className ?? "", name],
    queryFn: async ({ signal }) => (await listTestHistory({ workspace, job_run: jobRun.id }, { suite, class: className ?? null, name }, signal)).items,
  });
  if (past.error) return <Failure error={past.error} retry={() => void past.refetch()} />;
  if (past.data === undefined) return <Loading />;
  return (
    <ol className={styles.past} aria-label={`Results of ${name}, newest first`}>
      {past.data.map((result) => (
        <Past key={`${result.job_run} ${result.cell ?? ""} ${result.attempt}`} result={result} workspace={workspace} />
      ))}
    </ol>
  );
}

function Past({ result: { run, job_run: jobRun, number, cell, attempt, status, duration_ms: length, created_at: at }, workspace }: { result: PastTestView; workspace: string }) {
  return (
    <li>
      <StatusMark look={LOOKS[status]} />
      <Link to={`/w/${workspace}/runs/${run}/job-runs/${jobRun}?tab=tests`}>#{number}</Link>
      <span className="quiet">
        {cell} {attempt > 0 && `attempt ${attempt + 1} `}
        <Moment at={at} />
        {length == null ? "" : `, ${formatDuration(length)}`}
      </span>
    </li>
  );
}
