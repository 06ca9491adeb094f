import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { listJobRuns } from "../api/client";
import type { JobHistory, LineVersion } from "../api/schema";
import type { JobRun, UsedVersion } from "../api/types";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { formatVersion } from "../text/versions";
import styles from "./JobRunPage.module.css";
import { versionBefore } from "./history";

/** What it ran on, what of that is new since the job's run before, and what it made. */
export function VersionsTab({ jobRun, workspace }: { jobRun: JobRun; workspace: string }) {
  const at = { workspace, pipeline: jobRun.pipeline, job: jobRun.job };
  const history = useQuery({
    queryKey: [...keys.jobHistory(workspace, jobRun.pipeline, jobRun.job), "long"],
    queryFn: ({ signal }) => listJobRuns(at, { limit: 100 }, signal),
  });
  const line = `/w/${workspace}/pipelines/${encodeURIComponent(jobRun.pipeline)}`;
  return (
    <>
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      <h2>Inputs</h2>
      {jobRun.inputs.length === 0 && <p className="quiet">It takes none.</p>}
      <ul className={styles.used}>
        {jobRun.inputs.map((input) => (
          <Used key={input.name} used={input} line={line} change={history.data ? changeOf(history.data, jobRun, input) : null} />
        ))}
      </ul>
      <h2>Outputs</h2>
      {jobRun.outputs.length === 0 && <p className="quiet">It made none.</p>}
      <ul className={styles.used}>
        {jobRun.outputs.map((output) => (
          <Used key={output.name} used={output} line={line} change={null} />
        ))}
      </ul>
    </>
  );
}

interface Changed {
  before: LineVersion | null;
  isNew: boolean;
}

function changeOf(history: JobHistory, jobRun: JobRun, { resource, version }: UsedVersion): Changed {
  const before = versionBefore(history.items, jobRun.id, resource);
  return { before: before === null ? null : (history.versions[before] ?? null), isNew: before !== version.id };
}

function Used({ used: { name, resource, version }, line, change }: { used: UsedVersion; line: string; change: Changed | null }) {
  const { author, message, ...rest } = version.metadata;
  return (
    <li>
      <h3>
        {name} {name !== resource && <span className="quiet">of {resource}</span>}
      </h3>
      <p>
        <Link to={`${line}?version=${version.id}`}>
          <code>{formatVersion(version.values)}</code>
        </Link>{" "}
        {change !== null && (change.isNew ? <NewSince before={change.before} /> : <span className="quiet">the same as in the run before</span>)}
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
    </li>
  );
}

function NewSince({ before }: { before: LineVersion | null }) {
  if (before === null) return <strong>new to this job</strong>;
  return (
    <strong>
      changed from <code>{formatVersion(before.values)}</code>
    </strong>
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
