import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { ListedRun } from "../api/calls";
import { getRun } from "../api/client";
import { Moment } from "../kit/Moment";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { causeWords, runTitle } from "../screens/runList";
import { StatusMark } from "../status/StatusMark";
import { isActiveRun, jobRunLook, runLook } from "../status/status";
import { actorWords } from "../text/actors";
import { elapsed, formatDuration } from "../text/time";
import { describeVersion, formatVersion } from "../text/versions";
import styles from "./RunsPage.module.css";

/** A run beside the list: what it is, what caused it, and how each of its jobs stands. */
export function RunDetails({ run, onClose }: { run: ListedRun; onClose: () => void }) {
  const now = useNow(isActiveRun(run.status));
  const at = { workspace: run.workspace, run: run.id };
  const detail = useQuery({ queryKey: keys.run(run.id), queryFn: ({ signal }) => getRun(at, signal) });
  const [first] = detail.data?.job_run_list ?? [];
  return (
    <aside className={styles.details} aria-label={`Details of ${runTitle(run)}`}>
      <header className={styles.detailsHead}>
        <h2>
          <Link to={`/w/${run.workspace}/runs/${run.id}`}>{runTitle(run)}</Link>
        </h2>
        <button type="button" aria-label="Close the details" onClick={onClose}>
          ×
        </button>
      </header>
      <StatusMark look={runLook(run.status)} />
      <dl className={styles.facts}>
        <Fact name="Pipeline">
          {run.pipeline}, revision {run.revision}
        </Fact>
        <Fact name="Cause">
          {causeWords(run.cause)}
          {run.cause_detail && `: ${run.cause_detail}`}
        </Fact>
        <Fact name="By">{run.author ?? actorWords(run.actor)}</Fact>
        {run.note && <Fact name="Note">{run.note}</Fact>}
        <Fact name="Started">
          <Moment at={run.created_at} />
        </Fact>
        <Fact name={run.ended_at === null ? "For" : "Took"}>{formatDuration(elapsed(run.created_at, run.ended_at, now) ?? 0)}</Fact>
        {first?.inputs.map(({ name, version }) => (
          <Fact key={name} name={name}>
            <code title={describeVersion(version.values)}>{formatVersion(version.values)}</code> {version.metadata.message?.split("\n")[0] ?? ""}
          </Fact>
        ))}
      </dl>
      <h3>Jobs</h3>
      {detail.isPending && <Loading />}
      {detail.error && <Failure error={detail.error} retry={() => void detail.refetch()} />}
      <ul className={styles.jobs}>
        {detail.data?.job_run_list.map((jobRun) => (
          <li key={jobRun.id}>
            <StatusMark look={jobRunLook(jobRun.status)} />
            <Link to={`/w/${run.workspace}/runs/${run.id}/job-runs/${jobRun.id}`}>{jobRun.job}</Link>
            <span className={styles.length}>{jobRun.started_at === null ? "" : formatDuration(elapsed(jobRun.started_at, jobRun.ended_at, now) ?? 0)}</span>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
