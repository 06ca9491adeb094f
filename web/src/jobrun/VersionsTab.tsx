import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { getJobRunChanges } from "../api/client";
import type { ChangeView, SinceBeforeView } from "../api/schema";
import type { JobRun, UsedVersion } from "../api/types";
import { Moment } from "../kit/Moment";
import { Change, CommitsOf } from "../kit/VersionChange";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { formatVersion } from "../text/versions";
import styles from "./JobRunPage.module.css";

/** What it ran on, what of that is new since the job's run before, with the commits between, and what it made. */
export function VersionsTab({ jobRun, workspace }: { jobRun: JobRun; workspace: string }) {
  const since = useQuery({
    queryKey: [...keys.jobRun(jobRun.run, jobRun.id), "changes"],
    queryFn: ({ signal }) => getJobRunChanges({ workspace, job_run: jobRun.id }, signal),
  });
  const line = `/w/${workspace}/pipelines/${encodeURIComponent(jobRun.pipeline)}`;
  const taken = new Set(jobRun.inputs.map(({ resource }) => resource));
  const behind = since.data?.changes.filter(({ resource }) => !taken.has(resource)) ?? [];
  return (
    <>
      {since.error && <Failure error={since.error} retry={() => void since.refetch()} />}
      {since.data && <ComparedWith since={since.data} job={jobRun.job} workspace={workspace} />}
      <h2>Inputs</h2>
      {jobRun.inputs.length === 0 && <p className="quiet">It takes none.</p>}
      <ul className={styles.used}>
        {jobRun.inputs.map((input) => (
          <Used key={input.name} used={input} line={line}>
            {since.data && <Since since={since.data} resource={input.resource} />}
          </Used>
        ))}
      </ul>
      {behind.length > 0 && (
        <>
          <h2>Changed behind them</h2>
          <p className="quiet">What its inputs were made from, where that is another version than before.</p>
          <ul className={styles.used}>
            {behind.map((change) => (
              <Change key={change.resource} change={change} />
            ))}
          </ul>
        </>
      )}
      <h2>Outputs</h2>
      {jobRun.outputs.length === 0 && <p className="quiet">It made none.</p>}
      <ul className={styles.used}>
        {jobRun.outputs.map((output) => (
          <Used key={output.name} used={output} line={line} />
        ))}
      </ul>
    </>
  );
}

function ComparedWith({ since: { before, changes }, job, workspace }: { since: SinceBeforeView; job: string; workspace: string }) {
  if (before === null) return <p className={`quiet ${styles.compared}`}>The first run of {job}: there is none before it to compare with.</p>;
  return (
    <p className={styles.compared}>
      {changes.length === 0 ? "Nothing has changed since " : "Compared with "}
      <Link to={`/w/${workspace}/runs/${before.run}/job-runs/${before.job_run}`}>
        {job} #{before.number}
      </Link>
      .
    </p>
  );
}

/** What of an input is new; in a first run nothing is said, because all is. */
function Since({ since: { before, changes }, resource }: { since: SinceBeforeView; resource: string }) {
  if (before === null) return null;
  const change = changes.find((each) => each.resource === resource);
  if (change === undefined) return <p className="quiet">The same as in #{before.number}.</p>;
  return (
    <>
      <p>{newSince(change)}</p>
      <CommitsOf change={change} />
    </>
  );
}

function newSince({ from }: ChangeView) {
  if (from === null) return <strong>New to this job</strong>;
  return (
    <strong>
      Changed from <code>{formatVersion(from)}</code>
    </strong>
  );
}

function Used({ used: { name, resource, version }, line, children }: { used: UsedVersion; line: string; children?: ReactNode }) {
  const { author, message, ...rest } = version.metadata;
  return (
    <li>
      <h3>
        {name} {name !== resource && <span className="quiet">of {resource}</span>}
      </h3>
      <p>
        <Link to={`${line}?version=${version.id}`}>
          <code>{formatVersion(version.values)}</code>
        </Link>
      </p>
      {message && <p className={styles.message}>{message}</p>}
      <dl className={styles.facts}>
        {author && <Fact name="author" value={author} />}
        {Object.entries({ ...version.values, ...rest }).map(([key, value]) => (
          <Fact key={key} name={key} value={value} />
        ))}
        <div>
          <dt>arrived</dt>
          <dd>
            <Moment at={version.created_at} /> by {version.origin}
          </dd>
        </div>
      </dl>
      {children}
    </li>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
